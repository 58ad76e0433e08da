// Ballots: their types, whether one follows its type, and the length that all of an area have.

import { canonical } from "./canonical.js";
import { Refused, type Invalid } from "./refused.js";

/** What a voter may write on the ballot of an area, as the campaign's frozen rules have it. */
export type BallotType =
  | { readonly type: "APPROVAL"; readonly min: number; readonly max: number }
  | { readonly type: "CHOOSE_ONE" }
  | { readonly type: "KNAPSACK"; readonly budget_cents: number }
  | { readonly type: "CUMULATIVE"; readonly points: number; readonly max_per_project: number }
  | { readonly type: "ORDINAL"; readonly max: number }
  | { readonly type: "SCORING"; readonly min: number; readonly max: number }
  | { readonly type: "MAJORITY_JUDGMENT"; readonly grades: readonly string[]; readonly default: number };

/** A project on the ballot list of the area. */
export interface Project {
  /** Its number on the list. */
  readonly number: number;
  /** What it costs, in cents. */
  readonly cost_cents: number;
}

/** What a voter chose: numbers of the ballot list, in the voter's order, and points where the type has them. */
export interface Choices {
  readonly choices: readonly number[];
  /** One for each choice; for majority judgment the index of the grade. */
  readonly points?: readonly number[];
}

/** A ballot as it is sealed. */
export interface PlainBallot extends Choices {
  /** 16 random bytes, in hexadecimal. */
  readonly nonce: string;
}

/** The one text of a ballot. */
export const ballotText = (ballot: PlainBallot): string =>
  canonical({ choices: ballot.choices, nonce: ballot.nonce, points: ballot.points });

const STEP = 32;

/** How many bytes every ballot of an area has inside its envelope, whatever is chosen. */
export function paddedLength(type: BallotType, numbers: readonly number[]): number {
  const [count, point] = longest(type, numbers.length);
  const widest = numbers.reduce((a, b) => Math.max(a, b), 0);
  const choices = Array.from({ length: count }, () => widest);
  const ballot: PlainBallot = { choices, nonce: "0".repeat(32) };
  const text = ballotText(point === undefined ? ballot : { ...ballot, points: choices.map(() => point) });
  return Math.ceil(text.length / STEP) * STEP;
}

/** How many choices the longest ballot has, and its widest points. */
function longest(type: BallotType, projects: number): [number, number?] {
  switch (type.type) {
    case "APPROVAL":
    case "ORDINAL":
      return [Math.min(type.max, projects)];
    case "CHOOSE_ONE":
      return [Math.min(1, projects)];
    case "KNAPSACK":
      return [projects];
    case "CUMULATIVE":
      return [Math.min(type.points, projects), Math.min(type.max_per_project, type.points)];
    case "SCORING":
      return [projects, String(type.min).length > String(type.max).length ? type.min : type.max];
    case "MAJORITY_JUDGMENT":
      return [projects, Math.max(0, type.grades.length - 1)];
  }
}

/** Why choices don't follow their type, or `null`. The same order of looking as the count has. */
export function validate(ballot: Choices, type: BallotType, projects: readonly Project[]): Invalid | null {
  const { choices, points } = ballot;
  if (points !== undefined && points.length !== choices.length) {
    throw new Refused("POINTS_DONT_FIT", `${points.length} points for ${choices.length} choices`);
  }
  const costs = new Map(projects.map((project) => [project.number, project.cost_cents]));
  if (choices.some((number) => !costs.has(number))) {
    return "UNKNOWN_PROJECT";
  }
  if (new Set(choices).size !== choices.length) {
    return "DUPLICATE_CHOICE";
  }
  const between = (min: number, max: number): Invalid | null =>
    choices.length < min ? "TOO_FEW_CHOICES" : choices.length > max ? "TOO_MANY_CHOICES" : null;
  // A blank ballot gives no points, with or without a list of them.
  const noPoints = points === undefined || points.length === 0 ? null : "BAD_POINTS";
  switch (type.type) {
    case "APPROVAL":
      return between(type.min, type.max) ?? noPoints;
    case "CHOOSE_ONE":
      return between(1, 1) ?? noPoints;
    case "ORDINAL":
      return between(0, type.max) ?? noPoints;
    case "KNAPSACK": {
      const cost = choices.reduce((sum, number) => sum + BigInt(costs.get(number) ?? 0), 0n);
      return noPoints ?? (cost > BigInt(type.budget_cents) ? "OVER_BUDGET" : null);
    }
    case "CUMULATIVE": {
      const sum = (points ?? []).reduce((sum, given) => sum + BigInt(given), 0n);
      return pointsBetween(ballot, 1, type.max_per_project) ?? (sum > BigInt(type.points) ? "TOO_MANY_POINTS" : null);
    }
    case "SCORING":
      return pointsBetween(ballot, type.min, type.max);
    case "MAJORITY_JUDGMENT":
      return pointsBetween(ballot, 0, type.grades.length - 1);
  }
}

function pointsBetween({ choices, points }: Choices, min: number, max: number): Invalid | null {
  for (const at of choices.keys()) {
    const given = points?.[at];
    if (given !== undefined && given > max) {
      return "TOO_MANY_POINTS";
    }
    if (given === undefined || !(given >= min)) {
      return "BAD_POINTS";
    }
  }
  return null;
}
