// From ballots to a result: adding up, ranking, taking what fits (docs/formats/count.md).

import { compare, ensure, sha256, utf8, type Bytes } from "./bytes.js";
import { invalid, type BallotType, type Paper } from "./ballots.js";

/** A project on the ballot list of an area. */
export interface Entry {
  readonly number: number;
  readonly project: string;
  readonly reference: string;
  readonly cost_cents: number;
  readonly withdrawn?: boolean;
  readonly excludes?: readonly string[];
  readonly priority?: boolean;
  readonly district?: string;
}

export interface Rule {
  /** Its name; an object with one member, the name, where it has parameters. */
  readonly rule: string | { readonly [name: string]: unknown };
  readonly min_score?: { readonly SCORE?: number; readonly SHARE_OF_BALLOTS?: number };
  readonly tie_break: readonly ("LOWER_COST" | "MORE_SUPPORTERS" | "LOT" | "ID")[];
  readonly around?: {
    readonly winners?: number;
    readonly winners_in?: { readonly [area: string]: number };
    readonly any_cost?: boolean;
    readonly fund_next_at_basis_points?: number;
    readonly weights?: { readonly digital: number; readonly paper: number };
    readonly earmark?: { readonly CENTS?: number; readonly BASIS_POINTS?: number };
    readonly groups?: { readonly at_most?: number; readonly at_most_cents?: number; readonly at_least?: number };
    readonly leftovers?: "NOWHERE" | "CITY" | "HIGHEST_TURNOUT";
  };
}

/** Whether this program counts under a rule. */
export const isKnown = ({ rule }: Rule): boolean =>
  ["GREEDY", "GREEDY_STOP", "GREEDY_PER_COST", "MAJORITY_JUDGMENT"].includes(rule as string);

export type Channel = "DIGITAL" | "PAPER";

/** What two agents read in a bundle of papers. */
export interface PaperCount {
  readonly valid: number;
  readonly blank: number;
  readonly void?: { readonly [reason: string]: number };
  readonly lines?: readonly { readonly project: number; readonly votes?: number; readonly supporters?: number; readonly grades?: readonly number[] }[];
  readonly cards?: readonly Paper[];
}

const total = (numbers: Iterable<number>): number => {
  let sum = 0;
  for (const number of numbers) {
    sum += number;
  }
  ensure(Number.isSafeInteger(sum), "TALLY", "TALLY_REFUSED", "a sum beyond 2^53");
  return sum;
};

/** What each project of an area received. */
export class Count {
  readonly scores: { DIGITAL: number; PAPER: number; supporters: number; grades: number[] }[];
  valid = 0;
  invalid = 0;
  void = 0;
  unreadable = 0;
  readonly #costs: Map<number, number>;
  readonly #places: Map<number, number>;

