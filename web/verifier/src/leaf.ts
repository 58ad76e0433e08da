// Leaves and the values beside them: form, place, commitments, removals (docs/formats/log.md §2, §3).

import { canonical, checker, ensure, fromHex, hasMembers, join, parse, Refused, sha256, textOf, toHex, utf8, type Check, type Json, type Stage } from "./bytes.js";
import type { Line } from "./bundle.js";

/** An event as its leaf says it. */
export interface Event {
  readonly at: string;
  readonly data: { readonly [name: string]: Json };
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

const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is { [name: string]: Json } => value !== null && typeof value === "object" && !Array.isArray(value);
const marked = (value: Json): boolean =>
  value !== null && typeof value === "object" && (Object.hasOwn(value, "$hidden") || Object.values(value).some(marked));

/** Whether a hidden value has its place: the object that held it is there and has no such member. */
function hasPlace(data: Json, path: string): boolean {
  const names = path.split("/").slice(2).map((name) => (/~(?![01])/.test(name) ? null : name.replaceAll("~1", "/").replaceAll("~0", "~")));
  let holder: Json | undefined = data;
  for (const name of names.slice(0, -1)) {
    const within: boolean = holder !== null && typeof holder === "object" && name !== null && Object.hasOwn(holder, name);
    holder = within && !(Array.isArray(holder) && name === "length") ? (holder as { [name: string]: Json })[name!] : undefined;
  }
  const last = names.at(-1);
  return isObject(holder) && typeof last === "string" && !Object.hasOwn(holder, last);
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
    const check = (holds: unknown, stage: Stage, code: string, why: string): void => ensure(holds, stage, code, why, position);
    const leaf = this.#parse(line.leaf, "CANONICAL", position);
    malformed(hasMembers(leaf, MEMBERS), "not the members of a leaf");
    const { actor, at, command_id, data, hidden, log, sequence, stream, type, version } = leaf;
    const texts = hasMembers(actor, "id role") && [actor["id"], actor["role"], at, command_id, log, stream, type].every((text) => typeof text === "string");
    const numbers = [leaf["position"], sequence, version].every(whole) && (version as number) < 2 ** 32;
    malformed(texts && numbers && TIME.test(at as string) && isObject(data), "a member that is not of its kind");
    malformed(isObject(hidden) && !marked(data), "no hidden values, or a marker in the data");
    const committed = Object.entries(hidden).every(([path, hash]) => path.startsWith("/data/") && HASH.test(String(hash)));
    malformed(committed, "a hidden value that is not below /data/, or without a commitment");
    check(leaf["position"] === position, "SEQUENCE", "POSITION_GAP", `the leaf says position ${leaf["position"]}`);
    check(log === this.origin, "SEQUENCE", "LOG_FOREIGN", `the leaf is of the log ${log}`);
    const event = leaf as unknown as Event;
    this.#values(event, line);
    check(Object.keys(hidden).every((path) => hasPlace(data, path)), "CANONICAL", "HIDDEN_MISPLACED", "a hidden value without its place in the data");
    const next = (this.streams.get(event.stream) ?? 0) + 1;
    check(sequence === next, "SEQUENCE", "SEQUENCE_GAP", `${stream} has sequence ${sequence} where ${next} comes next`);
    this.streams.set(event.stream, next);
    if (event.type === "ValuesRedacted") {
      this.#removal(event);
    }
    this.#keepsRoles ||= event.type === "RoleGranted" || event.type === "ValuesRedacted";
    return event;
  }

  #parse(bytes: Line["leaf"], stage: Stage, position: number): Json {
    try {
      return parse(textOf(bytes));
    } catch (error) {
      throw new Refused(stage, "NOT_CANONICAL", String(error), position);
    }
  }

  #values(event: Event, line: Line): void {
    const check: (holds: unknown, code: string, why: string) => asserts holds = (holds, code, why) => ensure(holds, "COMMITMENTS", code, why, event.position);
    const open = new Set(Object.keys(event.hidden));
    const values = line.disclosed.length === 0 ? [] : this.#parse(line.disclosed, "COMMITMENTS", event.position);
    check(Array.isArray(values) && (values.length > 0 || line.disclosed.length === 0), "LEAF_MALFORMED", "disclosed values are an array");
    let before = "";
    for (const value of values) {
      check(hasMembers(value, "nonce path value") && typeof value["path"] === "string" && HASH.test(String(value["nonce"])), "LEAF_MALFORMED", "not a disclosed value");
      const path = value["path"];
      check(path > before, "NOT_CANONICAL", "disclosed values ascend by path, each once");
      check(open.delete(path), "NOT_COMMITTED", `the leaf has no commitment to ${path}`);
      const bound = utf8(canonical({ path, position: event.position, value: value["value"]! }));
      const commitment = toHex(sha256(join(utf8("parvis.commit/v1\n"), fromHex(String(value["nonce"])), bound)));
      check(commitment === event.hidden[path], "COMMITMENT_MISMATCH", `the value at ${path} is not the one committed to`);
      before = path;
    }
    this.disclosed += values.length;
    this.redacted.push(...Array.from(open, (path) => ({ position: event.position, path })));
  }

  #removal({ data, position, at }: Event): void {
    const { ground, targets } = data as unknown as { ground: string; targets: { path: string; position: number }[] };
    for (const target of targets) {
      const key = `${target.position} ${target.path}`;
      const fits = GROUNDS.includes(ground) && target.position < position && !this.#named.has(key);
      ensure(fits, "LAW", "REDACTION_UNLAWFUL", `the removal of ${key}: an earlier value, once, on a known ground`, position);
      this.#named.set(key, { position: target.position, ground, at });
    }
  }

  /** At the end: what is missing is what was removed. */
  end(): void {
    for (const gone of this.redacted) {
      const named = this.#named.get(`${gone.position} ${gone.path}`);
      ensure(named ?? !this.#keepsRoles, "COMMITMENTS", "VALUE_MISSING", `no event says that the value at ${gone.path} was removed`, gone.position);
      Object.assign(gone, named && { ground: named.ground, at: named.at });
      this.#named.delete(`${gone.position} ${gone.path}`);
    }
    const [first] = [...this.#named].sort(([, a], [, b]) => a.position - b.position);
    ensure(first === undefined, "COMMITMENTS", "REDACTED_VALUE_DISCLOSED", `an event says that a value was removed that is still there: ${first?.[0]}`, first?.[1].position);
  }
}
