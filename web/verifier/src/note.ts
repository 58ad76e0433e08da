// Signed notes, policies, checkpoints, the tree and receipts (docs/formats/log.md §4, §6, §7, §8).

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { checker, compare, ensure, fromBase64, join, sha256, toHex, utf8, type Bytes, type Check } from "./bytes.js";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const LOG = 1;
const WITNESS = 4;
const MOST_SIGNATURES = 64;

const sane = (name: string): boolean => name !== "" && !/[\p{White_Space}\p{Cc}+]/u.test(name);
const number = (bytes: Bytes): bigint => BigInt(`0x${toHex(bytes.slice().reverse())}`);

/** Ed25519 without cofactor, refusing keys and commitments of small order and other spellings of a number. */
function verify(key: Point, text: Bytes, signature: Bytes): boolean {
  if (signature.length !== 64) {
    return false;
  }
  try {
    const [r, s] = [Point.fromBytes(signature.slice(0, 32)), number(signature.subarray(32))];
    const order = Point.Fn.ORDER;
    const k = number(sha512(join(signature.subarray(0, 32), key.toBytes(), text))) % order;
    return s < order && !r.isSmallOrder() && key.multiplyUnsafe(k).add(r).equals(Point.BASE.multiplyUnsafe(s));
  } catch {
    return false;
  }
}

interface Key {
  readonly name: string;
  /** `name`, a space, and the key's id in hexadecimal: by what a signature names it. */
  readonly id: string;
  readonly type: number;
  readonly point: Point;
}

function readKey(text: string, type: number): Key | undefined {
  const [, name = "", id, encoded = ""] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(text) ?? [];
  const bytes = fromBase64(encoded);
  if (!sane(name) || bytes[0] !== type || bytes.length !== 33 || toHex(sha256(utf8(`${name}\n`), bytes)).slice(0, 8) !== id) {
    return undefined;
  }
  try {
    const point = Point.fromBytes(bytes.slice(1));
    return point.isSmallOrder() ? undefined : { name, id: `${name} ${id}`, type, point };
  } catch {
    return undefined;
  }
}

interface Note {
  readonly text: string;
  /** The keys that have signed, each once. */
  readonly signed: Key[];
  /** How many signatures were by other keys, or by one key again. */
  readonly unused: number;
}

/** Checks a note against keys; the signature of a known key fits, or the note is refused. */
export function openNote(note: string, keys: readonly Key[]): Note {
  const bad: Check = checker("SIGNATURES", "BAD_NOTE");
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  bad(end >= 0 && note.endsWith("\n"), "text, a blank line and signatures, each line ended");
  bad(!/[\0-\t\v-\x1f]/.test(text), "a control character");
  const lines = note.slice(end + 2, -1).split("\n");
  bad(lines.length <= MOST_SIGNATURES, `more than ${MOST_SIGNATURES} signatures`);
  const signed: Key[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 ([^ ]*) (.*)$/s.exec(line) ?? [];
    bad(name !== undefined && sane(name) && encoded !== undefined, "a signature line is an em dash, a name and base64");
    const bytes = fromBase64(encoded);
    bad(bytes.length > 4, "a signature is not base64, or has no more than 4 bytes");
    const id = `${name} ${toHex(bytes.subarray(0, 4))}`;
    const key = keys.find((known) => known.id === id);
    if (key !== undefined) {
      const at = key.type === WITNESS ? 12 : 4;
      const time = key.type === WITNESS ? `cosignature/v1\ntime ${BigInt(`0x${toHex(bytes.subarray(4, 12)) || 0}`)}\n` : "";
      const fits = verify(key.point, utf8(time + text), bytes.subarray(at));
      ensure(fits, "SIGNATURES", "BAD_SIGNATURE", `the signature of ${name} does not fit`);
      if (!signed.includes(key)) {
        signed.push(key);
      }
    }
  }
  ensure(signed.length > 0, "SIGNATURES", "NOT_SIGNED", "no key that is trusted has signed this");
  return { text, signed, unused: lines.length - signed.length };
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
  readonly signed: readonly string[];
  readonly unused: number;
}

/** Whom to trust: logs, witnesses, quorum (C2SP tlog-policy). */
export class Policy {
  readonly logs: Key[] = [];
  readonly witnesses: Key[] = [];
  /** Which names are satisfied by these signatures, in the order of the lines. */
  readonly #members = new Map<string, (signed: readonly Key[], met: ReadonlySet<string>) => boolean>();
  #quorum: string | undefined;

