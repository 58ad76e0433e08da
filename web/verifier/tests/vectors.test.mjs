// The verifier against the published vectors: docs/formats/vectors.json, ballot-vectors.json.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { ed25519 } from "@noble/curves/ed25519.js";
import * as parvis from "../dist/verifier.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../../../docs/formats/${name}`, import.meta.url)));
const vectors = read("vectors.json");
const ballots = read("ballot-vectors.json");
const code = (expected) => (error) => error instanceof parvis.Refused && error.code === expected;
const said = (expected) => (error) => error.message === expected;
const line = ({ leaf, disclosed }) => ({ leaf: parvis.utf8(leaf), disclosed: parvis.utf8(disclosed) });
const origin = "ville.example/2026";
const policy = new parvis.Policy(vectors.policy);

test("canonical JSON has one spelling", () => {
  assert.ok(vectors.canonical.accepted.length > 10 && vectors.canonical.refused.length > 15);
  vectors.canonical.accepted.forEach((text) => assert.equal(parvis.canonical(parvis.parse(text)), text));
  vectors.canonical.refused.forEach((text) => assert.throws(() => parvis.parse(text), undefined, text));
  const deep = (depth) => "[".repeat(depth) + "]".repeat(depth);
  parvis.parse(deep(64));
  for (const text of [deep(65), deep(100_000), '"\\ud800"', '{"__proto__":1,"__proto__":1}', "tru", "1e400"]) {
    assert.throws(() => parvis.parse(text), undefined, text.slice(0, 20));
  }
});

test("leaves, commitments and the tree", () => {
  const [leaves, tree] = [new parvis.Leaves(origin), new parvis.Tree()];
  assert.equal(parvis.toHex(tree.root()), vectors.tree.roots[0]);
  vectors.leaves.forEach((vector, position) => {
    const event = leaves.take(line(vector), position);
    assert.equal(event.position, position);
    const hash = parvis.leafHash(parvis.utf8(vector.leaf));
    assert.equal(parvis.toHex(hash), vector.leaf_hash);
    tree.push(hash);
    assert.equal(parvis.toHex(tree.root()), vectors.tree.roots[position + 1]);
  });
  leaves.end();
  assert.equal(leaves.disclosed, 2);
  assert.equal(JSON.parse(vectors.leaves[1].leaf).hidden[vectors.commitment.path], vectors.commitment.commitment);
});

test("leaves that are changed are refused for what is wrong with them", () => {
  const [first, second] = vectors.leaves;
  const take = (vector, position = 0) => new parvis.Leaves(origin).take(line(vector), position);
  const changed = (vector, from, to) => ({ ...vector, leaf: vector.leaf.replace(from, to) });
  for (const [vector, position, expected] of [
    [changed(first, '"position":0', '"position":1'), 0, "POSITION_GAP"],
    [changed(first, '"sequence":1', '"sequence":2'), 0, "SEQUENCE_GAP"],
    [changed(first, origin, "ville.example/2027"), 0, "LOG_FOREIGN"],
    [changed(first, '"hidden":{}', '"hidden":{"/date/x":"00"}'), 0, "LEAF_MALFORMED"],
    [changed(first, '"at":"2026-03-01T09', '"at":"2026-03-01T24'), 0, "LEAF_MALFORMED"],
    [changed(first, '"version":1', '"version":4294967296'), 0, "LEAF_MALFORMED"],
    [changed(first, '"version":1', '"version":1,"x":1'), 0, "LEAF_MALFORMED"],
    [changed(first, '"edition":2026', '"$hidden":2026'), 0, "LEAF_MALFORMED"],
    [changed(first, '{"actor"', '{ "actor"'), 0, "NOT_CANONICAL"],
    [{ ...first, disclosed: second.disclosed }, 0, "NOT_COMMITTED"],
    [{ ...second, disclosed: second.disclosed.replace("banc", "bang") }, 1, "COMMITMENT_MISMATCH"],
    [{ ...second, disclosed: "[]" }, 1, "LEAF_MALFORMED"],
  ]) {
    assert.throws(() => take(vector, position), code(expected), expected);
  }
});

