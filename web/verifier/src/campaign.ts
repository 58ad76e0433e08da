// What a count needs of a campaign's events, and the count itself (docs/formats/count.md).
// Who may do what, and when, is not looked at here: it decides nothing of what ballots add up to.

import { envelopeDigest, keyId, Opener, publicKey, type BallotType, type Paper } from "./ballots.js";
import { canonical, digestOf, ensure, fromBase64, fromHex, sha256, toHex, utf8, type Bytes, type Json, type Stage } from "./bytes.js";
import type { Event } from "./leaf.js";
import type { Tree } from "./note.js";
import { choose, Count, isKnown, lotSeed, type Channel, type Entry, type Outcome, type PaperCount, type Rule } from "./tally.js";

interface Area {
  readonly id: string;
  readonly kind: "WHOLE_CITY" | "DISTRICT" | "SCHOOL";
  readonly envelope_cents: number;
  readonly population?: number;
  readonly ballot: BallotType;
}

interface Configuration {
  readonly code: string;
  readonly provenance: "NATIVE" | "IMPORTED";
  readonly areas: readonly Area[];
  readonly rules: { readonly ballot_box: "OPEN" | "SEALED"; readonly tally: Rule };
}

interface Bundle {
  readonly place: string;
  readonly area: string;
  readonly number: number;
  entries: string[];
  agreed?: { readonly commitment: string; readonly papers: number; readonly sheet: Sheet };
}

type Sheet = { readonly OPEN?: { readonly count: PaperCount; readonly salt: string }; readonly SEALED?: { readonly sealed: string } };
type Cast = Paper & { readonly channel: Channel; readonly unknown?: readonly string[] };

/** What the events say that a count needs. */
interface Data {
  readonly area: string;
  readonly areas: Result[];
  readonly ballots: readonly string[];
  readonly basis: string;
  readonly bundle: number;
  readonly catalogue: string;
  readonly ceremony: { readonly key: string };
  readonly closed_root: string;
  readonly closed_size: number;
  readonly commitment: string;
  readonly configuration: Configuration;
  readonly entries: readonly Entry[];
  readonly formation: { readonly reference: string };
  readonly key: string;
  readonly log: string;
  readonly paper: Cast;
  readonly papers: number;
  readonly public_value: string;
  readonly root: string;
  readonly rules: string;
  readonly secret: string;
  readonly sheet: Sheet;
  readonly size: number;
  readonly venue: { readonly mode: string };
}

/** The result of an area, and what is claimed of its projects. */
interface Result {
  readonly area: string;
  readonly winners: readonly string[];
  readonly spent_cents: number;
  readonly counted: number;
  readonly invalid: number;
  readonly received?: readonly { readonly from: string; readonly cents: number }[];
  /** In the register of an urn. */
  readonly digital?: number;
}

interface Counted {
  readonly area: Area;
  readonly count: Count;
  /** The envelope, with what it received. */
  budget: number;
  received: { from: string; cents: number }[];
  outcome?: Outcome;
}

const papersIn = ({ valid, blank, void: none = {} }: PaperCount): number => Object.values(none).reduce((sum, each) => sum + each, valid + blank);
const POINTED = ["CUMULATIVE", "SCORING", "MAJORITY_JUDGMENT"];

export class Campaign {
  configuration: Configuration | undefined;
  /** Papers in the box, readable and sealed. */
  papers = 0;
  /** The claims that follow: none before the proclamation. */
  claims: { areas: { [name: string]: Json }[]; projects: { [name: string]: Json }[] } = { areas: [], projects: [] };
  /** Whether the winners were chosen again. */
  recounted: boolean | undefined;
  readonly #lists: { [area: string]: Entry[] } = {};
  #listed: string | undefined;
  readonly #references = new Map<string, string>();
  readonly #cast = new Map<string, { area: string; paper: Cast }>();
  readonly #published = new Map<string, { area: string; sealed: Bytes }>();
  readonly #aside = new Set<string>();
  readonly #modes = new Map<string, string>();
  readonly #bundles = new Map<string, Bundle>();
  #ceremony: { log: string; key: string; position: number } | undefined;
  #opener: Opener | undefined;
  #closing: { closed_size: number; closed_root: string } | undefined;
  #lot: Bytes | undefined;

