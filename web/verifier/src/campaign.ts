// What a count needs of a campaign's events, and the count itself (docs/formats/count.md).
// Who may do what, and when, is not looked at here: it decides nothing of what ballots add up to.

import { envelopeDigest, keyId, Opener, publicKey } from "./ballots.js";
import { canonical, digestOf, ensure, fromBase64, fromHex, sha256, toHex, utf8, type Bytes, type Members, type Stage } from "./bytes.js";
import type { Event } from "./leaf.js";
import type { Tree } from "./note.js";
import { choose, Count, isKnown, type Entry, type Outcome } from "./tally.js";

/** What others wrote: a value of another form than expected is refused as malformed, with its position. */
type Written = any;
type Bundle = { place: string; area: string; number: number; entries: string[]; agreed?: { commitment: string; papers: number; sheet: Written } };
type Counted = { area: Written; count: Count; budget: number; received: { from: string; cents: number }[]; outcome?: Outcome };

const POINTED = ["CUMULATIVE", "SCORING", "MAJORITY_JUDGMENT"];

export class Campaign {
  configuration: Written;
  /** The claims that follow: none before the proclamation. */
  readonly claims: { areas: Members[]; projects: Members[] } = { areas: [], projects: [] };
  /** Whether the winners were chosen again. */
  recounted: boolean | undefined;
  readonly #lists: { [area: string]: Entry[] } = {};
  #listed: string | undefined;
  readonly #references = new Map<string, string>();
  readonly #cast = new Map<string, { area: string; paper: Written }>();
  readonly #published = new Map<string, { area: string; sealed: Bytes }>();
  readonly #aside = new Set<string>();
  readonly #modes = new Map<string, string>();
  readonly #bundles = new Map<string, Bundle>();
  #ceremony: { log: string; key: string; position: number } | undefined;
  #opener: Opener | undefined;
  #closing: unknown[] = [];
  #lot: Bytes | undefined;

  /** Papers in the box, readable and sealed. */
  get papers(): number {
    return this.#cast.size + this.#published.size;
  }

