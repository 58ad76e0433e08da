// Seals ballots on the voter's own device, and checks receipts and published ballots.
//
// Owns what the browser has to do itself, because nobody else may see a choice. Asks no server
// anything: what it is given comes from the campaign's API or its bundle. The format:
// docs/formats/ballot.md.

export { paddedLength, validate } from "./ballot.js";
export type { BallotType, Choices, PlainBallot, Project } from "./ballot.js";
export { contextText, keyId } from "./envelope.js";
export type { Context } from "./envelope.js";
export { voterOrder } from "./order.js";
export { verifyReceipt } from "./receipt.js";
export type { Receipt } from "./receipt.js";
export { Refused } from "./refused.js";
export type { Invalid, RefusalCode } from "./refused.js";
export { digest, openBallot, sealAgain, sealBallot } from "./seal.js";
export type { BallotPaper, SealedBallot, VoterFile } from "./seal.js";
