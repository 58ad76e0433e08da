// Envelopes, what is in them, and whether a ballot follows its type (docs/formats/ballot.md).

import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { x25519 } from "@noble/curves/ed25519.js";
import { fromBase64, hasMembers, parse, sha256, textOf, toBase64, toHex, utf8, type Bytes } from "./bytes.js";

export type BallotType =
  | { readonly type: "APPROVAL"; readonly min: number; readonly max: number }
  | { readonly type: "CHOOSE_ONE" }
  | { readonly type: "KNAPSACK"; readonly budget_cents: number }
  | { readonly type: "CUMULATIVE"; readonly points: number; readonly max_per_project: number }
  | { readonly type: "ORDINAL"; readonly max: number }
  | { readonly type: "SCORING"; readonly min: number; readonly max: number }
  | { readonly type: "MAJORITY_JUDGMENT"; readonly grades: readonly string[]; readonly default: number };

/** What stands on a paper: numbers of the ballot list in the order written, and points where the type has them. */
export interface Paper {
  readonly choices: readonly number[];
  readonly points?: readonly number[] | undefined;
}

/** Why a ballot does not count, or breaks a rule and was kept as cast (§6). */
export function invalid({ choices, points }: Paper, type: BallotType, costs: ReadonlyMap<number, number>): string | null {
  if (choices.some((number) => !costs.has(number))) {
    return "UNKNOWN_PROJECT";
  }
  if (new Set(choices).size !== choices.length) {
    return "DUPLICATE_CHOICE";
  }
  const between = (min: number, max: number): string | null =>
    choices.length < min ? "TOO_FEW_CHOICES" : choices.length > max ? "TOO_MANY_CHOICES" : none;
  const none = points === undefined || points.length === 0 ? null : "BAD_POINTS";
  const pointed = (min: number, max: number): string | null => {
    const first = choices.findIndex((_, at) => !(points?.[at]! >= min && points![at]! <= max));
    return first < 0 ? null : points?.[first]! > max ? "TOO_MANY_POINTS" : "BAD_POINTS";
  };
  const above = (numbers: readonly number[], most: number): boolean => numbers.reduce((sum, number) => sum + BigInt(number), 0n) > BigInt(most);
  switch (type.type) {
    case "APPROVAL":
      return between(type.min, type.max);
    case "CHOOSE_ONE":
      return between(1, 1);
    case "ORDINAL":
      return between(0, type.max);
    case "KNAPSACK":
      return none ?? (above(choices.map((number) => costs.get(number)!), type.budget_cents) ? "OVER_BUDGET" : null);
    case "CUMULATIVE":
      return pointed(1, type.max_per_project) ?? (above(points ?? [], type.points) ? "TOO_MANY_POINTS" : null);
    case "SCORING":
      return pointed(type.min, type.max);
    case "MAJORITY_JUDGMENT":
      return pointed(0, type.grades.length - 1);
  }
}

/** The id of an urn's key (§1). */
export const keyId = (key: string): string => `urn-${toHex(sha256(utf8("parvis.urn-key/v1\n"), fromBase64(key))).slice(0, 16)}`;

/** The digest by which an envelope is known (§4). */
export const envelopeDigest = (context: string, sealed: Bytes): string =>
  toHex(sha256(utf8(`parvis.sealed/v1\n${context}\n`), sealed));

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
const buffer = (bytes: Bytes): ArrayBuffer => new Uint8Array(bytes).buffer;

/** The public key that belongs to a secret, both in base64. */
export const publicKey = (secret: string): string => toBase64(x25519.getPublicKey(fromBase64(secret)));

/** What opens envelopes: the secret of an urn that was published. */
export class Opener {
  readonly #keys: Promise<CryptoKeyPair>;

  constructor(secret: string) {
    const keys = [suite.kem.deserializePrivateKey(buffer(fromBase64(secret))), suite.kem.deserializePublicKey(buffer(fromBase64(publicKey(secret))))] as const;
    this.#keys = Promise.all(keys).then(([privateKey, publicKey]) => ({ privateKey, publicKey }));
  }

  /** The text in an envelope, without its padding; throws the code of what is wrong. */
  async text(kind: "ballot" | "count", context: string, sealed: Bytes): Promise<string> {
    if (sealed.length < 48) {
      throw new Error("WRONG_LENGTH");
    }
    const given = { enc: buffer(sealed.subarray(0, 32)), info: buffer(utf8(`parvis.${kind}/v1\n${context}`)), recipientKey: await this.#keys };
    const opened = suite.createRecipientContext(given).then((recipient) => recipient.open(buffer(sealed.subarray(32))));
    const padded = await opened.catch(() => Promise.reject(new Error("NOT_FOR_THIS_URN")));
    try {
      return textOf(new Uint8Array(padded)).replace(/ +$/, "");
    } catch {
      throw new Error("NOT_A_BALLOT");
    }
  }

  /** The ballot in an envelope; throws the code of what is wrong. */
  async ballot(context: string, sealed: Bytes): Promise<Paper> {
    const text = await this.text("ballot", context, sealed);
    try {
      const ballot = parse(text) as unknown as { choices: number[]; nonce: string; points?: number[] };
      const { choices, nonce, points = choices } = ballot;
      const fits = hasMembers(ballot, "choices nonce") || hasMembers(ballot, "choices nonce points");
      const numbers = choices.every((each) => Number.isSafeInteger(each) && each >= 0 && each < 2 ** 32) && points.every(Number.isSafeInteger);
      if (fits && numbers && points.length === choices.length && Array.isArray(choices) && Array.isArray(points) && /^[0-9a-f]{32}$/.test(nonce)) {
        return { choices, points: ballot.points };
      }
    } catch {
      // Not what a ballot is made of, as below.
    }
    throw new Error("NOT_A_BALLOT");
  }
}