  /** Follows an event. `tree` holds its leaf already. */
  async take({ data, position, stream, type, version }: Event, tree: Tree): Promise<void> {
    const law = (holds: unknown, code: string, why: string, stage: Stage = "LAW"): void => ensure(holds, stage, code, why, position);
    const id = stream.slice(stream.indexOf("/") + 1);
    const { area, bundle, ...said } = data as Written;
    const voter = canonical([id, area ?? null]);
    const agreed = async (): Promise<void> => {
      const of = this.#bundle(id, area, bundle);
      const commitment = of.entries.pop()!;
      law(of.entries.includes(commitment), "TOO_EARLY", "no two agents have entered the same");
      Object.assign(of, { entries: [], agreed: { commitment, papers: said.papers, sheet: said.sheet } });
      law((await this.#read(of)) !== null, "PAPER_COUNT_INVALID", "the count is not what two agents entered");
    };
    const published = (): void => {
      const fits = said.key === keyId(this.#ceremony!.key) && said.catalogue === this.#catalogue();
      law(fits, "FOREIGN_CATALOGUE", "sealed to another key, or for other ballot lists");
      let before = "";
      for (const sealed of said.ballots.map(fromBase64)) {
        const digest = envelopeDigest(this.#context(area), sealed);
        law(!this.#published.has(digest) && digest > before, "BALLOT_KNOWN", `${digest} was published before, or stands in the wrong place`);
        this.#published.set(digest, { area, sealed });
        before = digest;
      }
    };
    const follow: { [type: string]: () => unknown } = {
      CampaignConfigured: () => (this.configuration = said.configuration),
      ProjectFormed: () => this.#references.set(id, said.formation.reference),
      CatalogueListed: () => ((this.#listed = undefined), (this.#lists[area] ??= []).push(...said.entries)),
      RulesFrozen: () => law(said.rules === this.#frozen() && said.catalogue === this.#catalogue(), "CATALOGUE_MISMATCH", "other rules or ballot lists are frozen"),
      BallotCast: () => this.#cast.set(voter, { area, paper: said.paper }),
      BallotReplaced: () => this.#cast.set(voter, { area, paper: said.paper }),
      BallotCancelled: () => this.#cast.delete(voter),
      UrnKeyDeclared: () => (this.#ceremony = { log: said.log, key: said.ceremony.key, position }),
      BallotsPublished: published,
      BallotsSetAside: () => {
        for (const digest of said.ballots) {
          law(this.#published.has(digest) && !this.#aside.has(digest), "NOT_FOUND", `${digest} was not published, or is set aside already`);
          this.#aside.add(digest);
        }
      },
      RegisterReconciled: () => said.areas.forEach((row: Written) =>
        law(row.digital === this.#counting(row.area).length, "REGISTER_MISMATCH", `${row.area}: other ballots count than voters are in the register`)),
      UrnOpened: () => {
        law(publicKey(said.secret) === this.#ceremony?.key, "WRONG_URN_SECRET", "the secret does not belong to the urn's key");
        this.#opener = new Opener(said.secret);
      },
      PollingPlaceOpened: () => this.#modes.set(id, said.venue.mode),
      PollingPlaceChanged: () => this.#modes.set(id, said.venue.mode),
      EntryMade: () => this.#bundle(id, area, bundle).entries.push(said.commitment),
      RecountRecorded: () => {
        const of = this.#bundle(id, area, bundle);
        return of.agreed?.commitment !== said.commitment && of.entries.push(said.commitment);
      },
      CountAgreed: agreed,
      CountCorrected: agreed,
      BallotBoxClosed: () => {
        law(said.papers === this.papers, "RESULT_MISMATCH", `${this.papers} papers are in the box`, "BALLOTS");
        this.#closing = [tree.size, toHex(tree.root())];
      },
      LotSeedDrawn: () => {
        const closing = version === 1 ? [said.size, said.root] : [said.closed_size, said.closed_root];
        law(canonical(closing) === canonical(this.#closing), "LOT_ROOT_MISMATCH", "the lot names another tree than that at the closing of the box");
        this.#lot = sha256(fromHex(closing[1]), utf8(said.public_value));
      },
      ResultProclaimed: () => this.#proclaimed(said, position),
    };
    await (Object.hasOwn(follow, type) && follow[type]!());
  }

  /** At the end: ballots are sealed for the log in which they stand. */
  end(origin: string): void {
    const { log = origin, position = null } = this.#ceremony ?? {};
    ensure(log === origin, "LAW", "URN_OF_OTHER_LOG", `the urn's key is declared for the log ${log}`, position);
  }

  #catalogue(): string {
    return (this.#listed ??= digestOf(this.#lists));
  }

  #frozen(): string {
    const { areas, rules } = this.configuration;
    const fixed = areas.map(({ id, kind, envelope_cents, ballot }: Written) => [id, kind, envelope_cents, ballot]);
    const populations = areas.map((area: Written) => area.population ?? null);
    return digestOf([rules, fixed, ...(rules.tally.around?.leftovers === "HIGHEST_TURNOUT" ? [populations] : [])]);
  }

  #context(area: string): string {
    const { log, key } = this.#ceremony!;
    return canonical({ area, catalogue: this.#catalogue(), key: keyId(key), log });
  }

  #counting(area: string): Bytes[] {
    return [...this.#published].filter(([digest, ballot]) => ballot.area === area && !this.#aside.has(digest)).map(([, { sealed }]) => sealed);
  }

  #bundle(place: string, area: string, number: number): Bundle {
    const key = canonical([place, area, number]);
    return this.#bundles.get(key) ?? this.#bundles.set(key, { place, area, number, entries: [] }).get(key)!;
  }

  /** What was read in a bundle: nothing while it is sealed, null when it is not what two agents entered. */
  async #read({ place, area, number, agreed }: Bundle): Promise<Written> {
    const { commitment, papers, sheet } = agreed!;
    if (sheet.OPEN === undefined && this.#opener === undefined) {
      return undefined;
    }
    try {
      const opened = sheet.OPEN ?? JSON.parse(await this.#opener!.text("count", this.#context(area), fromBase64(sheet.SEALED.sealed)));
      const { count, salt } = opened;
      const bound = toHex(sha256(utf8("parvis.paper-count/v1\n"), fromHex(salt), utf8(canonical([place, area, number, count]))));
      const all = Object.values(count.void ?? {}).reduce((sum: number, each) => sum + Number(each), count.valid + count.blank);
      return bound === commitment && all === papers ? count : null;
    } catch {
      return null;
    }
  }

  /** Adds up what was collected, area by area in the order of the configuration. */
  async #add(position: number): Promise<Counted[]> {
    const { areas, provenance } = this.configuration;
    const counted: Counted[] = areas.map((area: Written) => (
      { area, count: new Count(area.ballot, this.#lists[area.id] ?? [], provenance === "IMPORTED"), budget: area.envelope_cents, received: [] }));
    const of = (area: string): Count => counted.find((one) => one.area.id === area)!.count;
    for (const { area, paper } of this.#cast.values()) {
      const choices = [...paper.choices, ...(paper.unknown ?? []).map(() => -1)];
      of(area).add({ choices, points: POINTED.includes(of(area).type.type) ? paper.points : undefined }, paper.channel);
    }
    for (const { area, count } of counted) {
      for (const sealed of this.#opener === undefined ? [] : this.#counting(area.id)) {
        await this.#opener!.ballot(this.#context(area.id), sealed).then((paper) => count.add(paper, "DIGITAL"), () => (count.unreadable += 1));
      }
    }
    for (const bundle of [...this.#bundles.values()].filter(({ agreed }) => agreed !== undefined)) {
      const read = await this.#read(bundle);
      ensure(read, "LAW", "PAPER_COUNT_INVALID", `a count of ${bundle.place} is not what two agents entered`, position);
      of(bundle.area).addPapers(read, this.#modes.get(bundle.place) === "CARD_BY_CARD");
    }
    return counted;
  }

  /** Hands on what districts leave, and counts the receiver anew. */
  #handOn(counted: Counted[], count: (one: Counted) => void): void {
    const leftovers = this.configuration.rules.tally.around?.leftovers;
    const districts = counted.filter(({ area }) => area.kind === "DISTRICT");
    // Compared as fractions, so that nothing is rounded; of several the first.
    const turnout = (one: Counted, other: Counted): bigint => BigInt(one.count.valid + one.count.invalid) * BigInt(other.area.population);
    const receiver = leftovers === "CITY" ? counted.find(({ area }) => area.kind === "WHOLE_CITY")
      : leftovers === "HIGHEST_TURNOUT" ? districts.reduce((highest, one) => (turnout(one, highest) > turnout(highest, one) ? one : highest)) : undefined;
    const left = districts.map((one) => ({ from: one.area.id as string, cents: one.budget - one.outcome!.spent }));
    const flows = left.filter(({ from, cents }) => cents > 0 && from !== receiver?.area.id);
    if (receiver !== undefined && flows.length > 0) {
      receiver.received = flows;
      receiver.budget += flows.reduce((sum, { cents }) => sum + cents, 0);
      count(receiver);
    }
  }

  async #proclaimed({ basis, areas: said }: Written, position: number): Promise<void> {
    const { areas, rules: { tally } } = this.configuration;
    const claim = ({ area, counted, spent_cents, winners }: Written, invalid: number): void => {
      const budget_cents = areas.find((one: Written) => one.id === area).envelope_cents;
      this.claims.areas.push({ area, basis, budget_cents, counted, invalid, spent_cents, winners });
    };
    if (basis === "RECORDED") {
      const none = { elected: true, rank: null, reason: null, score: null, digital: null, paper: null, supporters: null };
      const recorded = (id: string): Members => ({ id, reference: this.#references.get(id) ?? null, ...none });
      said.forEach((area: Written) => (claim(area, 0), this.claims.projects.push(...area.winners.map(recorded))));
      return;
    }
    const counted = await this.#add(position);
    const count = (one: Counted): void => {
      one.outcome = choose(one.count, tally, one.budget, tally.around?.winners_in?.[one.area.id] ?? tally.around?.winners, this.#lot);
    };
    this.recounted = isKnown(tally);
    if (this.recounted) {
      counted.forEach(count);
      this.#handOn(counted, count);
    }
    ensure(said.length === counted.length, "TALLY", "RESULT_MISMATCH", "another number of areas is proclaimed", position);
    for (const [at, { area: { id: area }, count, outcome, received }] of counted.entries()) {
      const chosen = outcome && { winners: outcome.winners.map((place) => count.list[place]!.project), spent_cents: outcome.spent };
      const invalid = count.invalid + count.unreadable;
      // What was not chosen again is taken as it is said.
      const own = { ...chosen, ...(received.length > 0 && { received }), area, counted: count.valid, invalid: invalid + count.void };
      const result = outcome === undefined ? { ...said[at], ...own } : own;
      ensure(canonical(result) === canonical(said[at]), "TALLY", "RESULT_MISMATCH", `the ballots give ${canonical(result)}`, position);
      claim(result, invalid);
      this.claims.projects.push(...(outcome?.projects ?? []).map((decided, place): Members => {
        const [{ project: id, reference }, { DIGITAL: digital, PAPER: paper, supporters }] = [count.list[place]!, count.scores[place]!];
        return { ...decided, id, reference, elected: decided.reason.startsWith("ELECTED"), digital, paper, supporters };
      }));
    }
  }
}
