/** What the scenarios of stores share: their parameters, their faults, and the life of their process. */
import { StoreOracle, type StorePromise } from "#sim/check/index.js";
import type { FaultMenu } from "#sim/faults/index.js";
import type { Node } from "#sim/process.js";
import type { Parameter, Run } from "#sim/scenario.js";
import { WAL_PARAMETERS, drawProfile, keepRunning } from "../wal/harness.js";
import { walScenario } from "../wal/index.js";
import { keyOfPayload } from "../wal/payload.js";
import { walLyingDiskScenario } from "../wal-lying-disk/index.js";
import type { StoreEngine } from "./engine.js";
import { drawPlan } from "./plan.js";
import { StoreService } from "./service.js";

/** Longer than any spell of a full disk. */
const REST_US = 5_000_000;

export const STORE_PARAMETERS: Readonly<Record<string, Parameter>> = {
  operations: {
    type: "integer",
    summary: "operations in a run",
    min: 0,
    max: 1_000_000,
    default: 200,
  },
  clients: {
    type: "integer",
    summary: "concurrent clients; 0: drawn from 1 to 12",
    min: 0,
    max: 1_000,
    default: 0,
  },
  policy: { ...WAL_PARAMETERS["policy"]!, summary: "when a write is acknowledged" },
  metadata: WAL_PARAMETERS["metadata"]!,
};

/** An honest disk that fails, as for a log. */
export const HONEST_FAULTS: FaultMenu = walScenario.faults;
/** A disk that lies, as for a log; it reads more and writes less, so these are more often asked about. */
export const LYING_FAULTS: FaultMenu = {
  ...walLyingDiskScenario.faults,
  "misdirected-write": { minPpm: 2_000, maxPpm: 30_000 },
  "misdirected-read": { minPpm: 2_000, maxPpm: 30_000 },
  "read-eio": { minPpm: 1_000, maxPpm: 20_000 },
};

/** The whole run of a store on a disk that may fail, but doesn't lie. */
export async function driveStore(
  run: Run,
  prefix: string,
  drawEngine: (run: Run) => StoreEngine,
): Promise<void> {
  const node = run.world.addNode("n1", drawProfile(run));
  const engine = drawEngine(run);
  const plan = drawPlan(run);
  const oracle = new StoreOracle({ idOf: keyOfPayload, promise: () => "whole" });
  const service = new StoreService(run, { plan, engine, oracle, prefix, mayLie: false });
  await keepRunning(run, node, service);
  if (service.damage !== undefined) {
    run.world.fail(`${prefix}/false-damage`, service.damage.message);
    return;
  }
  await checkAtRest(run, node, service, prefix);
  countMarks(run, engine);
}

/** The whole run on a disk that lies. `promise`: what is left to hold the store to. */
export async function driveOnLyingDisk(
  run: Run,
  prefix: string,
  drawEngine: (run: Run) => StoreEngine,
  promise: () => StorePromise,
): Promise<void> {
  const node = run.world.addNode("n1", drawProfile(run));
  const engine = drawEngine(run);
  const plan = drawPlan(run);
  const oracle = new StoreOracle({ idOf: keyOfPayload, promise });
  const service = new StoreService(run, { plan, engine, oracle, prefix, mayLie: true });
  await keepRunning(run, node, service);
  countMarks(run, engine);
  run.count("writesLost", oracle.lost);
  run.count("refusedAsDamaged", service.damage === undefined ? 0 : 1);
  run.count("heldToPrefix", promise() === "prefix" ? 1 : 0);
  if (oracle.lost > 0) run.world.reached("scenario/writes-lost");
  if (service.damage !== undefined) run.world.reached("scenario/refused-as-damaged");
}

/** Two more boots without new faults: the store must open, be whole, close, and have it all again. */
async function checkAtRest(run: Run, node: Node, service: StoreService, prefix: string): Promise<void> {
  const { world } = run;
  world.faults.heal();
  await world.sleep(REST_US);
  for (let boot = 0; boot < 2; boot++) {
    const exit = await world.boot(node, service.program).exited;
    service.stopped(exit === "power-loss");
    if (service.damage !== undefined) {
      world.fail(`${prefix}/false-damage`, service.damage.message);
      return;
    }
    if (service.opened) continue;
    world.fail(`${prefix}/does-not-open`, "the store did not open on a disk that no longer fails");
    return;
  }
}

function countMarks(run: Run, engine: StoreEngine): void {
  for (const [mark, figure] of engine.figuresOfMarks) run.count(figure, run.world.marks.get(mark) ?? 0);
}
