// Serves a bundle by ranges, and has the worker check a receipt and count an area again from that address, as a page does.
//
//   node tests/recount.mjs BUNDLE POLICY AREA
//
// Prints one line of JSON: what the worker answered to each, and how much of the bundle it asked for at once.

import { once } from "node:events";
import { open, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { Worker } from "node:worker_threads";

const [bundle, policyFile, area] = process.argv.slice(2);
const policy = await readFile(policyFile, "utf8");
const vectors = JSON.parse(await readFile(new URL("../../../docs/formats/vectors.json", import.meta.url)));

let largest = 0;
const size = (await stat(bundle)).size;
const file = await open(bundle);
const server = createServer(async (request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (request.url === "/whole") {
    response.end(await readFile(bundle));
    return;
  }
  const length = Math.min(Number(last), size - 1) - Number(first) + 1;
  largest = Math.max(largest, length);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, Number(first));
  response.writeHead(206, { "Content-Range": `bytes ${first}-${Number(first) + length - 1}/${size}` }).end(buffer);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${server.address().port}`;

// What a worker of a page has as globals.
const shim = `
  const { parentPort } = require("node:worker_threads");
  globalThis.addEventListener = (_, listen) => parentPort.on("message", (data) => listen({ data }));
  globalThis.postMessage = (message) => parentPort.postMessage(message);
  import(${JSON.stringify(new URL("../dist/worker.js", import.meta.url).href)}).then(() => parentPort.postMessage("ready"));`;
const worker = new Worker(shim, { eval: true });
await once(worker, "message");
let asked = 0;
const ask = (task) =>
  new Promise((resolve) => {
    const id = ++asked;
    worker.on("message", (message) => message.id === id && message.done === undefined && resolve(message.report ?? message.error));
    worker.postMessage({ id, ...task });
  });
const receipt = { task: "receipt", proof: vectors.receipt_of_1, policy: vectors.policy };
const answers = {
  recount: await ask({ task: "recount", bundle: `${address}/bundle`, policy, area }),
  file: await ask({ task: "verify", bundle: new Blob([await readFile(bundle)]), policy }),
  whole: await ask({ task: "recount", bundle: `${address}/whole`, policy, area }),
  receipt: await ask({ ...receipt, leaf: vectors.leaves[1].leaf }),
  other: await ask({ ...receipt, leaf: vectors.leaves[0].leaf }),
};
console.log(JSON.stringify({ ...answers, largest }));
await worker.terminate();
server.close();
await file.close();
