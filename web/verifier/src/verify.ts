// All checks of a bundle in their order, and what is told of them (docs/formats/bundle.md §6).

import { canonical, compare, Refused, STAGES, toHex, Unreadable, utf8, type Json, type Stage } from "./bytes.js";
import { openBundle, type Source } from "./bundle.js";
import { Campaign } from "./campaign.js";
import { Leaves } from "./leaf.js";
import { leafHash, Tree, type Policy } from "./note.js";

export interface Report {
  verdict: "HOLDS" | "BROKEN";
  /** The earliest check that failed, where, and why. */
  stage: Stage | null;
  position: number | null;
  code: string | null;
  message: string | null;
  checks: { check: Stage; result: "HOLDS" | "IN_PART" | "BROKEN" | "NOT_REACHED" }[];
  checked: { [name: string]: Json };
  /** What the ballots give, area by area. */
  areas: { [name: string]: Json }[];
  notes: string[];
}

/** Verifies a bundle. Without a policy of the reader's own the key is not checked, and the report says so. */
export async function verify(source: Source, policy?: Policy, progress: (done: number, all: number) => void = () => {}): Promise<Report> {
  const [tree, campaign, notes]: [Tree, Campaign, string[]] = [new Tree(), new Campaign(), []];
  const found: Refused[] = [];
  const checked: Report["checked"] = { key_checked: policy !== undefined, leaves: 0 };
  const attempt = async (stage: Stage, code: string, position: () => number | null, act: () => unknown): Promise<boolean> => {
    try {
      await act();
      return true;
    } catch (error) {
      if (error instanceof Unreadable) {
        throw error;
      }
      found.push(error instanceof Refused ? error : new Refused(stage, code, String(error), position()));
      return false;
    }
  };
  await attempt("CONTAINER", "BAD_CONTAINER", () => null, async () => {
    const { checkpoint, claims, lines } = await openBundle(source, policy);
    const leaves = new Leaves(checkpoint.origin);
    let lawful = true;
    const whole = await attempt("CONTAINER", "BAD_LINE", () => tree.size, async () => {
      for await (const batch of lines()) {
        for (const line of batch) {
          const position = tree.size;
          tree.push(leafHash(line.leaf));
          lawful &&= await attempt("LAW", "EVENT_MALFORMED", () => position, () => campaign.take(leaves.take(line, position), tree));
        }
        progress(tree.size, checkpoint.size);
      }
    });
    if (whole && (checkpoint.size !== tree.size || compare(checkpoint.root, tree.root()) !== 0)) {
      found.push(new Refused("TREE", "ROOT_MISMATCH", `${tree.size} leaves give the root ${toHex(tree.root())}, the signed one is ${toHex(checkpoint.root)}`));
    }
    if (lawful) {
      await attempt("COMMITMENTS", "VALUE_MISSING", () => null, () => (leaves.end(), campaign.end(checkpoint.origin)));
    }
    if (found.length === 0) {
      await attempt("CLAIMS", "CLAIMS_DIFFER", () => null, () => checkClaims(claims as { [name: string]: Json }, campaign, tree, notes));
    }
    Object.assign(checked, {
      log: checkpoint.origin, campaign: campaign.configuration?.code ?? null, signed_by: checkpoint.signed, root: toHex(tree.root()),
      leaves: tree.size, streams: leaves.streams.size, papers: campaign.papers, disclosed: leaves.disclosed, redacted: leaves.redacted,
      areas: campaign.claims.areas.length, winners: campaign.claims.areas.reduce((sum, { winners }) => sum + (winners as Json[]).length, 0),
    });
  });
  const place = (stage: Stage): number => STAGES.indexOf(stage);
  const [first, ...others] = found.sort((a, b) => place(a.stage) - place(b.stage));
  notes.unshift(...others.map(({ stage, position, message }) => `also: ${stage}${position === null ? "" : `, position ${position}`}: ${message}`));
  if (policy === undefined) {
    notes.push("THE SIGNING KEY WAS NOT CHECKED: the policy comes from the bundle itself; give the one that the city publishes");
  }
  const partly = (check: Stage): boolean => check === "LAW" || check === "CLAIMS" || (check === "TALLY" && campaign.recounted !== true);
  const result = (check: Stage): Report["checks"][number]["result"] => {
    const after = place(check) - (first === undefined ? STAGES.length : place(first.stage));
    return after < 0 ? (partly(check) ? "IN_PART" : "HOLDS") : after === 0 ? "BROKEN" : "NOT_REACHED";
  };
  const { stage = null, position = null, code = null, message = null } = first ?? {};
  const checks = STAGES.map((check) => ({ check, result: result(check) }));
  return { verdict: first === undefined ? "HOLDS" : "BROKEN", stage, position, code, message, checks, checked, areas: campaign.claims.areas, notes };
}

/** Compares what is claimed with what the log gives; the digests of tables are no second program's to compute. */
function checkClaims(claims: { [name: string]: Json }, { claims: own, configuration, recounted }: Campaign, tree: Tree, notes: string[]): void {
  const sorted = (rows: { [name: string]: Json }[], name: string): Json => rows.sort((a, b) => compare(utf8(String(a[name])), utf8(String(b[name]))));
  const expected: { [name: string]: Json } = {
    campaign: configuration?.code ?? null, log: { size: tree.size, root: toHex(tree.root()) }, areas: sorted(own.areas, "area"), projects: sorted(own.projects, "id"),
  };
  if (recounted === false) {
    notes.push("this program does not count under the frozen rule: everything but the choice of winners was checked");
    delete expected["projects"];
  } else if (own.areas.length === 0) {
    notes.push("no result is proclaimed up to there: there was no count to repeat");
  } else if (recounted === undefined) {
    notes.push("the result was recorded as published, without ballots: it can't be counted again");
  }
  for (const [name, value] of Object.entries(expected)) {
    if (canonical(claims[name] ?? null) !== canonical(value)) {
      throw new Refused("CLAIMS", "CLAIMS_DIFFER", `${name} is claimed as ${canonical(claims[name] ?? null).slice(0, 200)} and the log gives ${canonical(value).slice(0, 200)}`);
    }
  }
}
