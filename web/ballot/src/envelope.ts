// The envelope: HPKE in base mode (RFC 9180), bound to its context, deterministic in its seed.

import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { fromBase64, join, sha256, toHex, utf8, type Bytes } from "./bytes.js";
import { canonical } from "./canonical.js";
import { Refused } from "./refused.js";

const BALLOT = "parvis.ballot/v1\n";
const KEY_LENGTH = 32;

const suite = () =>
  new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });

/** What an envelope is bound to. */
export interface Context {
  /** Origin of the campaign's log. */
  readonly log: string;
  /** Id of the area. */
  readonly area: string;
  /** Digest of the ballot list, in hexadecimal. */
  readonly catalogue: string;
  /** The urn's public key, in base64. */
  readonly urn: string;
}

function urnBytes(urn: string): Bytes {
  const bytes = fromBase64(urn);
  if (bytes.length !== KEY_LENGTH) {
    throw new Refused("BAD_TEXT", "the urn key has 32 bytes");
  }
  return bytes;
}

/** The id of an urn's public key: `urn-` and 16 hexadecimal digits. */
export async function keyId(urn: string): Promise<string> {
  const digest = await sha256(utf8("parvis.urn-key/v1\n"), urnBytes(urn));
  return `urn-${toHex(digest).slice(0, 16)}`;
}

/** The canonical text of a context. */
export const contextText = async ({ log, area, catalogue, urn }: Context): Promise<string> =>
  canonical({ area, catalogue, key: await keyId(urn), log });

/** Seals a text, padded with spaces to `length` bytes. The same seed gives the same envelope. */
export async function wrap(context: Context, text: string, length: number, seed: Bytes): Promise<Bytes> {
  const plain = utf8(text);
  if (plain.length > length) {
    throw new Refused("BALLOT_TOO_LONG", `${plain.length} bytes, and the ballots of this area have ${length}`);
  }
  const padded = new Uint8Array(length).fill(0x20);
  padded.set(plain);
  const info = utf8(BALLOT + (await contextText(context)));
  try {
    const hpke = suite();
    const recipientPublicKey = await hpke.kem.deserializePublicKey(urnBytes(context.urn).buffer);
    // The ephemeral key pair is DeriveKeyPair(seed), RFC 9180 §7.1.3.
    const sender = await hpke.createSenderContext({ recipientPublicKey, info: info.buffer, ekm: seed.slice().buffer });
    const sealed = await sender.seal(padded.buffer);
    return join(new Uint8Array(sender.enc), new Uint8Array(sealed));
  } catch (error) {
    throw new Refused("BAD_URN_KEY", `nothing can be sealed to this key (${String(error)})`);
  }
}

/** Opens an envelope with the urn's published secret: the text without its padding. */
export async function unwrap(context: Context, secret: Bytes, sealed: Bytes): Promise<string> {
  const info = utf8(BALLOT + (await contextText(context)));
  let padded: ArrayBuffer;
  try {
    const hpke = suite();
    const recipientKey = await hpke.kem.deserializePrivateKey(secret.slice().buffer);
    const [enc, ciphertext] = [sealed.slice(0, KEY_LENGTH), sealed.slice(KEY_LENGTH)];
    const recipient = await hpke.createRecipientContext({ recipientKey, enc: enc.buffer, info: info.buffer });
    padded = await recipient.open(ciphertext.buffer);
  } catch {
    throw new Refused("NOT_FOR_THIS_URN", "sealed for another urn, campaign, area or ballot list, or altered since");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(padded).replace(/ +$/, "");
  } catch {
    throw new Refused("NOT_A_BALLOT", "what is inside is not text");
  }
}

/** By what a receipt names an envelope. */
export const digestOf = async (context: Context, sealed: Bytes): Promise<string> =>
  toHex(await sha256(utf8(`parvis.sealed/v1\n${await contextText(context)}\n`), sealed));
