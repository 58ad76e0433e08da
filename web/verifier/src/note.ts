// Signed notes, policies, checkpoints, the tree and receipts (docs/formats/log.md §4, §6, §7, §8).

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { checker, compare, ensure, fromBase64, join, sha256, toHex, utf8, type Bytes, type Check } from "./bytes.js";

const { Point } = ed25519;
const LOG = 1;
const WITNESS = 4;

interface Key {
  readonly name: string;
  /** The name, a space, and the key's id in hexadecimal: by what a signature names it. */
  readonly id: string;
  readonly type: number;
  readonly point: InstanceType<typeof Point>;
}

const sane = (name: string): boolean => name !== "" && !/[\p{White_Space}\p{Cc}+]/u.test(name);
const numberOf = (bytes: Bytes): bigint => BigInt(`0x${toHex(bytes) || "0"}`);

/** Ed25519 as all readers have to check it: canonical points, none of small order, without cofactor. */
function verify(key: Key["point"], text: Bytes, signature: Bytes): boolean {
  const [half, rest] = [signature.slice(0, 32), signature.slice(32).reverse()];
  try {
    const [r, s] = [Point.fromBytes(half), numberOf(rest)];
    const k = numberOf(sha512(join(half, key.toBytes(), text)).reverse()) % Point.Fn.ORDER;
    const fits = rest.length === 32 && s < Point.Fn.ORDER && !r.isSmallOrder();
    return fits && key.multiplyUnsafe(k).add(r).equals(Point.BASE.multiplyUnsafe(s));
  } catch {
    return false;
  }
}

function readKey(text: string, type: number): Key | undefined {
  const [, name = "", id, encoded = ""] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(text) ?? [];
  const bytes = fromBase64(encoded);
  const named = sane(name) && bytes[0] === type && toHex(sha256(utf8(`${name}\n`), bytes)).slice(0, 8) === id;
  try {
    const point = Point.fromBytes(bytes.slice(1));
    return named && !point.isSmallOrder() ? { name, id: `${name} ${id}`, type, point } : undefined;
  } catch {
    return undefined;
  }
}

