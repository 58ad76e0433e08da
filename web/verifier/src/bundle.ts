// The bundle: every byte of the container, the manifest and its signature, the lines (docs/formats/bundle.md).

import { buf as crc32 } from "crc-32";
import { sha256 as digest } from "@noble/hashes/sha2.js";
import {
  canonical, checker, ensure, fromHex, fromLittle, hasMembers, isObject, join, little, parse, sha256, textOf, toBase64, toHex, utf8, type Bytes, type Check, type Json,
} from "./bytes.js";
import { openNote, Policy, type Checkpoint } from "./note.js";
import { inflate } from "./zstd.js";

/** Where bytes are read from, in any order: a file, a `Blob`, an address that answers ranges. */
export interface Source {
  readonly size: number;
  read(at: number, length: number): Promise<Bytes>;
}

interface Entry {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly sha256: string;
}

/** One event: the leaf and what is disclosed beside it, as texts. */
export interface Line {
  readonly leaf: Bytes;
  readonly disclosed: Bytes;
}

const BLOCK = 1 << 20;
const MOST = 2 ** 32 - 1;
const FULL_LINES = 65_536;
const FULL_TEXT = 128 * 2 ** 20;
const MOST_LEAF = 65_535;
const MOST_DISCLOSED = 2 ** 20;
/** The entries after the events, with the longest each may be. */
const CLOSING = new Map([
  ["checkpoint", 2 ** 16], ["policy", 2 ** 16], ["claims.json", 2 ** 26], ["manifest.json", 2 ** 24], ["manifest.sig", 2 ** 16],
]);
/** What a local header and a directory record have in common: version 1.0, sizes after the data, stored, 1980-01-01. */
const FIXED = "0a00080000000000" + "2100";

const bad: Check = checker("CONTAINER", "BAD_CONTAINER");
function entryEnsure(holds: unknown, entry: string, why: string): asserts holds {
  ensure(holds, "CONTAINER", "BAD_ENTRY", `bundle entry ${JSON.stringify(entry)}: ${why}`);
}

/** Reads a source and compares it with what must stand there. */
class Comparison {
  at = 0;

  constructor(readonly source: Source) {}

  async take(length: number): Promise<Bytes> {
    const bytes = await this.source.read(this.at, Math.min(length, this.source.size - this.at));
    bad(bytes.length === length, `the file ends at byte ${this.at + bytes.length}`);
    this.at += length;
    return bytes;
  }

  async expect(...expected: readonly Bytes[]): Promise<void> {
    const [start, all] = [this.at, join(...expected)];
    const found = await this.take(all.length);
    const differs = all.findIndex((byte, index) => byte !== found[index]);
    bad(differs < 0, `byte ${start + differs} is not that of the only form of the container`);
  }
}

/** Names and lengths as the directory at the end says, to be proven by `prove`. */
async function listed(source: Source): Promise<{ name: string; length: number }[]> {
  const end = await source.read(Math.max(0, source.size - 98), Math.min(98, source.size));
  const [field, last] = [(at: number, size: number) => fromLittle(end.subarray(at, at + size)), end.length - 22];
  bad(last >= 0 && field(last, 4) === 0x06054b50, "no directory at the end: the file is cut off or changed");
  const large = field(0, 4) === 0x06064b50 && field(56, 4) === 0x07064b50;
  const [length, start] = large ? [field(40, 8), field(48, 8)] : [field(last + 12, 4), field(last + 16, 4)];
  bad(start + length <= source.size && length <= 2 ** 26, "the directory is not where the end says");
  const [directory, entries]: [Bytes, { name: string; length: number }[]] = [await source.read(start, length), []];
  for (let at = 0; at < directory.length; ) {
    bad(at + 46 <= directory.length, "the directory is cut off");
    const of = (from: number, size: number): number => fromLittle(directory.subarray(at + from, at + from + size));
    entries.push({ name: String.fromCharCode(...directory.subarray(at + 46, at + 46 + of(28, 2))), length: of(20, 4) });
    at += 46 + of(28, 2) + of(30, 2);
  }
  return entries;
}

/** Writes the container again from its names and bytes, compares it with the file, and answers its entries. */
async function prove(source: Source): Promise<Entry[]> {
  const [file, entries, directory, names]: [Comparison, Entry[], Bytes[], { name: string; length: number }[]] = [new Comparison(source), [], [], await listed(source)];
  const events = Array.from({ length: Math.max(0, names.length - CLOSING.size) }, (_, at) => `events/${String(at).padStart(6, "0")}.jsonl.zst`);
  for (const [index, expected] of [...events, ...CLOSING.keys()].entries()) {
    const { name, length } = names[index] ?? { name: "nothing", length: 0 };
    entryEnsure(name === expected && length <= (CLOSING.get(name) ?? MOST - 1), expected, `${JSON.stringify(name)} stands in its place, or it is too long`);
    const header = file.at;
    await file.expect(fromHex(`504b0304${FIXED}`), new Uint8Array(12), little(2, name.length), new Uint8Array(2), utf8(name));
    const [start, hash] = [file.at, digest.create()];
    let crc = 0;
    while (file.at < start + length) {
      const block = await file.take(Math.min(start + length - file.at, BLOCK));
      hash.update(block);
      crc = crc32(block, crc);
    }
    const sizes = join(little(4, crc >>> 0), little(4, length), little(4, length));
    await file.expect(fromHex("504b0708"), sizes);
    const far = header >= MOST ? join(fromHex("01000800"), little(8, header)) : new Uint8Array();
    const record = [fromHex(`504b01020a03${FIXED}`), sizes, little(2, name.length), little(2, far.length), new Uint8Array(6), fromHex("0000a481")];
    directory.push(...record, little(4, Math.min(header, MOST)), utf8(name), far);
    entries.push({ name, start, length, sha256: toHex(hash.digest()) });
  }
  const [start, bytes, count] = [file.at, join(...directory), little(2, Math.min(names.length, 65_535))];
  const large = names.length > 65_535 || start > MOST || bytes.length > MOST;
  const numbers = [names.length, names.length, bytes.length, start].map((number) => little(8, number));
  const zip64 = [fromHex("504b06062c000000000000000a000a00"), new Uint8Array(8), ...numbers, fromHex("504b060700000000"), little(8, start + bytes.length), little(4, 1)];
  const end = [fromHex("504b050600000000"), count, count, little(4, large ? MOST : bytes.length), little(4, Math.min(start, MOST)), new Uint8Array(2)];
  await file.expect(bytes, ...(large ? zip64 : []), ...end);
  bad(file.at === source.size, `the bundle ends at byte ${file.at} and the file does not`);
  return entries;
}

