// Leaves and the values beside them: form, place, commitments, removals (docs/formats/log.md §2, §3).

import { canonical, checker, ensure, fromHex, hasMembers, isObject, parse, Refused, sha256, textOf, toHex, utf8, type Bytes, type Check, type Json, type Members, type Stage } from "./bytes.js";
import type { Line } from "./bundle.js";

/** An event as its leaf says it. */
export interface Event {
  readonly at: string;
  readonly data: Members;
  readonly hidden: { readonly [path: string]: string };
  readonly position: number;
  readonly sequence: number;
  readonly stream: string;
  readonly type: string;
  readonly version: number;
}

const MEMBERS = "actor at command_id data hidden log position sequence stream type version";
const TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/;
const HASH = /^[0-9a-f]{64}$/;
const GROUNDS = ["MODERATION", "PERSONAL_DATA", "COURT_ORDER", "ERASURE_REQUEST", "RETENTION"];

const isText = (value: unknown): boolean => typeof value === "string";
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const marked = (value: Json): boolean =>
  value !== null && typeof value === "object" && (Object.hasOwn(value, "$hidden") || Object.values(value).some(marked));

/** Whether a hidden value has its place: the object that held it is there and has no such member. */
function hasPlace(data: Json, path: string): boolean {
  const names = path.split("/").slice(2).map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = names.pop()!;
  const holder = names.reduce<Json | undefined>((held, name) => {
    const within = held !== null && typeof held === "object" && (isObject(held) || name !== "length") && Object.hasOwn(held, name);
    return within ? (held as Members)[name] : undefined;
  }, data);
  return !/~(?![01])/.test(path) && isObject(holder) && !Object.hasOwn(holder, last);
}

/** Follows the leaves one by one, and knows at the end which values are missing though nothing removed them. */
export class Leaves {
  disclosed = 0;
  readonly redacted: { position: number; path: string; ground?: string; at?: string }[] = [];
  readonly streams = new Map<string, number>();
  readonly #named = new Map<string, { position: number; ground: string; at: string }>();
  #keepsRoles = false;

  constructor(readonly origin: string) {}

  /** Reads the next leaf, which stands at `position`. */
  take(line: Line, position: number): Event {
    const malformed: Check = checker("CANONICAL", "LEAF_MALFORMED", position);
    const misplaced = (holds: boolean, code: string, why: string): void => ensure(holds, "SEQUENCE", code, why, position);
    const leaf = this.#parse(line.leaf, "CANONICAL", position) as unknown as Event & { actor: Members; command_id: string; log: string };
    malformed(hasMembers(leaf, MEMBERS) && hasMembers(leaf.actor, "id role"), "other members than a leaf has");
    const { actor, at, command_id, data, hidden, log, sequence, stream, type, version } = leaf;
    malformed([actor["id"], actor["role"], at, command_id, log, stream, type].every(isText) && TIME.test(at), "what must be a text or a time is none");
    malformed([leaf.position, sequence, version].every(isWhole) && version < 2 ** 32, "what must be a number is none, or too large");
    malformed(isObject(data) && !marked(data) && isObject(hidden), "the data is no object, or has a marker");
    const committed = Object.entries(hidden).every(([path, hash]) => path.startsWith("/data/") && HASH.test(hash));
    malformed(committed && Object.values(hidden).every(isText), "a hidden value that is not below /data/, or without a commitment");
    misplaced(leaf.position === position, "POSITION_GAP", `the leaf says position ${leaf.position}`);
    misplaced(log === this.origin, "LOG_FOREIGN", `the leaf is of the log ${log}`);
    this.#values(leaf, line);
    malformed(Object.keys(hidden).every((path) => hasPlace(data, path)), "a hidden value without its place in the data");
    const next = (this.streams.get(stream) ?? 0) + 1;
    misplaced(sequence === next, "SEQUENCE_GAP", `${stream} has sequence ${sequence} where ${next} comes next`);
    this.streams.set(stream, next);
    this.#keepsRoles ||= type === "RoleGranted" || type === "ValuesRedacted";
    for (const target of type === "ValuesRedacted" ? (data["targets"] as unknown as { path: string; position: number }[]) : []) {
      const [key, ground] = [`${target.position} ${target.path}`, data["ground"] as string];
      const fits = GROUNDS.includes(ground) && target.position < position && !this.#named.has(key);
      ensure(fits, "LAW", "REDACTION_UNLAWFUL", `the removal of ${key}: an earlier value, once, on a known ground`, position);
      this.#named.set(key, { position: target.position, ground, at });
    }
    return leaf;
  }

  #parse(bytes: Bytes, stage: Stage, position: number): Json {
    try {
      return parse(textOf(bytes));
    } catch (error) {
      throw new Refused(stage, "NOT_CANONICAL", String(error), position);
    }
  }

  #values({ hidden, position }: Event, line: Line): void {
    const check = (holds: unknown, code: string, why: string): void => ensure(holds, "COMMITMENTS", code, why, position);
    const open = new Set(Object.keys(hidden));
    const values = line.disclosed.length === 0 ? [] : (this.#parse(line.disclosed, "COMMITMENTS", position) as { path: string; nonce: string; value: Json }[]);
    check(Array.isArray(values) && (values.length > 0 || line.disclosed.length === 0), "LEAF_MALFORMED", "disclosed values are an array");
    let before = "";
    for (const one of values) {
      const { path, nonce, value } = one;
      check(hasMembers(one, "nonce path value") && [path, nonce].every(isText) && HASH.test(nonce), "LEAF_MALFORMED", "not a disclosed value");
      check(path > before, "NOT_CANONICAL", "disclosed values ascend by path, each once");
      check(open.delete(path), "NOT_COMMITTED", `the leaf has no commitment to ${path}`);
      const commitment = toHex(sha256(utf8("parvis.commit/v1\n"), fromHex(nonce), utf8(canonical({ path, position, value }))));
      check(commitment === hidden[path], "COMMITMENT_MISMATCH", `the value at ${path} is not the one committed to`);
      before = path;
    }
    this.disclosed += values.length;
    open.forEach((path) => this.redacted.push({ position, path }));
  }

  /** At the end: what is missing is what was removed. */
  end(): void {
    for (const gone of this.redacted) {
      const key = `${gone.position} ${gone.path}`;
      const named = this.#named.get(key);
      ensure(named ?? !this.#keepsRoles, "COMMITMENTS", "VALUE_MISSING", `no event says that the value at ${gone.path} was removed`, gone.position);
      Object.assign(gone, named && { ground: named.ground, at: named.at });
      this.#named.delete(key);
    }
    const [first] = [...this.#named].sort(([, a], [, b]) => a.position - b.position);
    ensure(first === undefined, "COMMITMENTS", "REDACTED_VALUE_DISCLOSED", `an event says that a value was removed that is still there: ${first?.[0]}`, first?.[1].position);
  }
}
