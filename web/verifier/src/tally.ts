// From ballots to winners: adding up, ranking, taking what fits (docs/formats/count.md §4 to §8).

import { compare, ensure, sha256, utf8, type Bytes, type Members } from "./bytes.js";
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

/** The frozen rule, as §2 has it. */
export type Rule = { readonly rule: unknown; readonly tie_break: readonly (keyof typeof LINKS)[]; readonly [member: string]: any };

/** Whether this program counts under a rule. */
export const isKnown = ({ rule }: Rule): boolean => ["GREEDY", "GREEDY_STOP", "GREEDY_PER_COST", "MAJORITY_JUDGMENT"].includes(rule as string);

function total(numbers: readonly number[]): number {
  const sum = numbers.reduce((sum, number) => sum + number, 0);
  ensure(Number.isSafeInteger(sum), "TALLY", "TALLY_REFUSED", "a sum beyond 2^53");
  return sum;
}

/** What each project of an area received. */
export class Count {
  readonly scores: { DIGITAL: number; PAPER: number; supporters: number; grades: number[] }[];
  valid = 0;
  invalid = 0;
  void = 0;
  unreadable = 0;
  readonly #costs: ReadonlyMap<number, number>;
  readonly #places: ReadonlyMap<number, number>;
  readonly #default: number;

  constructor(readonly type: BallotType, readonly list: readonly Entry[], readonly keepAsCast: boolean) {
    const grades = type.type === "MAJORITY_JUDGMENT" ? type.grades : [];
    this.#default = type.type === "MAJORITY_JUDGMENT" ? type.default : -1;
    this.scores = list.map(() => ({ DIGITAL: 0, PAPER: 0, supporters: 0, grades: grades.map(() => 0) }));
    this.#costs = new Map(list.map((entry) => [entry.number, entry.cost_cents]));
    this.#places = new Map(list.map((entry, place) => [entry.number, place]));
  }