/** The lines of the events, block by block; each entry but the last is full. */
async function* lines(source: Source, events: readonly Entry[], size: number): AsyncGenerator<Line[]> {
  let index = 0;
  for (const [number, { name, start, length }] of events.entries()) {
    let [text, count, rest]: [number, number, Bytes] = [0, 0, new Uint8Array()];
    const check: Check = (holds, why) => ensure(holds, "CONTAINER", "BAD_LINE", `${name}, line ${count + 1}: ${why}`, index);
    const full = (): boolean => count >= FULL_LINES || text >= FULL_TEXT;
    for await (const block of inflate(source, start, length, check)) {
      const [bytes, batch]: [Bytes, Line[]] = [join(rest, block), []];
      let from = 0;
      for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
        const line = bytes.subarray(from, to);
        const tab = line.indexOf(9) < 0 ? line.length : line.indexOf(9);
        const [leaf, disclosed] = [line.subarray(0, tab), line.subarray(tab + 1)];
        check(!full() && tab > 0 && tab !== line.length - 1, "the entry was full before it, or a line is no leaf with or without values");
        check(leaf.length <= MOST_LEAF && disclosed.length <= MOST_DISCLOSED, "it is too long");
        batch.push({ leaf, disclosed });
        [text, from, count, index] = [text + line.length + 1, to + 1, count + 1, index + 1];
      }
      rest = bytes.slice(from);
      check(rest.length <= MOST_LEAF + 1 + MOST_DISCLOSED, "it is too long");
      yield batch;
    }
    check(rest.length === 0, "it has no newline at its end");
    entryEnsure(count > 0 && (full() || number === events.length - 1), name, "it ends before it is full");
  }
  entryEnsure(index === size, "manifest.json", `${size} events are announced and ${index} are there`);
}

/** A bundle of which container, manifest and signatures were checked. */
export interface Bundle {
  readonly checkpoint: Checkpoint;
  readonly claims: Json;
  lines(): AsyncGenerator<Line[]>;
}

/** Opens a bundle; reads it once. Without a trusted policy its own is used, which proves nothing of who signed. */
export async function openBundle(source: Source, trusted?: Policy): Promise<Bundle> {
  const entries = await prove(source);
  const events = entries.splice(0, entries.length - CLOSING.size);
  const texts: string[] = [];
  for (const { start, length } of entries) {
    texts.push(textOf(await source.read(start, length)));
  }
  const [checkpointText, policyText, claimsText, manifestText, signature] = texts as [string, string, string, string, string];
  const read = (name: string, text: string): Json => {
    try {
      return parse(text);
    } catch (error) {
      entryEnsure(false, name, String(error));
    }
  };
  const own = new Policy(policyText);
  const manifest = read("manifest.json", manifestText);
  entryEnsure(isObject(manifest) && hasMembers(manifest, "entries format log metadata size"), "manifest.json", "it has other members");
  const metadata = canonical(manifest["metadata"]).startsWith("{");
  entryEnsure(manifest["format"] === "parvis-bundle/1" && metadata, "manifest.json", "this program reads the format parvis-bundle/1");
  const log = String(manifest["log"]);
  const note = openNote(signature, (trusted ?? own).logs.filter((key) => key.name === log));
  entryEnsure(note.signed.length === 1 && note.unused === 0, "manifest.sig", "it must have one signature and no other");
  const signs = `parvis bundle manifest v1\n${log}\n${toBase64(sha256(utf8(manifestText)))}\n`;
  entryEnsure(note.text === signs, "manifest.sig", "it signs another manifest");
  const found = [...events, ...entries.slice(0, 3)].map(({ name, length, sha256 }) => ({ name, length, sha256 }));
  entryEnsure(canonical(manifest["entries"]) === canonical(found), "manifest.json", "the entries are not those that it lists");
  const claims = read("claims.json", claimsText);
  const ownCheckpoint = own.check(checkpointText);
  entryEnsure(ownCheckpoint.unused === 0, "checkpoint", "it has a signature by a key that the policy does not list, or one twice");
  const checkpoint = trusted?.check(checkpointText) ?? ownCheckpoint;
  entryEnsure(log === checkpoint.origin && manifest["size"] === checkpoint.size, "manifest.json", "its log or size is not that of the checkpoint");
  return { checkpoint, claims, lines: () => lines(source, events, checkpoint.size) };
}
