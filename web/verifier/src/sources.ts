// Where a bundle can be read from by pieces, so that memory does not grow with it.

import { Unreadable, type Bytes } from "./bytes.js";
import type { Source } from "./bundle.js";

/** A file that the reader chose, or any other `Blob`. */
export const ofBlob = (blob: Blob): Source => ({
  size: blob.size,
  read: async (at, length) => new Uint8Array(await blob.slice(at, at + length).arrayBuffer()),
});

/** An address whose server answers ranges (RFC 9110 §14). */
export async function ofUrl(url: string): Promise<Source> {
  const ask = async (first: number, last: number): Promise<[Bytes, string]> => {
    const unreadable = (why: unknown): never => {
      throw new Unreadable(`${url} can't be read by parts (${String(why)}): download the bundle and check the file`);
    };
    const answer = await fetch(url, { headers: { Range: `bytes=${first}-${last}` }, cache: "no-store" }).catch(unreadable);
    const bytes = answer.status === 206 ? new Uint8Array(await answer.arrayBuffer().catch(unreadable)) : unreadable(`it answers ${answer.status} in place of 206`);
    return bytes.length === last - first + 1 ? [bytes, answer.headers.get("Content-Range") ?? ""] : unreadable("another length than was asked for");
  };
  const size = Number(/\/(\d+)$/.exec((await ask(0, 0))[1])?.[1] ?? 0);
  return { size, read: async (at, length) => (length === 0 ? new Uint8Array() : (await ask(at, at + length - 1))[0]) };
}
