// One zstd frame (RFC 8878) as a bundle has it: with a checksum, a window of at most 8 MiB, and nothing after it.
// The library decompresses blocks and passes over the checksum, so frame and checksum are checked here.

import { Decompress } from "fzstd";
import xxhash from "xxhash-wasm";
import { fromLittle, join, toHex, type Bytes, type Check } from "./bytes.js";
import type { Source } from "./bundle.js";

const MOST_WINDOW = 2 ** 23;
const MOST_BLOCK = 2 ** 17;

/** The decompressed bytes of the frame in these bytes of a source, block by block; `check` says where it is refused. */
export async function* inflate(source: Source, start: number, length: number, check: Check): AsyncGenerator<Bytes> {
  const end = start + length;
  let [buffer, from, at]: [Bytes, number, number] = [new Uint8Array(), 0, start];
  const take = async (size: number): Promise<Bytes> => {
    if (buffer.length - from < size) {
      const more = await source.read(at, Math.min(Math.max(size, MOST_BLOCK * 8), end - at));
      [buffer, from, at] = [join(buffer.subarray(from), more), 0, at + more.length];
    }
    check(buffer.length - from >= size, "the frame is cut off");
    from += size;
    return buffer.subarray(from - size, from);
  };
  const head = await take(5);
  const flags = head[4]!;
  check(toHex(head.subarray(0, 4)) === "28b52ffd" && (flags & 0b1111) === 0b0100, "not a zstd frame with a checksum and without dictionary");
  const single = (flags & 0b0010_0000) !== 0;
  const window = single ? new Uint8Array() : await take(1);
  const content = await take(flags >> 6 === 0 ? Number(single) : 2 ** (flags >> 6));
  const exponent = 2 ** (10 + ((window[0] ?? 0) >> 3));
  const room = single ? fromLittle(content) + (content.length === 2 ? 256 : 0) : exponent + (exponent / 8) * ((window[0] ?? 0) & 7);
  check(room <= MOST_WINDOW, "the window is larger than 8 MiB");
  let out: Bytes[] = [];
  const [frame, sum] = [new Decompress((block) => out.push(block)), (await xxhash()).create64()];
  frame.push(join(head, window, content));
  for (let last = false; !last; ) {
    const header = await take(3);
    const [kind, size] = [(header[0]! >> 1) & 3, fromLittle(header) >> 3];
    last = (header[0]! & 1) === 1;
    check(kind < 3 && size <= MOST_BLOCK, "a block of an unknown kind, or too large");
    const block = join(header, await take(kind === 1 ? 1 : size));
    const checksum = last ? await take(4) : new Uint8Array();
    frame.push(join(block, checksum), last);
    for (const bytes of out) {
      sum.update(bytes);
    }
    const agrees = !last || fromLittle(checksum) === Number(BigInt.asUintN(32, sum.digest()));
    check(agrees, "its checksum is not that of what was decompressed");
    check(!last || (from === buffer.length && at === end), "more bytes follow the frame");
    yield join(...out);
    out = [];
  }
}