/** Checks a note: the keys that have signed, each once, and how many signatures are by others or by one again. */
export function openNote(note: string, keys: readonly Key[]): { text: string; signed: Key[]; unused: number } {
  const bad: Check = checker("SIGNATURES", "BAD_NOTE");
  const end = note.lastIndexOf("\n\n");
  const [text, lines] = [note.slice(0, end + 1), note.slice(end + 2, -1).split("\n")];
  bad(end >= 0 && note.endsWith("\n") && !/[\0-\t\v-\x1f]/.test(text), "a note is text, a blank line and signatures, without control characters");
  bad(lines.length <= 64, "more than 64 signatures");
  const signed: Key[] = [];
  for (const line of lines) {
    const [, name = "", encoded = ""] = /^\u2014 ([^ ]*) (.*)$/s.exec(line) ?? [];
    const bytes = fromBase64(encoded);
    bad(sane(name) && bytes.length > 4, "a signature is an em dash, a name, and the base64 of more than 4 bytes");
    const key = keys.find((known) => known.id === `${name} ${toHex(bytes.subarray(0, 4))}`);
    if (key !== undefined) {
      const [time, at] = key.type === WITNESS ? [`cosignature/v1\ntime ${numberOf(bytes.subarray(4, 12))}\n`, 12] : ["", 4];
      ensure(verify(key.point, utf8(time + text), bytes.subarray(at)), "SIGNATURES", "BAD_SIGNATURE", `the signature of ${name} does not fit`);
      signed.push(...(signed.includes(key) ? [] : [key]));
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

type Met = (signed: readonly Key[], met: ReadonlySet<string>) => boolean;

/** Whom to trust: logs, witnesses, quorum (C2SP tlog-policy). */
export class Policy {
  readonly logs: Key[] = [];
  readonly witnesses: Key[] = [];
  /** Whether each name is satisfied, in the order of the lines. */
  readonly #members = new Map<string, Met>();
  #quorum: string | undefined;

  constructor(text: string) {
    const grouped = new Set<string>();
    for (const [index, line] of text.split("\n").entries()) {
      const bad: Check = (holds, why) => ensure(holds, "SIGNATURES", "BAD_POLICY", `line ${index + 1} of the policy: ${why}`);
      bad(index <= 1000 && !/[\0-\b\v-\x1f\x7f]/.test(line), "a control character, or more than 1000 lines");
      const words = line.split(/[ \t]+/).filter((word) => word !== "");
      const [kind = "#", name = "", third = "", ...rest] = words;
      const define = (met: Met): void => {
        bad(name !== "none" && !this.#members.has(name), "the name is taken");
        this.#members.set(name, met);
      };
      const read = (encoded: string, keys: Key[], type: number): Key => {
        const key = readKey(encoded, type);
        bad(key !== undefined && keys.every((other) => !other.point.equals(key.point)), "no key of this type (name+id+base64), or one of the lines above");
        keys.push(key);
        return key;
      };
      if (kind === "log" && (words.length === 2 || words.length === 3)) {
        read(name, this.logs, LOG);
      } else if (kind === "witness" && (words.length === 3 || words.length === 4)) {
        const key = read(third, this.witnesses, WITNESS);
        define((signed) => signed.includes(key));
      } else if (kind === "group" && rest.length > 0) {
        bad(rest.every((member) => this.#members.has(member) && !grouped.has(member) && grouped.add(member)), "a group lists names of lines above, each in one group");
        const least = third === "any" ? 1 : third === "all" ? rest.length : Number(third);
        bad(/^(any|all|\d+)$/.test(third) && least > 0 && least <= rest.length, "the threshold is from 1 to the number of members");
        define((_, met) => rest.filter((member) => met.has(member)).length >= least);
      } else if (!kind.startsWith("#")) {
        const known = kind === "quorum" && words.length === 2 && (name === "none" || this.#members.has(name));
        bad(known && this.#quorum === undefined, "neither log, witness nor group, nor the one quorum of a name above");
        this.#quorum = name;
      }
    }
    ensure(this.#quorum !== undefined && this.logs.length > 0, "SIGNATURES", "BAD_POLICY", "a policy has a log and a quorum");
  }

  /** Checks signatures and quorum of a checkpoint. */
  check(note: string): Checkpoint {
    const { text, signed, unused } = openNote(note, [...this.logs, ...this.witnesses]);
    const [, origin = "", digits = "", encoded = ""] = /^([^\n]+)\n(0|[1-9]\d*)\n([^\n]*)\n$/.exec(text) ?? [];
    const [size, root] = [Number(digits), fromBase64(encoded)];
    ensure(origin !== "" && Number.isSafeInteger(size) && root.length === 32, "SIGNATURES", "BAD_CHECKPOINT", "a checkpoint is three lines: origin, size, root");
    ensure(signed.some((key) => key.type === LOG && key.name === origin), "SIGNATURES", "NOT_SIGNED", `the log ${origin} has not signed this`);
    const met = new Set(["none"]);
    this.#members.forEach((holds, name) => holds(signed, met) && met.add(name));
    ensure(met.has(this.#quorum!), "SIGNATURES", "NO_QUORUM", `too few witnesses have signed the checkpoint of ${origin}`);
    return { origin, size, root, signed: signed.map((key) => key.name), unused };
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
  const [, digits, hashes = "", note = ""] = /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9]\d*)\n((?:[^\n]+\n){0,64})\n(.*)$/s.exec(text) ?? [];
  bad(digits !== undefined, "not a C2SP tlog-proof without extra line");
  const [checkpoint, position] = [policy.check(note), Number(digits)];
  bad(position < checkpoint.size, `position ${digits} is beyond the ${checkpoint.size} leaves of the checkpoint`);
  let [hash, node, last] = [leafHash(leaf), position, checkpoint.size - 1];
  const up = (): void => void ([node, last] = [Math.floor(node / 2), Math.floor(last / 2)]);
  // RFC 9162 §2.1.3.2
  for (const sibling of hashes.split("\n").slice(0, -1).map(fromBase64)) {
    bad(sibling.length === 32 && last > 0, "a line is not the base64 of a hash, or the proof is longer than the path to the root");
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node > 0) {
        up();
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    up();
  }
  bad(last === 0 && compare(hash, checkpoint.root) === 0, "leaf and proof do not lead to the root: another leaf, another tree, or a line is missing");
  return { ...checkpoint, position };
}