test("checkpoints, policies and receipts", () => {
  const { size, root } = policy.check(vectors.checkpoint);
  assert.deepEqual([size, parvis.toHex(root)], [3, vectors.tree.roots[3]]);
  const leaf = parvis.utf8(vectors.leaves[1].leaf);
  assert.equal(parvis.checkReceipt(vectors.receipt_of_1, leaf, policy).position, 1);
  assert.throws(() => parvis.checkReceipt(vectors.receipt_of_1, parvis.utf8(vectors.leaves[0].leaf), policy), code("PROOF_INVALID"));
  for (let at = 0; at < vectors.receipt_of_1.length; at++) {
    const other = vectors.receipt_of_1[at] === "A" ? "B" : "A";
    const changed = vectors.receipt_of_1.slice(0, at) + other + vectors.receipt_of_1.slice(at + 1);
    assert.throws(() => parvis.checkReceipt(changed, leaf, policy), parvis.Refused, `character ${at}`);
  }
  const key = vectors.key.verifier;
  // A point of small order, with the id that belongs to it.
  const point = Buffer.concat([Buffer.of(1), Buffer.alloc(32)]);
  const id = createHash("sha256").update(`${origin}\n`).update(point).digest("hex").slice(0, 8);
  const small = `${origin}+${id}+${point.toString("base64")}`;
  for (const text of ["", `log ${key}`, `log ${key}\nlog ${key}\nquorum none`, `log ${key}\nquorum a`, `log ${small}\nquorum none`,
    `log ${key}\nquorum none\nquorum none`, `witness w ${key}\nquorum w`, `log ${key}\ngroup g 1 w\nquorum g`, `log ${key} x y\nquorum none`]) {
    assert.throws(() => new parvis.Policy(text), code("BAD_POLICY"), text);
  }
});

test("a quorum of witnesses has cosigned, each counted once", () => {
  const text = vectors.checkpoint.slice(0, vectors.checkpoint.indexOf("\n\n") + 1);
  const witnesses = [1, 2, 3].map((seed) => {
    const [secret, name] = [Buffer.alloc(32, seed), `witness-${seed}`];
    const key = Buffer.concat([Buffer.of(4), ed25519.getPublicKey(secret)]);
    const id = createHash("sha256").update(`${name}\n`).update(key).digest().subarray(0, 4);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(1_790_000_000n);
    const signature = ed25519.sign(Buffer.from(`cosignature/v1\ntime 1790000000\n${text}`), secret);
    const line = (bytes) => `\u2014 ${name} ${Buffer.concat([id, time, bytes]).toString("base64")}\n`;
    return { name, verifier: `${name}+${id.toString("hex")}+${key.toString("base64")}`, line: line(signature), forged: line(signature.slice().reverse()) };
  });
  const listed = witnesses.map(({ name, verifier }) => `witness ${name} ${verifier}\n`).join("");
  const strict = new parvis.Policy(`log ${vectors.key.verifier}\n${listed}group all-of-them 2 witness-1 witness-2 witness-3\nquorum all-of-them\n`);
  const [one, two, three] = witnesses;
  assert.deepEqual(strict.check(vectors.checkpoint + one.line + three.line).signed, [origin, "witness-1", "witness-3"]);
  for (const lines of ["", one.line, two.line + two.line]) {
    assert.throws(() => strict.check(vectors.checkpoint + lines), code("NO_QUORUM"));
  }
  assert.throws(() => strict.check(vectors.checkpoint + one.line + two.line + three.forged), code("BAD_SIGNATURE"));
  assert.throws(() => strict.check(`${text}\n${one.line}${two.line}`), code("NOT_SIGNED"));
});

test("the bundles of the vectors are read", async () => {
  for (const [name, leaves] of [["bundle_without_events", 0], ["bundle_of_3", 3]]) {
    const report = await parvis.verify(parvis.ofBlob(new Blob([parvis.fromBase64(vectors[name])])), policy);
    // Container, signatures, tree and leaves hold; their claims are of no campaign.
    assert.deepEqual([report.stage, report.code, report.checked.leaves], ["CLAIMS", "CLAIMS_DIFFER", leaves], JSON.stringify(report));
  }
});

