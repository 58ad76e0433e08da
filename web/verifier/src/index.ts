// What a program that embeds the verifier may use.

export { invalid, envelopeDigest, keyId, Opener, publicKey } from "./ballots.js";
export { canonical, fromBase64, fromHex, parse, Refused, toHex, utf8 } from "./bytes.js";
export { Leaves } from "./leaf.js";
export { checkReceipt, leafHash, openNote, Policy, Tree } from "./note.js";
export { ofBlob, ofUrl } from "./sources.js";
export { choose, Count } from "./tally.js";
export { verify } from "./verify.js";