  constructor(text: string) {
    const grouped = new Set<string>();
    for (const [index, line] of text.split("\n").entries()) {
      const bad: Check = (holds, why) => ensure(holds, "SIGNATURES", "BAD_POLICY", `line ${index + 1} of the policy: ${why}`);
      bad(index <= 1000 && !/[\0-\b\v-\x1f\x7f]/.test(line), "a control character, or more than 1000 lines");
      const [kind, name = "", third = "", ...rest] = line.split(/[ \t]+/).filter((word) => word !== "");
      const define = (met: (signed: readonly Key[], met: ReadonlySet<string>) => boolean): void => {
        bad(name !== "none" && !this.#members.has(name), "the name is taken");
        this.#members.set(name, met);
      };
      const key = (keys: Key[], encoded: string, type: number): Key => {
        const read = readKey(encoded, type);
        bad(read !== undefined, "not a key of this type (name+id+base64)");
        bad(keys.every((other) => !other.point.equals(read.point)), "the same public key again");
        keys.push(read);
        return read;
      };
      if (kind === undefined || kind.startsWith("#")) {
        continue;
      } else if (kind === "log" && name !== "" && rest.length === 0) {
        key(this.logs, name, LOG);
      } else if (kind === "witness" && third !== "" && rest.length <= 1) {
        const own = key(this.witnesses, third, WITNESS);
        define((signed) => signed.includes(own));
      } else if (kind === "group" && rest.length > 0) {
        for (const member of rest) {
          bad(this.#members.has(member) && !grouped.has(member), "a group lists names of lines above, each in one group");
          grouped.add(member);
        }
        const least = third === "any" ? 1 : third === "all" ? rest.length : /^\d+$/.test(third) ? Number(third) : 0;
        bad(least > 0 && least <= rest.length, "the threshold is from 1 to the number of members");
        define((_, met) => rest.filter((member) => met.has(member)).length >= least);
      } else {
        const known = kind === "quorum" && third === "" && (name === "none" || this.#members.has(name));
        bad(known && this.#quorum === undefined, "neither log, witness nor group, nor the one quorum of a name above");
        this.#quorum = name;
      }
    }
    ensure(this.#quorum !== undefined && this.logs.length > 0, "SIGNATURES", "BAD_POLICY", "a policy has a log and a quorum");
  }

  /** Checks signatures and quorum of a checkpoint. */
  check(note: string): Checkpoint {
    const { text, signed, unused } = openNote(note, [...this.logs, ...this.witnesses]);
    const [, origin, size, root] = /^([^\n]+)\n(0|[1-9]\d*)\n([^\n]*)\n$/.exec(text) ?? [];
    const form = origin !== undefined && Number.isSafeInteger(Number(size)) && fromBase64(root!).length === 32;
    ensure(form, "SIGNATURES", "BAD_CHECKPOINT", "a checkpoint is three lines: origin, size, root");
    ensure(signed.some((key) => key.type === LOG && key.name === origin), "SIGNATURES", "NOT_SIGNED", `the log ${origin} has not signed this`);
    const met = new Set<string>();
    for (const [name, holds] of this.#members) {
      if (holds(signed, met)) {
        met.add(name);
      }
    }
    ensure(this.#quorum === "none" || met.has(this.#quorum!), "SIGNATURES", "NO_QUORUM", `too few witnesses have signed the checkpoint of ${origin}`);
    return { origin, size: Number(size), root: fromBase64(root!), signed: signed.map((key) => key.name), unused };
  }
}

export const leafHash = (leaf: Bytes): Bytes => sha256(Uint8Array.of(0), leaf);
const nodeHash = (left: Bytes, right: Bytes): Bytes => sha256(Uint8Array.of(1), left, right);

/** The tree of the leaves so far: the roots of its full subtrees, largest first. */
export class Tree {
  size = 0;
  readonly #peaks: Bytes[] = [];

  push(leaf: Bytes): void {
    this.#peaks.push(leaf);
    for (let size = ++this.size; size % 2 === 0; size /= 2) {
      const [left, right] = this.#peaks.splice(-2);
      this.#peaks.push(nodeHash(left!, right!));
    }
  }

  root(): Bytes {
    return this.#peaks.length === 0 ? sha256(utf8("")) : this.#peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** Checks a `.tlog-proof` of a leaf, given as its bytes; answers the checkpoint that it is proven in. */
export function checkReceipt(text: string, leaf: Bytes, policy: Policy): Checkpoint & { readonly position: number } {
  const bad: Check = checker("TREE", "PROOF_INVALID");
  const end = text.indexOf("\n\n");
  const [header, second, ...lines] = text.slice(0, Math.max(end, 0)).split("\n");
  const [, digits] = /^index (0|[1-9]\d*)$/.exec(second ?? "") ?? [];
  bad(header === "c2sp.org/tlog-proof@v1" && digits !== undefined && lines.length <= 64, "not a C2SP tlog-proof without extra line");
  const checkpoint = policy.check(text.slice(end + 2));
  const index = Number(digits);
  bad(index < checkpoint.size, `position ${digits} is beyond the ${checkpoint.size} leaves of the checkpoint`);
  let [hash, node, last] = [leafHash(leaf), index, checkpoint.size - 1];
  // RFC 9162 §2.1.3.2
  for (const line of lines) {
    const sibling = fromBase64(line);
    bad(sibling.length === 32, "a line of the proof is not the base64 of a hash");
    bad(last > 0, "the proof is longer than the path to the root");
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node > 0) {
        [node, last] = [node / 2, Math.floor(last / 2)];
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  bad(last === 0, "the proof is shorter than the path to the root");
  bad(compare(hash, checkpoint.root) === 0, "leaf and proof do not lead to the root: another leaf, or another tree");
  return { ...checkpoint, position: index };
}
