// What the library refuses, with the stable codes that the server uses too.

/** Why something was refused. `code` is stable; `message` is for developers. */
export class Refused extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(`${code}: ${message}`);
    this.name = "Refused";
  }
}

/** What a ballot can do wrong (docs/formats/ballot.md §6). */
export type Invalid =
  | "TOO_FEW_CHOICES"
  | "TOO_MANY_CHOICES"
  | "DUPLICATE_CHOICE"
  | "UNKNOWN_PROJECT"
  | "OVER_BUDGET"
  | "TOO_MANY_POINTS"
  | "BAD_POINTS";

export type RefusalCode =
  | Invalid
  | "BAD_TEXT"
  | "BAD_URN_KEY"
  | "BALLOT_TOO_LONG"
  | "POINTS_DONT_FIT"
  | "NO_CANONICAL_FORM"
  | "BAD_RECEIPT"
  | "BAD_SIGNATURE"
  | "NOT_FOR_THIS_URN"
  | "NOT_A_BALLOT";
