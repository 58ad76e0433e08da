// Receipts: what the city promised, signed with the key of its log (a signed note, C2SP).

import { verifyAsync } from "@noble/ed25519";
import { canonical, type Json } from "./canonical.js";
import { fromBase64, sha256, toHex, utf8, type Bytes } from "./bytes.js";
import { Refused } from "./refused.js";

/** The promise that a ballot stands in the log by a deadline. */
export interface Receipt {
  readonly v: 1;
  readonly log: string;
  readonly area: string;
  /** Digest of the envelope. */
  readonly ballot: string;
  /** Id of the urn's key. */
  readonly key: string;
  /** When it was given, to the minute. */
  readonly at: string;
  /** By when the ballot stands in the log. */
  readonly deadline: string;
}

interface Verifier {
  readonly name: string;
  readonly id: string;
  readonly key: Bytes;
}

const ED25519 = 1;

/** A C2SP verifier key: `<name>+<8 hexadecimal digits>+<base64 of 01 and the public key>`. */
async function verifier(text: string): Promise<Verifier> {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) {
    throw new Refused("BAD_TEXT", "not the key of a log");
  }
  const bytes = fromBase64(encoded);
  const expected = toHex((await sha256(utf8(`${name}\n`), bytes)).slice(0, 4));
  if (bytes.length !== 33 || bytes[0] !== ED25519 || expected !== id) {
    throw new Refused("BAD_TEXT", "not the key of a log");
  }
  return { name, id, key: bytes.slice(1) };
}

/**
 * Checks a receipt against the log's key, as the policy of the campaign states it, and against the
 * envelope that was sent. Throws {@link Refused}: `BAD_RECEIPT` when it is not well formed or promises
 * something else, `BAD_SIGNATURE` when the log's key has not signed it.
 */
export async function verifyReceipt(
  note: string,
  logKey: string,
  expected: { readonly log: string; readonly area: string; readonly digest: string; readonly key: string },
): Promise<Receipt> {
  const { name, id, key } = await verifier(logKey);
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const lines = end < 0 ? [] : note.slice(end + 2).split("\n").filter((line) => line !== "");
  const own = lines.filter((line) => line.startsWith(`\u2014 ${name} `));
  for (const line of own) {
    const signature = fromBase64(line.slice(`\u2014 ${name} `.length));
    if (toHex(signature.slice(0, 4)) !== id) {
      continue;
    }
    const signed = await verifyAsync(signature.slice(4), utf8(text), key, { zip215: false }).catch(() => false);
    if (signed) {
      return promise(text, expected);
    }
    break;
  }
  throw new Refused("BAD_SIGNATURE", "the key of the log has not signed this");
}

function promise(
  text: string,
  expected: { readonly log: string; readonly area: string; readonly digest: string; readonly key: string },
): Receipt {
  const bad = (what: string) => new Refused("BAD_RECEIPT", what);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw bad("not JSON");
  }
  if (`${canonical(value)}\n` !== text || typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad("not in its one spelling");
  }
  const receipt = value as unknown as Receipt;
  const { log, area, digest, key } = expected;
  if (receipt.v !== 1 || receipt.log !== log || receipt.area !== area || receipt.ballot !== digest || receipt.key !== key) {
    throw bad("it is about another ballot");
  }
  if (Number.isNaN(Date.parse(receipt.deadline)) || Number.isNaN(Date.parse(receipt.at))) {
    throw bad("it states no deadline");
  }
  return receipt;
}

