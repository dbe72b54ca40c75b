/** Raft in the simulated world: alone, without a disk; and the whole scenario, with everything that it breaks. */
import type { Env } from "#engines/env/index.js";
import { MemoryStorage, RaftNode, makeConfiguration, type StateMachine } from "#engines/raft/index.js";
import { raftScenario } from "#scenarios/raft/index.js";
import { runSeed } from "#sim/run-seed.js";
import type { ParameterValues } from "#sim/scenario.js";
import { nodeHost } from "../host.js";
import { inWorld } from "./in-world.js";

const SERVERS: readonly string[] = ["n0", "n1", "n2"];
const COMMITS = 200_000;
const COMMAND: Uint8Array = new Uint8Array(16).fill(0x61);
const POLL_US = 10_000;
const SEEDS = 100;
const US_PER_S = 1_000_000;
const NOTHING = new Uint8Array(0);

/** What is measured is agreement, not what is agreed on. */
const MACHINE: StateMachine = {
  apply: () => NOTHING,
  query: () => NOTHING,
  snapshot: () => [],
  restore: () => undefined,
};

/** The leader keeps so many proposals in flight until so many were applied, which is what it gives. */
export async function raftCommits(inFlight: number, commits: number = COMMITS): Promise<number> {
  await inWorld(SERVERS.length, (env, _, finish) => void serve(env, inFlight, commits, finish));
  return commits;
}

async function serve(env: Env, inFlight: number, commits: number, finish: () => void): Promise<void> {
  const node = await RaftNode.open(env, {
    storage: new MemoryStorage(),
    machine: MACHINE,
    bootstrap: makeConfiguration(SERVERS),
  });
  while (!node.isLeader) await env.clock.sleep(POLL_US);
  let applied = 0;
  const propose = async (): Promise<void> => {
    for (;;) {
      await node.propose(COMMAND);
      if (++applied === commits) finish();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, propose));
}

/** A storm of a minute with some operations a second: what a cluster meets that runs for long. */
const LONG_STORM: ParameterValues = new Map([["stormMs", 60_000]]);
const LONG_SEEDS = 10;

/** Gives the simulated seconds of a few runs of the scenario `raft` with a long storm. */
export function raftLongStorms(): Promise<number> {
  return simulatedSeconds(LONG_SEEDS, LONG_STORM);
}

/** Gives how many seeds of the scenario `raft`, as it is, were run. */
export async function raftSeeds(): Promise<number> {
  await simulatedSeconds(SEEDS, new Map());
  return SEEDS;
}

/** Throws where a seed fails: what stops early is not measured. */
async function simulatedSeconds(seeds: number, parameters: ParameterValues): Promise<number> {
  let simTimeUs = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const result = await runSeed(raftScenario, { seed, host: nodeHost(), parameters });
    const [finding] = result.findings;
    if (finding !== undefined) throw new Error(`seed ${seed}: ${finding.invariant}: ${finding.message}`);
    simTimeUs += result.simTimeUs;
  }
  return simTimeUs / US_PER_S;
}
