// Where a bundle can be read from by pieces, so that memory does not grow with it.

import type { Source } from "./bundle.js";

/** A file that the reader chose, or any other `Blob`. */
export const ofBlob = (blob: Blob): Source => ({
  size: blob.size,
  read: async (at, length) => new Uint8Array(await blob.slice(at, at + length).arrayBuffer()),
});

/** An address whose server answers ranges (RFC 9110 §14). */
export async function ofUrl(url: string): Promise<Source> {
  const ask = async (first: number, last: number): Promise<Response> => {
    const answer = await fetch(url, { headers: { Range: `bytes=${first}-${last}` }, cache: "no-store" });
    if (answer.status !== 206) {
      throw new Error(`${url} answers ${answer.status} where a part was asked for (206): download the bundle and check the file`);
    }
    return answer;
  };
  const size = Number(/\/(\d+)$/.exec((await ask(0, 0)).headers.get("Content-Range") ?? "")?.[1] ?? NaN);
  if (!Number.isSafeInteger(size)) {
    throw new Error(`${url} does not say how long it is: download the bundle and check the file`);
  }
  return { size, read: async (at, length) => (length === 0 ? new Uint8Array() : new Uint8Array(await (await ask(at, at + length - 1)).arrayBuffer())) };
}
