// Bytes as text and back, each in the one spelling that the format allows, and SHA-256.

import { Refused } from "./refused.js";

export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export function join(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text: string, length: number): Bytes {
  if (!/^[0-9a-f]*$/.test(text) || text.length !== 2 * length) {
    throw new Refused("BAD_TEXT", `not ${2 * length} lower-case hexadecimal digits`);
  }
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += String.fromCharCode(byte);
  }
  return btoa(text);
}

export function fromBase64(text: string): Bytes {
  let bytes: Bytes;
  try {
    bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw new Refused("BAD_TEXT", "not base64");
  }
  // `atob` takes spaces, missing padding and unused bits; the format has one spelling.
  if (toBase64(bytes) !== text) {
    throw new Refused("BAD_TEXT", "not base64 in its one spelling");
  }
  return bytes;
}

export const sha256 = async (...parts: readonly Uint8Array[]): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));

/** Random bytes from the platform's own source. */
export const draw = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** Which of two strings of equal length comes first, byte by byte. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  for (const [at, byte] of a.entries()) {
    const difference = byte - (b[at] ?? -1);
    if (difference !== 0) {
      return difference;
    }
  }
  return a.length - b.length;
}
