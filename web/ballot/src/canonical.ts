// Canonical JSON: RFC 8785 with the restrictions of docs/formats/log.md (whole numbers, NFC).

import { Refused } from "./refused.js";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

function text(value: string): string {
  if (value.normalize("NFC") !== value || /\p{Surrogate}/u.test(value)) {
    throw new Refused("NO_CANONICAL_FORM", "a text that is not in NFC, or not Unicode");
  }
  return JSON.stringify(value);
}

/** The canonical text of a value. A member that is `undefined` is left out. */
export function canonical(value: Json): string {
  if (typeof value === "string") {
    return text(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) {
      throw new Refused("NO_CANONICAL_FORM", `${value} is not a whole number below 2^53`);
    }
    return String(value === 0 ? 0 : value);
  }
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  // By UTF-16 units, which is how JavaScript compares strings.
  const members = Object.entries(value as { readonly [name: string]: Json | undefined })
    .filter((member): member is [string, Json] => member[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${text(name)}:${canonical(member)}`).join(",")}}`;
}