  constructor(readonly type: BallotType, readonly list: readonly Entry[], readonly keepAsCast: boolean) {
    this.scores = list.map(() => ({ DIGITAL: 0, PAPER: 0, supporters: 0, grades: this.#grades().map(() => 0) }));
    this.#costs = new Map(list.map((entry) => [entry.number, entry.cost_cents]));
    this.#places = new Map(list.map((entry, place) => [entry.number, place]));
  }

  #grades(): readonly string[] {
    return this.type.type === "MAJORITY_JUDGMENT" ? this.type.grades : [];
  }

  /** Adds a ballot; a number below 0 stands for what is not on the list. */
  add(paper: Paper, channel: Channel): void {
    const fault = invalid(paper, this.type, this.#costs);
    if (fault !== null && !this.keepAsCast) {
      this.invalid += 1;
      return;
    }
    this.valid += 1;
    const kept = [...paper.choices.keys()].filter((at) => this.#costs.has(paper.choices[at]!) && paper.choices.indexOf(paper.choices[at]!) === at);
    for (const [order, at] of kept.entries()) {
      const [score, given] = [this.scores[this.#places.get(paper.choices[at]!)!]!, paper.points?.[at]];
      const points = this.#points(given, kept.length - order);
      score[channel] += points;
      score.supporters += points > 0 ? 1 : 0;
      if (given !== undefined && score.grades[given] !== undefined) {
        score.grades[given] += 1;
      }
    }
  }

  #points(given: number | undefined, fromLast: number): number {
    switch (this.type.type) {
      case "CUMULATIVE":
      case "SCORING":
        return given ?? 0;
      case "ORDINAL":
        return fromLast;
      case "MAJORITY_JUDGMENT":
        return given !== undefined && given > this.type.default ? 1 : 0;
      default:
        return 1;
    }
  }

  /** Adds what was read in a bundle of papers, card by card or as totals. */
  addPapers(read: PaperCount, cards: boolean): void {
    this.void += total(Object.values(read.void ?? {}));
    if (cards) {
      for (const card of [...(read.cards ?? []), ...Array.from({ length: read.blank }, () => ({ choices: [] }))]) {
        this.add(card, "PAPER");
      }
      return;
    }
    const papers = read.valid + read.blank;
    this.valid += papers;
    for (const [place, { number }] of this.list.entries()) {
      const [line, score] = [read.lines?.find((line) => line.project === number), this.scores[place]!];
      if (this.type.type === "MAJORITY_JUDGMENT") {
        const given = this.#grades().map((_, grade) => line?.grades?.[grade] ?? 0);
        const better = total(given.slice(this.type.default + 1));
        score.PAPER += better;
        score.supporters += better;
        given.forEach((each, grade) => (score.grades[grade]! += each));
      } else {
        score.PAPER += line?.votes ?? 0;
        score.supporters += (this.type.type === "CUMULATIVE" || this.type.type === "SCORING" ? line?.supporters : line?.votes) ?? 0;
      }
    }
  }

  /** How many ballots give a project each grade, worst first; those that say nothing of it give the default one. */
  grades(place: number): number[] {
    const given = [...this.scores[place]!.grades];
    if (this.type.type === "MAJORITY_JUDGMENT") {
      given[this.type.default]! += this.valid - total(given);
    }
    return given;
  }
}

/** The rounds of majority judgment: the median grade, then the larger group beside it, below zero when the lower one. */
function rounds(given: number[]): number[] {
  const found: number[] = [];
  for (let round = 0; round < given.length; round++) {
    const all = total(given);
    const median = all === 0 ? 0 : given.findIndex((_, grade) => 2 * total(given.slice(0, grade + 1)) >= all);
    const [below, above] = all === 0 ? [0, 0] : [total(given.slice(0, median)), total(given.slice(median + 1))];
    found.push(median, above > below ? above : -below);
    const next = above > below ? given.findIndex((each, grade) => grade > median && each > 0) : given.slice(0, median).findLastIndex((each) => each > 0);
    if (next < 0) {
      break;
    }
    [given[next], given[median]] = [given[next]! + given[median]!, 0];
  }
  return found;
}

/** Below zero when the first has fewer or ends first. */
function lexically(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((each, index) => each !== other[index]);
  return at < 0 ? one.length - other.length : at >= other.length ? 1 : one[at]! - other[at]!;
}

export interface Outcome {
  readonly winners: number[];
  readonly spent: number;
  /** Per project, in the order of the list. */
  readonly projects: { rank: number; score: number; reason: string }[];
}

/** The seed of the lot (§6). */
export const lotSeed = (root: Bytes, publicValue: string): Bytes => sha256(root, utf8(publicValue));

/** Chooses the winners of an area's count. `rule` is one of the known ones; `winners` their number, where it is limited. */
export function choose(count: Count, rule: Rule, budget: number, winners: number | undefined, seed: Bytes | undefined): Outcome {
  const [{ list }, { around = {} }] = [count, rule];
  const { weights = { digital: 1, paper: 1 }, groups } = around;
  const scores = count.scores.map(({ DIGITAL, PAPER }) => total([DIGITAL * weights.digital, PAPER * weights.paper]));
  const needsLot = rule.tie_break.includes("LOT");
  ensure(!needsLot || seed !== undefined, "TALLY", "LOT_MISSING", "ties are told apart by a lot that was not drawn");
  const lots = list.map((entry) => (needsLot ? sha256(seed!, utf8(entry.reference)) : utf8("")));
  const merits = list.map((_, place) => (rule.rule === "MAJORITY_JUDGMENT" ? rounds(count.grades(place)) : []));
  const free = (place: number): number => (list[place]!.cost_cents === 0 ? Math.sign(scores[place]!) : 0);
  const perCost = (of: number, by: number): bigint => BigInt(scores[of]!) * BigInt(Math.max(1, list[by]!.cost_cents));
  const byMerit = (a: number, b: number): number => {
    if (rule.rule === "MAJORITY_JUDGMENT") {
      return lexically(merits[b]!, merits[a]!);
    }
    return rule.rule === "GREEDY_PER_COST" ? free(b) - free(a) || Number(perCost(b, a) - perCost(a, b)) : scores[b]! - scores[a]!;
  };
  const links = {
    LOWER_COST: (a: number, b: number) => list[a]!.cost_cents - list[b]!.cost_cents,
    MORE_SUPPORTERS: (a: number, b: number) => count.scores[b]!.supporters - count.scores[a]!.supporters,
    LOT: (a: number, b: number) => compare(lots[a]!, lots[b]!),
    ID: (a: number, b: number) => compare(utf8(list[a]!.reference), utf8(list[b]!.reference)),
  };
  const chain = [byMerit, ...rule.tie_break.map((link) => links[link]), links.ID];
  const ranking = [...list.keys()].sort((a, b) => chain.reduce((order, link) => order || link(a, b), 0));

  const taken: number[] = [];
  let left = budget;
  const cost = (places: readonly number[]): number => total(places.map((place) => list[place]!.cost_cents));
  const group = (place: number): readonly number[] => taken.filter((other) => list[other]!.district === list[place]!.district);
  const grouped = (place: number): boolean => groups !== undefined && list[place]!.district !== undefined;
  const excludes = (a: Entry, b: Entry): boolean => (a.excludes?.includes(b.project) || b.excludes?.includes(a.project)) ?? false;
  /** Why a project cannot be taken now, whatever is left. */
  const barred = (place: number): string | null => {
    const [entry, { SCORE, SHARE_OF_BALLOTS }] = [list[place]!, rule.min_score ?? {}];
    const enough = SHARE_OF_BALLOTS === undefined || BigInt(count.scores[place]!.supporters) * 10_000n >= BigInt(SHARE_OF_BALLOTS) * BigInt(count.valid);
    const capped = grouped(place) && (group(place).length >= (groups!.at_most ?? Infinity) || cost([...group(place), place]) > (groups!.at_most_cents ?? Infinity));
    return entry.withdrawn ? "WITHDRAWN"
      : !enough || scores[place]! < (SCORE ?? -Infinity) ? "BELOW_MIN_SCORE"
      : taken.some((other) => other !== place && excludes(entry, list[other]!)) ? "EXCLUDED_BY_WINNER"
      : taken.length >= (winners ?? Infinity) ? "ENOUGH_WINNERS"
      : capped ? "GROUP_CAP_REACHED" : null;
  };
  const reasons = list.map(() => "");
  const pass = (elected: string, considers: (place: number) => boolean, last: boolean): void => {
    let misfit = false;
    for (const place of ranking) {
      if (reasons[place]!.startsWith("ELECTED") || !considers(place)) {
        continue;
      }
      const price = list[place]!.cost_cents;
      const fits = around.any_cost === true || price <= left;
      const share = around.fund_next_at_basis_points;
      const nearly = last && !misfit && share !== undefined && BigInt(left) * 10_000n >= BigInt(price) * BigInt(share);
      const stopped: boolean = last && misfit && rule.rule === "GREEDY_STOP";
      const reason: string = barred(place) ?? (stopped ? "STOPPED_BEFORE" : fits ? elected : nearly ? "ELECTED_BEYOND_ENVELOPE" : "COST_EXCEEDS_WHAT_IS_LEFT");
      reasons[place] = reason;
      misfit ||= reason === "COST_EXCEEDS_WHAT_IS_LEFT" || reason === "ELECTED_BEYOND_ENVELOPE";
      if (reason.startsWith("ELECTED")) {
        taken.push(place);
        left = Math.max(0, left - price);
      }
    }
  };
  if (groups?.at_least !== undefined) {
    pass("ELECTED_FOR_ITS_GROUP", (place) => grouped(place) && group(place).length < groups.at_least!, false);
  }
  if (around.earmark !== undefined) {
    const { CENTS, BASIS_POINTS = 0 } = around.earmark;
    const least = CENTS ?? Number((BigInt(budget) * BigInt(BASIS_POINTS) + 9_999n) / 10_000n);
    pass("ELECTED_BY_EARMARK", (place) => list[place]!.priority === true && cost(taken.filter((other) => list[other]!.priority)) < least, false);
  }
  pass("ELECTED", () => true, true);
  const projects = list.map((_, place) => ({ rank: ranking.indexOf(place) + 1, score: scores[place]!, reason: reasons[place]! }));
  return { winners: taken, spent: cost(taken), projects };
}
