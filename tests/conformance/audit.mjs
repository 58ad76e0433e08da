// Runs the GraphQL over HTTP audits of graphql-http on a served endpoint:
//   node audit.mjs http://127.0.0.1:8080/graphql
// Prints each audit that does not pass, then one line of totals; exits 1 unless
// every audit passes. Must not start or stop the server.
import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
if (!url) {
  console.error("Name the endpoint to audit: node audit.mjs URL");
  process.exit(2);
}

const counts = { ok: 0, notice: 0, warn: 0, error: 0 };
for (const audit of serverAudits({ url })) {
  let result;
  try {
    result = await audit.fn();
  } catch (failure) {
    // The suite throws only when the server cannot be reached at all.
    console.error(`${audit.id} ${audit.name}\n  ${failure.cause ?? failure}`);
    process.exit(1);
  }
  counts[result.status] += 1;
  if (result.status !== "ok") {
    console.log(`${result.status} ${audit.id} ${audit.name}\n  ${result.reason}`);
  }
}

const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(
  `${total} audits: ${counts.ok} ok, ${counts.notice} notices, ${counts.warn} warnings, ${counts.error} errors`,
);
process.exit(total > 0 && counts.ok === total ? 0 : 1);