  /** Follows an event. `tree` holds its leaf already. */
  async take(event: Event, tree: Tree): Promise<void> {
    const { position, stream, type, version } = event;
    const data = event.data as unknown as Data;
    const { area, ballots, bundle, ceremony, commitment, paper, secret, sheet } = data;
    const law: (holds: unknown, code: string, why: string, stage?: Stage) => asserts holds = (holds, code, why, stage = "LAW") => ensure(holds, stage, code, why, position);
    const id = stream.slice(stream.indexOf("/") + 1);
    switch (type) {
      case "CampaignConfigured":
        this.configuration = data.configuration;
        return;
      case "ProjectFormed":
        this.#references.set(id, data.formation.reference);
        return;
      case "CatalogueListed":
        this.#listed = undefined;
        (this.#lists[area] ??= []).push(...data.entries);
        return;
      case "RulesFrozen":
        law(data.rules === this.#frozen() && data.catalogue === this.#catalogue(), "CATALOGUE_MISMATCH", "rules or ballot lists are not those that were frozen");
        return;
      case "BallotCast":
      case "BallotReplaced":
        this.#cast.set(`${id} ${area}`, { area, paper });
        return;
      case "BallotCancelled":
        this.#cast.delete(`${id} ${area}`);
        return;
      case "UrnKeyDeclared":
        this.#ceremony = { log: data.log, key: ceremony.key, position };
        return;
      case "BallotsPublished": {
        const fits = data.key === keyId(this.#ceremony!.key) && data.catalogue === this.#catalogue();
        law(fits, "FOREIGN_CATALOGUE", "sealed to another key, or for other ballot lists");
        let before = "";
        for (const sealed of ballots.map(fromBase64)) {
          const digest = envelopeDigest(this.#context(area), sealed);
          law(!this.#published.has(digest), "BALLOT_KNOWN", `the ballot ${digest} was published before`);
          law(digest > before, "BATCH_UNSORTED", "the ballots of a batch ascend by digest");
          this.#published.set(digest, { area, sealed });
          before = digest;
        }
        return;
      }
      case "BallotsSetAside":
        for (const digest of ballots) {
          law(this.#published.has(digest) && !this.#aside.has(digest), "NOT_FOUND", `${digest} was not published, or is set aside already`);
          this.#aside.add(digest);
        }
        return;
      case "RegisterReconciled":
        for (const row of data.areas) {
          law(row.digital === this.#counting(row.area).length, "REGISTER_MISMATCH", `${row.area}: other ballots count than voters are in the register`);
        }
        return;
      case "UrnOpened":
        law(publicKey(secret) === this.#ceremony?.key, "WRONG_URN_SECRET", "the secret does not belong to the urn's key");
        this.#opener = new Opener(secret);
        return;
      case "PollingPlaceOpened":
      case "PollingPlaceChanged":
        this.#modes.set(id, data.venue.mode);
        return;
      case "EntryMade":
      case "RecountRecorded": {
        const of = this.#bundle(id, area, bundle);
        if (type === "EntryMade" || of.agreed?.commitment !== commitment) {
          of.entries.push(commitment);
        }
        return;
      }
      case "CountAgreed":
      case "CountCorrected": {
        const of = this.#bundle(id, area, bundle);
        const last = of.entries.pop();
        law(last !== undefined && of.entries.includes(last), "TOO_EARLY", "no two agents have entered the same");
        of.agreed = { commitment: last, papers: data.papers, sheet };
        of.entries = [];
        law((await this.#read(of)) !== null, "PAPER_COUNT_INVALID", "the count is not what two agents entered");
        return;
      }
      case "BallotBoxClosed":
        this.papers = this.#cast.size + this.#published.size;
        law(data.papers === this.papers, "RESULT_MISMATCH", `${this.papers} papers are in the box`, "BALLOTS");
        this.#closing = { closed_size: tree.size, closed_root: toHex(tree.root()) };
        return;
      case "LotSeedDrawn": {
        const [size, root] = version === 1 ? [data.size, data.root] : [data.closed_size, data.closed_root];
        const same = size === this.#closing?.closed_size && root === this.#closing?.closed_root;
        law(same, "LOT_ROOT_MISMATCH", "the lot names another tree than that at the closing of the box");
        this.#lot = lotSeed(fromHex(root), data.public_value);
        return;
      }
      case "ResultProclaimed":
        await this.#proclaimed(data, position);
    }
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
    const { areas, rules } = this.configuration!;
    const fixed = areas.map(({ id, kind, envelope_cents, ballot }) => [id, kind, envelope_cents, ballot]);
    const byTurnout = rules.tally.around?.leftovers === "HIGHEST_TURNOUT";
    return digestOf(byTurnout ? [rules, fixed, areas.map((area) => area.population ?? null)] : [rules, fixed]);
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
    const known = this.#bundles.get(key) ?? { place, area, number, entries: [] };
    this.#bundles.set(key, known);
    return known;
  }

  /** What was read in a bundle: nothing while it is sealed, null when it is not what two agents entered. */
  async #read({ place, area, number, agreed }: Bundle): Promise<PaperCount | null | undefined> {
    const { commitment, papers, sheet } = agreed!;
    if (sheet.SEALED !== undefined && this.#opener === undefined) {
      return undefined;
    }
    try {
      const text = () => this.#opener!.text("count", this.#context(area), fromBase64(sheet.SEALED!.sealed));
      const { count, salt } = sheet.OPEN ?? (JSON.parse(await text()) as { count: PaperCount; salt: string });
      const of = utf8(canonical([place, area, number, count]));
      const bound = toHex(sha256(utf8("parvis.paper-count/v1\n"), fromHex(salt), of)) === commitment;
      return bound && papersIn(count) === papers ? count : null;
    } catch {
      return null;
    }
  }

  /** Adds up what was collected, area by area in the order of the configuration. */
  async #add(position: number): Promise<Counted[]> {
    const { areas, provenance } = this.configuration!;
    const counts = new Map(areas.map((area) => [area.id, new Count(area.ballot, this.#lists[area.id] ?? [], provenance === "IMPORTED")]));
    for (const { area, paper } of this.#cast.values()) {
      const [count, choices] = [counts.get(area)!, [...paper.choices, ...(paper.unknown ?? []).map(() => -1)]];
      count.add({ choices, points: POINTED.includes(count.type.type) ? paper.points : undefined }, paper.channel);
    }
    for (const [area, count] of counts) {
      for (const sealed of this.#opener === undefined ? [] : this.#counting(area)) {
        const paper = await this.#opener!.ballot(this.#context(area), sealed).catch(() => undefined);
        if (paper === undefined) {
          count.unreadable += 1;
        } else {
          count.add(paper, "DIGITAL");
        }
      }
    }
    for (const bundle of [...this.#bundles.values()].filter(({ agreed }) => agreed !== undefined)) {
      const read = await this.#read(bundle);
      ensure(read, "LAW", "PAPER_COUNT_INVALID", `a count of ${bundle.place} is not what two agents entered`, position);
      counts.get(bundle.area)!.addPapers(read, this.#modes.get(bundle.place) === "CARD_BY_CARD");
    }
    return areas.map((area) => ({ area, count: counts.get(area.id)!, budget: area.envelope_cents, received: [] }));
  }

  /** Hands on what districts leave, and counts the receiver anew. */
  #handOn(counted: Counted[], count: (one: Counted) => void): void {
    const { leftovers } = this.configuration!.rules.tally.around ?? {};
    const districts = counted.filter(({ area }) => area.kind === "DISTRICT");
    // Compared as fractions, so that nothing is rounded; of several the first.
    const turnout = (one: Counted, other: Counted): bigint => BigInt(one.count.valid + one.count.invalid) * BigInt(other.area.population!);
    const receiver = leftovers === "CITY" ? counted.find(({ area }) => area.kind === "WHOLE_CITY")
      : leftovers === "HIGHEST_TURNOUT" ? districts.reduce((highest, one) => (turnout(one, highest) > turnout(highest, one) ? one : highest))
      : undefined;
    const left = districts.map((one) => ({ from: one.area.id, cents: one.budget - one.outcome!.spent }));
    const flows = left.filter(({ from, cents }) => cents > 0 && from !== receiver?.area.id);
    if (receiver !== undefined && flows.length > 0) {
      receiver.received = flows;
      receiver.budget += flows.reduce((sum, { cents }) => sum + cents, 0);
      count(receiver);
    }
  }

  async #proclaimed({ basis, areas }: Data, position: number): Promise<void> {
    const { rules } = this.configuration!;
    const claim = ({ area, counted, spent_cents, winners }: Result, invalid: number): void => {
      const { envelope_cents: budget_cents } = this.configuration!.areas.find(({ id }) => id === area)!;
      this.claims.areas.push({ area, basis, budget_cents, counted, invalid, spent_cents, winners: [...winners] });
    };
    if (basis === "RECORDED") {
      const none = { rank: null, reason: null, score: null, digital: null, paper: null, supporters: null };
      for (const area of areas) {
        claim(area, 0);
        this.claims.projects.push(...area.winners.map((id) => ({ id, reference: this.#references.get(id) ?? null, elected: true, ...none })));
      }
      return;
    }
    const counted = await this.#add(position);
    this.recounted = isKnown(rules.tally);
    const around = rules.tally.around ?? {};
    const count = (one: Counted): void => {
      one.outcome = choose(one.count, rules.tally, one.budget, around.winners_in?.[one.area.id] ?? around.winners, this.#lot);
    };
    if (this.recounted) {
      counted.forEach(count);
      this.#handOn(counted, count);
    }
    for (const [at, { area, count, outcome, received }] of counted.entries()) {
      const { winners, spent_cents, received: said } = areas[at]!;
      const chosen = outcome === undefined ? { winners, spent_cents, ...(said && { received: said }) }
        : { winners: outcome.winners.map((place) => count.list[place]!.project), spent_cents: outcome.spent, ...(received.length > 0 && { received }) };
      const invalid = count.invalid + count.unreadable;
      const result = { area: area.id, counted: count.valid, invalid: invalid + count.void, ...chosen };
      ensure(canonical(result) === canonical(areas[at]), "TALLY", "RESULT_MISMATCH", `${area.id}: the ballots give ${canonical(result)}`, position);
      claim(result, invalid);
      this.claims.projects.push(...(outcome?.projects ?? []).map(({ rank, reason, score }, place) => {
        const [{ project: id, reference }, { DIGITAL: digital, PAPER: paper, supporters }] = [count.list[place]!, count.scores[place]!];
        return { id, reference, elected: reason.startsWith("ELECTED"), rank, reason, score, digital, paper, supporters };
      }));
    }
    ensure(areas.length === counted.length, "TALLY", "RESULT_MISMATCH", "another number of areas is proclaimed", position);
  }
}
