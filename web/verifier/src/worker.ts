// The verifier as a worker of a page: receives { id, task, … }, answers { id, done, all }* and { id, report } or { id, error }.

import { utf8 } from "./bytes.js";
import { checkReceipt, Policy } from "./note.js";
import { ofBlob, ofUrl } from "./sources.js";
import { verify } from "./verify.js";

interface Task {
  readonly id: number;
  readonly task: "receipt" | "verify" | "recount";
  /** The text of the policy that the reader trusts; the bundle's own is used where there is none. */
  readonly policy?: string;
  /** Of `receipt`: the texts of the proof and of the leaf. */
  readonly proof?: string;
  readonly leaf?: string;
  /** Of `verify` and `recount`: a file, or an address. */
  readonly bundle?: Blob | string;
  /** Of `recount`: of which area the result is asked. */
  readonly area?: string;
}

async function perform({ id, task, policy: text, proof, leaf, bundle, area }: Task): Promise<object> {
  const policy = text === undefined ? undefined : new Policy(text);
  if (task === "receipt") {
    const { origin, size, position } = checkReceipt(proof!, utf8(leaf!), policy!);
    return { verdict: "HOLDS", origin, size, position };
  }
  const source = typeof bundle === "string" ? await ofUrl(bundle) : ofBlob(bundle!);
  const report = await verify(source, policy, (done, all) => postMessage({ id, done, all }));
  return task === "verify" ? report : { ...report, areas: report.areas.filter((one) => one["area"] === area) };
}

addEventListener("message", (message: MessageEvent<Task>) => {
  const { id } = message.data;
  const failed = (error: Error & { code?: string }): void => postMessage({ id, error: { code: error.code ?? "FAULT", message: error.message } });
  perform(message.data).then((report) => postMessage({ id, report }), failed);
});
