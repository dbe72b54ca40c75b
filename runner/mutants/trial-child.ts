/** The child process of a trial: loads the code of a copy and runs seeds in it. See `trial.ts`. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SeedResult } from "#sim/run-seed.js";
import type { Finding } from "#sim/world.js";
import type { TrialOrder, TrialReport } from "./protocol.js";

type RunOne = (seed: number) => Promise<SeedResult>;

process.once("message", (order: TrialOrder) => void serve(order).finally(() => process.disconnect()));

async function serve(order: TrialOrder): Promise<void> {
  let runOne: RunOne;
  try {
    runOne = await load(order);
  } catch (error) {
    await say({ kind: "not-loaded", reason: String(error) });
    return;
  }
  await say({ kind: "loaded" });
  for (const seed of order.seeds) {
    // Said before it runs: the parent has to know which seed never ends.
    await say({ kind: "seed", seed, cpuUs: cpuUs() });
    if (await judge(order, seed, runOne)) return;
  }
  await say({ kind: "exhausted", cpuUs: cpuUs() });
}

/** Runs one seed and tells of its findings. True where a wanted one is among them. */
async function judge(order: TrialOrder, seed: number, runOne: RunOne): Promise<boolean> {
  const findings = await findingsOf(seed, runOne);
  const wanted = findings.find((finding) => isWanted(order, finding));
  const told = wanted ?? findings[0];
  if (told === undefined) return false;
  const { invariant, message } = told;
  if (wanted !== undefined) await say({ kind: "caught", seed, invariant, message, cpuUs: cpuUs() });
  else await say({ kind: "other", seed, invariant, message });
  return wanted !== undefined;
}

async function findingsOf(
  seed: number,
  runOne: RunOne,
): Promise<readonly Pick<Finding, "invariant" | "message">[]> {
  try {
    return (await runOne(seed)).findings;
  } catch (error) {
    // The simulator itself gave up. Nobody names this as a catch of a historic bug, but it is no pass.
    return [{ invariant: "trial/run-rejected", message: String(error) }];
  }
}

function isWanted({ wanted }: TrialOrder, finding: Pick<Finding, "invariant" | "message">): boolean {
  if (wanted === undefined) return true;
  if (!wanted.invariants.includes(finding.invariant)) return false;
  return wanted.message === undefined || new RegExp(wanted.message).test(finding.message);
}

/** All from the copy: its scenarios and engines, its simulator, its host. */
async function load(order: TrialOrder): Promise<RunOne> {
  const { SCENARIOS } = await from<typeof import("#scenarios/index.js")>(order, "scenarios/index.js");
  const { runSeed } = await from<typeof import("#sim/run-seed.js")>(order, "sim/run-seed.js");
  const { nodeHost } = await from<typeof import("#runner/host.js")>(order, "runner/host.js");
  const scenario = SCENARIOS.find(({ name }) => name === order.scenario);
  if (scenario === undefined) throw new Error(`no scenario ${order.scenario}`);
  const host = nodeHost();
  const parameters = new Map(order.parameters);
  const switches = new Map(order.faults) as NonNullable<Parameters<typeof runSeed>[1]["switches"]>;
  return (seed) => runSeed(scenario, { seed, host, parameters, switches });
}

async function from<T>({ root }: TrialOrder, module: string): Promise<T> {
  return (await import(pathToFileURL(join(root, "dist", module)).href)) as T;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function say(report: TrialReport): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(report, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
