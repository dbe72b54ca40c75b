/** The entry of a worker thread: takes orders of seeds, runs them, and posts what came of each. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "#engines/env/index.js";
import type { Scenario } from "#sim/scenario.js";
import type { SeedReport } from "#reports/seed-report.js";
import { nodeHost } from "./host.js";
import { loadScenario } from "./load-scenario.js";
import type { WorkerMessage, WorkerSetup, WorkOrder } from "./protocol.js";
import { runJobSeed } from "./run-job.js";

/** A message costs as much as a short seed, so reports of short seeds travel together. */
const POST_EVERY_MS = 20;

const port = parentPort;
assert(port !== null, "this module is the entry of a worker thread");
const { references, begun } = workerData as WorkerSetup;
const beat = new Int32Array(begun);
const host = nodeHost();
const scenarios = new Map<string, Scenario>();
for (const reference of references) scenarios.set(reference, (await loadScenario(reference)).scenario);

const post = (message: WorkerMessage): void => port.postMessage(message);

async function carryOut({ job, seeds }: WorkOrder): Promise<void> {
  const scenario = scenarios.get(job.reference);
  assert(scenario !== undefined, "the scenario of an order was loaded before");
  let reports: SeedReport[] = [];
  let postedMs = performance.now();
  for (const seed of seeds) {
    Atomics.add(beat, 0, 1);
    reports.push(await runJobSeed(scenario, job, host, seed));
    if (performance.now() - postedMs < POST_EVERY_MS) continue;
    post({ type: "reports", reports });
    reports = [];
    postedMs = performance.now();
  }
  if (reports.length > 0) post({ type: "reports", reports });
  post({ type: "idle" });
}

port.on("message", (order: WorkOrder) => void carryOut(order));
post({ type: "ready" });
