// The library against the published vectors: docs/formats/ballot-vectors.json.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as parvis from "../dist/ballot.js";

const vectors = JSON.parse(readFileSync(new URL("../../../docs/formats/ballot-vectors.json", import.meta.url)));
const { urn, context, projects } = vectors;
const numbers = projects.map(({ number }) => number);
const at = (area) => ({ log: context.log, area, catalogue: context.catalogue, urn: urn.key });
const here = at(context.area);
const paper = (ballot_type) => ({ ...vectors.paper, ballot_type });
const code = (expected) => (error) => error instanceof parvis.Refused && error.code === expected;

test("keys and contexts have the same names", async () => {
  assert.equal(await parvis.keyId(urn.key), urn.id);
  assert.equal(await parvis.contextText(here), context.text);
  await assert.rejects(parvis.keyId(urn.key.replace("=", "")), code("BAD_TEXT"));
  await assert.rejects(parvis.keyId("AAAA"), code("BAD_TEXT"));
});

test("every type of ballot is sealed to the same bytes", async () => {
  assert.equal(vectors.sealed.length, 8);
  for (const { ballot_type, length, ballot, seed, sealed, digest } of vectors.sealed) {
    assert.equal(parvis.paddedLength(ballot_type, numbers), length, ballot_type.type);
    assert.equal(parvis.validate(ballot, ballot_type, projects), null);
    assert.equal(await parvis.sealAgain({ ...here, length, ballot, seed }), sealed);
    assert.equal(await parvis.digest({ ...here, sealed }), digest);
    assert.deepEqual(await parvis.openBallot(here, urn.secret, sealed), ballot);
  }
});

test("what doesn't open says why", async () => {
  for (const { what, area, sealed, unopened } of vectors.unopened) {
    const opened = parvis.openBallot(at(area), urn.secret, sealed);
    await (unopened === null ? opened : assert.rejects(opened, code(unopened), what));
  }
  await assert.rejects(parvis.openBallot(here, urn.secret, "AAAA"), code("NOT_FOR_THIS_URN"));
});

test("ballots are judged as the count judges them", () => {
  assert.ok(vectors.validation.length > 20);
  for (const { ballot_type, choices, points, invalid } of vectors.validation) {
    const ballot = points === null ? { choices } : { choices, points };
    assert.equal(parvis.validate(ballot, ballot_type, projects), invalid, JSON.stringify({ ballot_type, choices, points }));
  }
});

test("a sealed ballot opens, is as long as any other, and is proven by its file", async () => {
  const type = { type: "APPROVAL", min: 0, max: 4 };
  const sealed = await Promise.all(
    [[], [3], [104, 12, 7, 3]].map((choices) => parvis.sealBallot(paper(type), { choices })),
  );
  assert.equal(new Set(sealed.map((one) => one.send.ballot.length)).size, 1);
  assert.equal(new Set(sealed.map((one) => one.file.seed)).size, 3);
  for (const { send, digest, file } of sealed) {
    const { ballot: envelope, ...target } = send;
    assert.deepEqual(target, { area: here.area, catalogue: here.catalogue, key: urn.id });
    assert.equal(envelope, file.sealed);
    assert.deepEqual(await parvis.openBallot(here, urn.secret, envelope), file.ballot);
    assert.equal(await parvis.sealAgain(file), envelope);
    assert.equal(await parvis.digest(file), digest);
    const other = { ...file, ballot: { ...file.ballot, choices: [13] } };
    assert.notEqual(await parvis.sealAgain(other), envelope);
  }
  assert.equal(sealed[0].file.length, vectors.voter_file.length);
});

test("what can't be counted isn't sealed", async () => {
  const type = { type: "APPROVAL", min: 1, max: 2 };
  const refused = (choices, expected) => assert.rejects(parvis.sealBallot(paper(type), { choices }), code(expected));
  await refused([], "TOO_FEW_CHOICES");
  await refused([3, 7, 12], "TOO_MANY_CHOICES");
  await refused([4], "UNKNOWN_PROJECT");
  await assert.rejects(parvis.sealBallot(paper(type), { choices: [3], points: [] }), code("POINTS_DONT_FIT"));
  const nothing = Buffer.alloc(32).toString("base64");
  await assert.rejects(parvis.sealBallot({ ...paper(type), urn: nothing }, { choices: [3] }), code("BAD_URN_KEY"));
});

test("the file of a voter is the one that other programs read", async () => {
  const { voter_file: file } = vectors;
  assert.equal(await parvis.sealAgain(file), file.sealed);
  const { file: own } = await parvis.sealBallot(paper({ type: "CHOOSE_ONE" }), { choices: [3] });
  assert.deepEqual(Object.keys(own).sort(), Object.keys(file).sort());
});

test("one voter always sees the same order", async () => {
  const { seed, order } = vectors.order;
  assert.deepEqual(await parvis.voterOrder(seed, numbers), order);
  assert.deepEqual(await parvis.voterOrder(seed, [...numbers].reverse()), order);
  assert.deepEqual([...(await parvis.voterOrder("00".repeat(32), numbers))].sort((a, b) => a - b), numbers);
});

test("a receipt holds when the log's key has signed it, for this ballot", async () => {
  const { verifier, note, receipt } = vectors.receipt;
  const { log, area, ballot: digest, key } = receipt;
  const expected = { log, area, digest, key };
  assert.deepEqual(await parvis.verifyReceipt(note, verifier, expected), receipt);
  const refused = (note, expected, why) => assert.rejects(parvis.verifyReceipt(note, verifier, expected), code(why));
  await refused(note, { ...expected, digest: "00".repeat(32) }, "BAD_RECEIPT");
  await refused(note, { ...expected, area: "sud" }, "BAD_RECEIPT");
  await refused(note.replace("2026-09-12", "2026-10-12"), expected, "BAD_SIGNATURE");
  await refused(note.split("\n\n")[0], expected, "BAD_SIGNATURE");
  await refused("", expected, "BAD_SIGNATURE");
  await assert.rejects(parvis.verifyReceipt(note, verifier.replace("ville", "autre"), expected), code("BAD_TEXT"));
});