test("envelopes are opened, known by their digest, and judged as the text says", async () => {
  const { urn, context, sealed, unopened, sheet, validation, projects } = ballots;
  const opener = new parvis.Opener(urn.secret);
  assert.deepEqual([parvis.keyId(urn.key), parvis.publicKey(urn.secret)], [urn.id, urn.key]);
  const at = (area) => parvis.canonical({ area, catalogue: context.catalogue, key: urn.id, log: context.log });
  assert.equal(at(context.area), context.text);
  assert.ok(sealed.length === 8 && unopened.length === 5 && validation.length > 20);
  for (const { ballot, digest, sealed: envelope } of sealed) {
    const bytes = parvis.fromBase64(envelope);
    assert.equal(parvis.envelopeDigest(context.text, bytes), digest);
    const { choices, points } = await opener.ballot(context.text, bytes);
    assert.deepEqual([choices, points], [ballot.choices, ballot.points]);
  }
  for (const { area, sealed: envelope, unopened: expected, what } of unopened) {
    const opened = opener.ballot(at(area), parvis.fromBase64(envelope));
    await (expected === null ? opened : assert.rejects(opened, said(expected), what));
  }
  await assert.rejects(opener.ballot(context.text, new Uint8Array(47)), said("WRONG_LENGTH"));
  assert.equal(await opener.text("count", context.text, parvis.fromBase64(sheet.sealed)), sheet.text);
  const costs = new Map(projects.map(({ number, cost_cents }) => [number, cost_cents]));
  for (const { ballot_type, choices, points, invalid } of validation) {
    assert.equal(parvis.invalid({ choices, points: points ?? undefined }, ballot_type, costs), invalid, JSON.stringify({ ballot_type, choices, points }));
  }
  const { verifier, note, receipt } = ballots.receipt;
  const promise = parvis.openNote(note, new parvis.Policy(`log ${verifier}\nquorum none`).logs);
  assert.deepEqual(parvis.parse(promise.text.slice(0, -1)), receipt);
});

test("every one of 400 changed bytes of a bundle is found", async () => {
  const bundle = parvis.fromBase64(vectors.bundle_of_3);
  let random = 1;
  for (let time = 0; time < 400; time++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    const changed = bundle.slice();
    changed[random % changed.length] ^= 1 << (random >>> 28) % 8;
    const report = await parvis.verify(parvis.ofBlob(new Blob([changed])), policy);
    assert.ok(["CONTAINER", "SIGNATURES"].includes(report.stage), `byte ${random % changed.length}: ${JSON.stringify(report)}`);
  }
  for (const length of [0, 21, 100, bundle.length - 1]) {
    assert.equal((await parvis.verify(parvis.ofBlob(new Blob([bundle.slice(0, length)])), policy)).stage, "CONTAINER");
  }
  assert.equal((await parvis.verify(parvis.ofBlob(new Blob([bundle, "x"])), policy)).stage, "CONTAINER");
});

test("the command says by its exit code what it found", () => {
  const folder = mkdtempSync(join(tmpdir(), "parvis-verify-"));
  const file = (name, content) => (writeFileSync(join(folder, name), content), join(folder, name));
  const [trusted, proof] = [file("policy", vectors.policy), file("leaf.tlog-proof", vectors.receipt_of_1)];
  const [leaf, other] = [1, 0].map((at) => file(`leaf-${at}`, vectors.leaves[at].leaf));
  const bundle = file("town.parvis", parvis.fromBase64(vectors.bundle_of_3));
  const run = (...given) => spawnSync(process.execPath, [fileURLToPath(new URL("../dist/cli.js", import.meta.url)), ...given], { encoding: "utf8" });
  for (const [code, ...given] of [
    [2], [2, "verify"], [2, "receipt", proof], [2, "verify", bundle, "--rule", "x"], [2, "count", bundle], [0, "--help"],
    [0, "receipt", proof, "--leaf", leaf, "--policy", trusted], [3, "receipt", proof, "--leaf", other, "--policy", trusted],
    [1, "verify", join(folder, "missing")], [1, "verify", bundle, "--policy", join(folder, "missing")], [1, "verify", bundle, "--policy", leaf],
    [3, "verify", bundle, "--policy", trusted], [3, "verify", leaf],
  ]) {
    const { status, stdout, stderr } = run(...given);
    assert.equal(status, code, `${given.join(" ")}: ${stdout}${stderr}`);
    assert.ok(code === 0 || stderr !== "" || stdout.startsWith("BROKEN"), "it says why");
  }
  const said = run("verify", bundle, "--policy", trusted).stdout;
  assert.match(said, /^BROKEN: CLAIMS: CLAIMS_DIFFER: .*\n(.*\n)*  TREE +HOLDS\n/);
  rmSync(folder, { recursive: true });
});

test("the worker is small enough to be loaded by a page", () => {
  const packed = gzipSync(readFileSync(new URL("../dist/worker.js", import.meta.url)), { level: 9 });
  assert.ok(packed.length < 60_000, `${packed.length} bytes`);
});
