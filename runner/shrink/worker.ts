/** The entry of a thread that judges packs of candidates, one at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "#engines/env/index.js";
import { nodeHost } from "../host.js";
import { loadScenario } from "../load-scenario.js";
import { judgeOne, NOTHING, type Candidate, type Verdict } from "./judge.js";
import type { ShrinkWorkerMessage, ShrinkWorkerSetup } from "./lanes.js";

const port = parentPort;
assert(port !== null, "this module is the entry of a worker thread");
const { reference, wanted } = workerData as ShrinkWorkerSetup;
const { scenario } = await loadScenario(reference);
const host = nodeHost();
const post = (message: ShrinkWorkerMessage): void => port.postMessage(message);

/** Up to the first that fails in the same way: nobody asks for what comes behind it. */
async function judgeAll(pack: readonly Candidate[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const candidate of pack) {
    const verdict = await judgeOne(scenario, host, wanted, candidate).catch(() => NOTHING);
    verdicts.push(verdict);
    if (verdict.judged !== undefined) break;
  }
  return verdicts;
}

port.on("message", (pack: readonly Candidate[]) => {
  void judgeAll(pack).then((verdicts) => post({ type: "judged", verdicts }));
});
post({ type: "ready" });
