/**
 * `raft-lsm`: the cluster of `raft`, each server's state in an LSM tree of its own. Memtables, tables and levels
 * are tiny, so that flushes and compactions go on all the time, under everything that `raft` breaks; its faults
 * strike the tree's files as they do the log's.
 *
 * What it checks: all that `raft` does; that a server which starts again stands where its log was when the store
 * was written, with the digest that all have there; that the store keeps its own rules whenever it is opened and
 * at the end; and that in the end every member's state is what the committed log makes. A store that calls itself
 * damaged on an honest disk is a finding. What it does not: disks that lie.
 */
import { LsmStore, type LsmOptions } from "#engines/lsm/index.js";
import type { Run, Scenario } from "#sim/scenario.js";
import { drawPolicy, onStores, policyOf } from "../raft/machines.js";
import {
  CLOCK_FAULTS,
  DETECTABLE_DAMAGE,
  HONEST_DISK_FAULTS,
  LINK_FAULTS,
  PARTITIONS,
  PROCESS_FAULTS,
} from "../raft/menus.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { RAFT_PARAMETERS } from "../raft/parameters.js";
import { RAFT_PLAN_VERSION } from "../raft/planned.js";
import { ON_STORES_SETTING } from "../raft/settings.js";
import { driveRaft } from "../raft/storm.js";

const KIB = 1_024;

export const raftLsmScenario: Scenario = {
  name: "raft-lsm",
  summary: "the cluster of raft, each server's state in an LSM tree on its disk",
  parameters: RAFT_PARAMETERS,
  faults: {
    ...PROCESS_FAULTS,
    ...CLOCK_FAULTS,
    ...LINK_FAULTS,
    ...PARTITIONS,
    ...HONEST_DISK_FAULTS,
    ...DETECTABLE_DAMAGE,
  },
  mustReach: [
    "lsm/dropped-shadowed-version",
    "lsm/recovery-swept-orphan",
    "raft/damage-found",
    "raft/machine-behind-snapshot",
    "raft/machine-rebuilt",
    "raft/machine-resumed",
    "raft/repaired",
    "raft/session-deduplicated",
    "raft/session-evicted",
    "raft/snapshot-installed",
    "raft/snapshot-taken",
    "scenario/killed-in-recovery",
  ],
  coverageSeeds: 500,
  strikeEveryCalls: 400,
  narration: RAFT_NARRATION,
  planVersion: RAFT_PLAN_VERSION,
  drive: (run) => {
    const options = drawOptions(run);
    return driveRaft(
      run,
      onStores(ON_STORES_SETTING, (env, directory) => LsmStore.open(env, { ...options, directory })),
    );
  },
};

function drawOptions(run: Run): Omit<LsmOptions, "directory"> {
  const stream = run.world.streams.get("lsm");
  const { policy, ...options } = run.planned("lsm", {
    policy: drawPolicy(stream),
    wal: { segmentBytes: stream.pick([2, 8]) * KIB },
    memtableBytes: stream.pick([512, 1 * KIB, 4 * KIB]),
    maxImmutables: stream.pick([1, 2]),
    table: { blockBytes: stream.pick([128, 512]), restartInterval: stream.pick([1, 4]), bloomBitsPerKey: 10 },
    blockCacheBytes: stream.pick([0, 2 * KIB, 64 * KIB]),
    level0Files: stream.pick([2, 3]),
    slowdownFiles: 4,
    stopFiles: 6,
    level1Bytes: 2 * KIB,
    levelFactor: 4,
    tableBytes: 1 * KIB,
    strategy: stream.pick(["leveled", "leveled", "size-tiered"] as const),
  });
  return { ...options, policy: policyOf(policy) };
}
