// Bundles the command and the worker, each into one file, and says how large the worker is.
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const shared = { bundle: true, format: "esm", target: "es2023", legalComments: "inline", logLevel: "warning" };
await build({ ...shared, entryPoints: ["src/cli.ts"], platform: "node", banner: { js: "#!/usr/bin/env node" }, outfile: "dist/cli.js" });
await build({ ...shared, entryPoints: ["src/worker.ts"], platform: "browser", minify: true, outfile: "dist/worker.js" });
const [plain, packed] = [readFileSync("dist/worker.js"), gzipSync(readFileSync("dist/worker.js"), { level: 9 })];
console.log(`dist/worker.js: ${plain.length} bytes, ${packed.length} compressed`);
// What the tests look at, piece by piece.
await build({ ...shared, entryPoints: ["src/index.ts"], platform: "neutral", mainFields: ["module", "main"], outfile: "dist/verifier.js" });
