// The command: what it is asked, what it prints, its exit codes (0 holds, 1 a fault, 2 usage, 3 does not hold).

import { open, readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Refused, Unreadable } from "./bytes.js";
import type { Source } from "./bundle.js";
import { checkReceipt, Policy } from "./note.js";
import { ofUrl } from "./sources.js";
import { verify, type Report } from "./verify.js";

const HELP = `Checks a published campaign, and counts its ballots again, without the programs of the city.

  node cli.js verify BUNDLE_OR_URL [--policy FILE] [--json]
  node cli.js receipt FILE.tlog-proof --leaf FILE --policy FILE [--json]

FILE of --leaf holds the bytes of the leaf. Exit codes: 0 it holds, 1 a fault, 2 usage, 3 it does not hold.
`;

async function ofFile(path: string): Promise<Source> {
  const file = await open(path);
  const read = async (at: number, length: number) => {
    const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, at).catch((error: Error) => {
      throw new Unreadable(`${path}: ${error.message}`);
    });
    return buffer.subarray(0, bytesRead);
  };
  return { size: (await file.stat()).size, read };
}

function told({ verdict, stage, position, code, message, checks, checked, areas, notes }: Report): string {
  const place = position === null ? "" : ` at position ${position}`;
  const lines = [verdict === "HOLDS" ? "HOLDS: every check passed" : `BROKEN: ${stage}${place}: ${code}: ${message}`];
  lines.push(...checks.map(({ check, result }) => `  ${check.padEnd(12)} ${result}`));
  lines.push(...Object.entries(checked).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`));
  lines.push(...areas.map(({ area, counted, invalid, winners }) => `  ${area}: ${counted} ballots count, ${invalid} do not; ${(winners as string[]).join(", ")}`));
  return [...lines, ...notes.map((note) => `  note: ${note}`)].join("\n");
}

function trusted(text: string): Policy {
  try {
    return new Policy(text);
  } catch (error) {
    throw new Error(`--policy: ${(error as Error).message}`);
  }
}

async function main(): Promise<number> {
  const strings = { policy: { type: "string" }, leaf: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean" } } as const;
  let given: ReturnType<typeof parseArgs<{ options: typeof strings; allowPositionals: true }>>;
  try {
    given = parseArgs({ options: strings, allowPositionals: true });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${HELP}`);
    return 2;
  }
  const { values: { policy: file, leaf, json, help }, positionals: [command, path, ...more] } = given;
  const complete = path !== undefined && more.length === 0 && (command === "verify" || (command === "receipt" && leaf !== undefined && file !== undefined));
  if (help === true || !complete) {
    (help === true ? process.stdout : process.stderr).write(HELP);
    return help === true ? 0 : 2;
  }
  const policy = file === undefined ? undefined : trusted(await readFile(file, "utf8"));
  if (command === "receipt") {
    const { origin, size, position } = checkReceipt(await readFile(path, "utf8"), await readFile(leaf!), policy!);
    const proven = { verdict: "HOLDS", origin, size, position };
    console.log(json === true ? JSON.stringify(proven) : `HOLDS: this leaf stands at position ${position} of ${origin}, among ${size}`);
    return 0;
  }
  const report = await verify(/^https?:/.test(path) ? await ofUrl(path) : await ofFile(path), policy);
  console.log(json === true ? JSON.stringify(report) : told(report));
  return report.verdict === "HOLDS" ? 0 : 3;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.exitCode = error instanceof Refused ? 3 : 1;
    console.error(`error ${error instanceof Refused ? error.code : "FAULT"}: ${(error as Error).message}`);
  },
);
