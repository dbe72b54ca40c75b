/** The entry of a thread that judges candidates, one at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "#engines/env/index.js";
import { nodeHost } from "../host.js";
import { loadScenario } from "../load-scenario.js";
import { judgeOne, NOTHING, type Candidate } from "./judge.js";
import type { ShrinkWorkerMessage, ShrinkWorkerSetup } from "./lanes.js";

const port = parentPort;
assert(port !== null, "this module is the entry of a worker thread");
const { reference, wanted } = workerData as ShrinkWorkerSetup;
const { scenario } = await loadScenario(reference);
const host = nodeHost();
const post = (message: ShrinkWorkerMessage): void => port.postMessage(message);

port.on("message", (candidate: Candidate) => {
  judgeOne(scenario, host, wanted, candidate).then(
    (verdict) => post({ type: "judged", verdict }),
    () => post({ type: "judged", verdict: NOTHING }),
  );
});
post({ type: "ready" });
