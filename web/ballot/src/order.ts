// In which order the projects stand on one voter's page: random, and the same for one voter.

import { compare, fromHex, sha256, utf8 } from "./bytes.js";

/**
 * The numbers in the order of SHA-256("parvis.order/v1\n" || seed || number). The page draws the
 * seed, 32 bytes in hexadecimal, once and keeps it: a list that nobody else knows the order of.
 */
export async function voterOrder(seed: string, numbers: readonly number[]): Promise<number[]> {
  const bytes = fromHex(seed, 32);
  const places = await Promise.all(
    numbers.map(async (number) => ({
      number,
      place: await sha256(utf8("parvis.order/v1\n"), bytes, utf8(String(number))),
    })),
  );
  return places.sort((a, b) => compare(a.place, b.place)).map(({ number }) => number);
}
