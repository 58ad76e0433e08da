// Seals the ballots that stand on the standard input with new nonces and seeds, one JSON object per
// line, and writes the voters' files, one per line. The Rust side opens them (crates/seal/tests).

import { createInterface } from "node:readline";
import { sealBallot } from "../dist/ballot.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { paper, choices } = JSON.parse(line);
  const { file, digest } = await sealBallot(paper, choices);
  console.log(JSON.stringify({ file, digest }));
}
