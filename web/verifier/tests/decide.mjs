// Decides elections, one a line on the standard input, and says how many came out as the line says.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { choose, Count, fromHex } from "../dist/verifier.js";

let alike = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { type, list, ballots, kept, rule, budget, winners, seed, outcome } = JSON.parse(line);
  const count = new Count(type, list, kept);
  ballots.forEach(({ channel, ...paper }) => count.add(paper, channel));
  const { winners: chosen, spent, projects } = choose(count, rule, budget, winners ?? undefined, fromHex(seed));
  const told = projects.map((project, place) => {
    const { DIGITAL: digital, PAPER: paper, supporters } = count.scores[place];
    return { ...project, digital, paper, supporters };
  });
  assert.deepEqual({ winners: chosen, spent, counted: count.valid, invalid: count.invalid, projects: told }, outcome, line);
  alike += 1;
}
console.log(alike);