  /** Adds a ballot; a number below 0 stands for what is not on the list. */
  add(paper: Paper, channel: "DIGITAL" | "PAPER"): void {
    const { choices, points = [] } = paper;
    if (invalid(paper, this.type, this.#costs) !== null && !this.keepAsCast) {
      this.invalid += 1;
      return;
    }
    this.valid += 1;
    const kept = [...choices.keys()].filter((at) => this.#costs.has(choices[at]!) && choices.indexOf(choices[at]!) === at);
    for (const [order, at] of kept.entries()) {
      const [score, given] = [this.scores[this.#places.get(choices[at]!)!]!, points[at]];
      const worth = this.#worth(given, kept.length - order);
      score[channel] += worth;
      score.supporters += Number(worth > 0);
      if (given !== undefined && score.grades[given] !== undefined) {
        score.grades[given] += 1;
      }
    }
  }

  #worth(given: number | undefined, fromLast: number): number {
    const pointed = this.type.type === "CUMULATIVE" || this.type.type === "SCORING";
    return pointed ? (given ?? 0) : this.type.type === "ORDINAL" ? fromLast : this.#default < 0 ? 1 : Number(given !== undefined && given > this.#default);
  }

  /** Adds what was read in a bundle of papers, card by card or as totals (§5). */
  addPapers({ valid, blank, void: none = {}, cards = [], lines = [] }: Members & { [name: string]: any }, byCard: boolean): void {
    this.void += total(Object.values(none));
    if (byCard) {
      [...cards, ...Array.from({ length: blank }, () => ({ choices: [] }))].forEach((card) => this.add(card, "PAPER"));
      return;
    }
    this.valid += valid + blank;
    for (const { project, votes = 0, supporters = votes, grades = [] } of lines) {
      const score = this.scores[this.#places.get(project)!]!;
      const better = this.#default < 0 ? undefined : total(grades.slice(this.#default + 1));
      score.PAPER += better ?? votes;
      score.supporters += better ?? supporters;
      grades.forEach((each: number, grade: number) => (score.grades[grade]! += each));
    }
  }

  /** How many ballots give a project each grade, worst first; those that say nothing of it give the default one. */
  grades(place: number): number[] {
    const given = this.scores[place]!.grades;
    return given.map((each, grade) => (grade === this.#default ? each + this.valid - total(given) : each));
  }
}

/** The rounds of majority judgment (§6): each the median grade, and the larger group beside it. */
function rounds(given: number[]): number[] {
  const found: number[] = [];
  for (const _ of given.keys()) {
    const all = total(given);
    const median = Math.max(0, given.findIndex((_, grade) => all > 0 && 2 * total(given.slice(0, grade + 1)) >= all));
    const [below, above] = [total(given.slice(0, median)), total(given.slice(median + 1))];
    found.push(median, above > below ? above : -below);
    const next = above > below ? given.findIndex((each, grade) => grade > median && each > 0) : given.slice(0, median).findLastIndex((each) => each > 0);
    if (next < 0) {
      break;
    }
    [given[next], given[median]] = [given[next]! + given[median]!, 0];
  }
  return found;
}

/** Above zero when the first is greater: at the first difference, or because it goes on. */
function greater(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((each, index) => each !== other[index]);
  return at < 0 ? one.length - other.length : one[at]! - (other[at] ?? -Infinity);
}

interface Standing extends Entry {
  readonly place: number;
  readonly score: number;
  readonly supporters: number;
  readonly rounds: number[];
  readonly lot: Bytes;
}

const LINKS = {
  LOWER_COST: (a: Standing, b: Standing) => a.cost_cents - b.cost_cents,
  MORE_SUPPORTERS: (a: Standing, b: Standing) => b.supporters - a.supporters,
  LOT: (a: Standing, b: Standing) => compare(a.lot, b.lot),
  ID: (a: Standing, b: Standing) => compare(utf8(a.reference), utf8(b.reference)),
};

const free = ({ cost_cents, score }: Standing): number => (cost_cents === 0 ? Math.sign(score) : 0);
const times = (one: Standing, other: Standing): bigint => BigInt(one.score) * BigInt(Math.max(1, other.cost_cents));
/** Below zero when the first has more merit (§6). */
const MERITS: { [rule: string]: (a: Standing, b: Standing) => number } = {
  GREEDY: (a, b) => b.score - a.score,
  GREEDY_STOP: (a, b) => b.score - a.score,
  GREEDY_PER_COST: (a, b) => free(b) - free(a) || Number(times(b, a) - times(a, b)),
  MAJORITY_JUDGMENT: (a, b) => greater(b.rounds, a.rounds),
};

export interface Outcome {
  readonly winners: number[];
  readonly spent: number;
  /** Per project, in the order of the list. */
  readonly projects: { rank: number; score: number; reason: string }[];
}

/** Chooses the winners of an area's count under a known rule; `most` is their number, where it is limited, `seed` that of the lot. */
export function choose(count: Count, { rule, tie_break, min_score = {}, around = {} }: Rule, budget: number, most = Infinity, seed?: Bytes): Outcome {
  const { weights = { digital: 1, paper: 1 }, groups, earmark, fund_next_at_basis_points: share } = around;
  ensure(seed !== undefined || !tie_break.includes("LOT"), "TALLY", "LOT_MISSING", "ties are told apart by a lot that was not drawn");
  const standings = count.list.map((entry, place): Standing => {
    const { DIGITAL, PAPER, supporters } = count.scores[place]!;
    const score = total([DIGITAL * weights.digital, PAPER * weights.paper]);
    return { ...entry, place, score, supporters, rounds: rounds(count.grades(place)), lot: sha256(seed ?? utf8(""), utf8(entry.reference)) };
  });
  const chain = [MERITS[rule as string]!, ...tie_break.map((link) => LINKS[link]), LINKS.ID];
  const ranking = [...standings].sort((a, b) => chain.reduce((order, link) => order || link(a, b), 0));

  const [taken, reasons]: [Standing[], string[]] = [[], standings.map(() => "")];
  let left = budget;
  const cost = (all: readonly Standing[]): number => total(all.map((one) => one.cost_cents));
  const group = (one: Standing): Standing[] => taken.filter((other) => other.district === one.district);
  const grouped = (one: Standing): boolean => groups !== undefined && one.district !== undefined;
  const excludes = (one: Standing, other: Standing): boolean => one !== other && one.excludes?.includes(other.project) === true;
  /** Why a project can't be taken now, whatever is left (§8). */
  const barred = (one: Standing): string | undefined => {
    const supported = BigInt(one.supporters) * 10_000n >= BigInt(min_score.SHARE_OF_BALLOTS ?? 0) * BigInt(count.valid);
    const capped = grouped(one) && (group(one).length >= (groups.at_most ?? Infinity) || cost([...group(one), one]) > (groups.at_most_cents ?? Infinity));
    return one.withdrawn ? "WITHDRAWN"
      : !supported || one.score < (min_score.SCORE ?? -Infinity) ? "BELOW_MIN_SCORE"
      : taken.some((other) => excludes(one, other) || excludes(other, one)) ? "EXCLUDED_BY_WINNER"
      : taken.length >= most ? "ENOUGH_WINNERS"
      : capped ? "GROUP_CAP_REACHED" : undefined;
  };
  const pass = (elected: string, considers: (one: Standing) => boolean): void => {
    const last = elected === "ELECTED";
    let misfit = false;
    for (const one of ranking.filter((one) => !taken.includes(one))) {
      if (considers(one)) {
        const price = one.cost_cents;
        const nearly = last && !misfit && share !== undefined && BigInt(left) * 10_000n >= BigInt(price) * BigInt(share);
        const reason: string = barred(one) ?? (last && misfit && rule === "GREEDY_STOP" ? "STOPPED_BEFORE"
          : around.any_cost === true || price <= left ? elected : nearly ? "ELECTED_BEYOND_ENVELOPE" : "COST_EXCEEDS_WHAT_IS_LEFT");
        misfit ||= reason === "COST_EXCEEDS_WHAT_IS_LEFT" || reason === "ELECTED_BEYOND_ENVELOPE";
        reasons[one.place] = reason;
        if (reason.startsWith("ELECTED")) {
          taken.push(one);
          left = Math.max(0, left - price);
        }
      }
    }
  };
  if (groups?.at_least !== undefined) {
    pass("ELECTED_FOR_ITS_GROUP", (one) => grouped(one) && group(one).length < groups.at_least);
  }
  if (earmark !== undefined) {
    const floor = earmark.CENTS ?? Number((BigInt(budget) * BigInt(earmark.BASIS_POINTS) + 9_999n) / 10_000n);
    pass("ELECTED_BY_EARMARK", (one) => one.priority === true && cost(taken.filter((other) => other.priority)) < floor);
  }
  pass("ELECTED", () => true);
  const projects = standings.map((one) => ({ rank: ranking.indexOf(one) + 1, score: one.score, reason: reasons[one.place]! }));
  return { winners: taken.map((one) => one.place), spent: cost(taken), projects };
}
