// Sealing a ballot on the voter's device, and what the voter keeps of it.

import { ballotText, paddedLength, validate, type BallotType, type Choices, type PlainBallot, type Project } from "./ballot.js";
import { draw, fromBase64, fromHex, toBase64, toHex } from "./bytes.js";
import { digestOf, keyId, unwrap, wrap, type Context } from "./envelope.js";
import { Refused } from "./refused.js";

/** The file that a voter keeps. It says how the person voted. */
export interface VoterFile {
  readonly v: 1;
  readonly log: string;
  readonly area: string;
  readonly catalogue: string;
  /** The urn's public key, in base64. */
  readonly urn: string;
  /** Bytes inside every envelope of the area. */
  readonly length: number;
  readonly ballot: PlainBallot;
  /** What the envelope was sealed with, 32 bytes in hexadecimal. */
  readonly seed: string;
  /** The envelope, in base64. */
  readonly sealed: string;
  /** The signed receipt, once there is one. */
  readonly receipt?: string;
}

/** What is sent, by what its receipt will name it, and what the voter keeps. */
export interface SealedBallot {
  /** An entry of the mutation `castSealedBallots`. */
  readonly send: { readonly area: string; readonly ballot: string; readonly catalogue: string; readonly key: string };
  readonly digest: string;
  readonly file: VoterFile;
}

/** The ballot paper of an area: all that has to be known to seal a ballot. */
export interface BallotPaper extends Context {
  readonly ballot_type: BallotType;
  readonly projects: readonly Project[];
}

/**
 * Seals a ballot with a new nonce and a new seed.
 *
 * Throws {@link Refused}: the code of {@link validate} when the choices don't follow their type,
 * `BAD_URN_KEY` when nothing can be sealed to the key.
 */
export async function sealBallot(paper: BallotPaper, chosen: Choices): Promise<SealedBallot> {
  const { log, area, catalogue, urn, ballot_type: type, projects } = paper;
  const invalid = validate(chosen, type, projects);
  if (invalid !== null) {
    throw new Refused(invalid, "the ballot does not follow the rules of this vote");
  }
  const nonce = toHex(draw(16));
  const seed = toHex(draw(32));
  const { choices, points } = chosen;
  const ballot: PlainBallot = points === undefined ? { choices, nonce } : { choices, nonce, points };
  const length = paddedLength(type, projects.map((project) => project.number));
  const sealed = await sealAgain({ log, area, catalogue, urn, length, ballot, seed });
  const file: VoterFile = { v: 1, log, area, catalogue, urn, length, ballot, seed, sealed };
  const send = { area, ballot: sealed, catalogue, key: await keyId(urn) };
  return { send, digest: await digest(file), file };
}

/**
 * Seals the ballot of a voter's file again with its seed. When this is the envelope that was sent,
 * this ballot and no other is inside it, whoever says otherwise.
 */
export async function sealAgain(
  file: Pick<VoterFile, "log" | "area" | "catalogue" | "urn" | "length" | "ballot" | "seed">,
): Promise<string> {
  const seed = fromHex(file.seed, 32);
  fromHex(file.ballot.nonce, 16);
  return toBase64(await wrap(file, ballotText(file.ballot), file.length, seed));
}

/** The digest of a voter's envelope: what its receipt names, and what stands in the log. */
export const digest = (file: Context & Pick<VoterFile, "sealed">): Promise<string> =>
  digestOf(file, fromBase64(file.sealed));

/** Opens an envelope with the secret that was published at the opening. */
export async function openBallot(context: Context, secret: string, sealed: string): Promise<PlainBallot> {
  const text = await unwrap(context, fromBase64(secret), fromBase64(sealed));
  const ballot = parse(text);
  if (ballot === null || ballotText(ballot) !== text) {
    throw new Refused("NOT_A_BALLOT", "what is inside is not a ballot");
  }
  return ballot;
}

function parse(text: string): PlainBallot | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) {
    return null;
  }
  const { choices, nonce, points } = value as Record<string, unknown>;
  const whole = (number: unknown): number is number => Number.isSafeInteger(number);
  const number = (one: unknown): one is number => whole(one) && one >= 0 && one < 2 ** 32;
  if (!Array.isArray(choices) || !choices.every(number) || typeof nonce !== "string" || !/^[0-9a-f]{32}$/.test(nonce)) {
    return null;
  }
  if (points === undefined) {
    return { choices, nonce };
  }
  return Array.isArray(points) && points.every(whole) && points.length === choices.length ? { choices, nonce, points } : null;
}
