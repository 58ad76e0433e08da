// Bytes and text, each in the one spelling that the formats allow; digests; how a refusal is told.

import { sha256 as digest } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";

export type Bytes = Uint8Array;

/** The checks in their order (docs/formats/bundle.md §6). */
export const STAGES = [
  "CONTAINER", "SIGNATURES", "TREE", "SEQUENCE", "CANONICAL", "COMMITMENTS", "LAW", "BALLOTS", "TALLY", "CLAIMS",
] as const;
export type Stage = (typeof STAGES)[number];

/** Where something stops being what it should be; `position` is that of an event in the log. */
export class Refused extends Error {
  constructor(readonly stage: Stage, readonly code: string, message: string, readonly position: number | null = null) {
    super(message);
  }
}

/** A source that could not be read: this says nothing of what it holds. */
export class Unreadable extends Error {}

export function ensure(holds: unknown, stage: Stage, code: string, message: string, position: number | null = null): asserts holds {
  if (!holds) {
    throw new Refused(stage, code, message, position);
  }
}

/** Refuses what does not hold, always at the same place. */
export type Check = (holds: unknown, why: string) => asserts holds;
export const checker = (stage: Stage, code: string, position: number | null = null): Check =>
  (holds, why) => ensure(holds, stage, code, why, position);

export const utf8 = (text: string): Bytes => utf8ToBytes(text);
export const textOf = (bytes: Bytes): string => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
export { bytesToHex as toHex, concatBytes as join, hexToBytes as fromHex } from "@noble/hashes/utils.js";
export const toBase64 = (bytes: Bytes): string => base64.encode(bytes);

/** The bytes of base64 in its one spelling; none for anything else. */
export function fromBase64(text: string): Bytes {
  try {
    return base64.decode(text);
  } catch {
    return new Uint8Array();
  }
}

/** Below zero when `a` comes first, byte by byte. */
export function compare(a: Bytes, b: Bytes): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}

/** A number in so many bytes, little-endian, and back. */
export const little = (size: number, value: number): Bytes =>
  Uint8Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** at) % 256);
export const fromLittle = (bytes: Bytes): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);

export const sha256 = (...parts: readonly Bytes[]): Bytes => digest(concatBytes(...parts));

export type Json = null | boolean | number | string | Json[] | Members;
export type Members = { [name: string]: Json };

/** The canonical text of a value (docs/formats/log.md §1); throws where it has none. */
export function canonical(value: unknown, depth = 1): string {
  if (typeof value === "string") {
    // Nothing below U+0300 composes.
    if (!/^[\0-\u02ff]*$/.test(value) && (value.normalize("NFC") !== value || /\p{Surrogate}/u.test(value))) {
      throw new Error("a text that is not in NFC, or not Unicode");
    }
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) {
      throw new Error("a number that is not whole, or not below 2^53");
    }
    return String(value);
  }
  if (value === null || typeof value !== "object") {
    return String(value);
  }
  if (depth > 64) {
    throw new Error("nested more than 64 deep");
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  }
  // By UTF-16 units, which is how JavaScript compares strings.
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonical(name)}:${canonical(member, depth + 1)}`).join(",")}}`;
}

/** SHA-256 of the canonical JSON of a value, in hexadecimal. */
export const digestOf = (value: unknown): string => bytesToHex(sha256(utf8(canonical(value))));

/** Reads a text that is exactly what a canonical writer would have written. */
export function parse(text: string): Json {
  const value = JSON.parse(text) as Json;
  if (canonical(value) !== text) {
    throw new Error("not in its canonical form");
  }
  return value;
}

export const isObject = (value: unknown): value is Members => value !== null && typeof value === "object" && !Array.isArray(value);
/** Whether an object has exactly these members. */
export const hasMembers = (value: unknown, names: string): boolean => isObject(value) && Object.keys(value).sort().join(" ") === names;
