/**
 * `raft-btree`: the cluster of `raft`, each server's state in a B-tree of its own. Pages, pool and the distance of
 * checkpoints are tiny, so that splits, merges, evictions and checkpoints go on all the time, under everything that
 * `raft` breaks; its faults strike the tree's files as they do the log's.
 *
 * What it checks: all that `raft` does; that a server which starts again stands where its log was when the store
 * was written, with the digest that all have there; that the store keeps its own rules whenever it is opened and
 * at the end; and that in the end every member's state is what the committed log makes. A store that calls itself
 * damaged on an honest disk is a finding. What it does not: disks that lie.
 */
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
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

export const raftBtreeScenario: Scenario = {
  name: "raft-btree",
  summary: "the cluster of raft, each server's state in a B-tree on its disk",
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
    "btree/full-page-image",
    "btree/page-repaired",
    "btree/redo",
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
      onStores(ON_STORES_SETTING, (env, directory) => BtreeStore.open(env, { ...options, directory })),
    );
  },
};

function drawOptions(run: Run): Omit<BtreeOptions, "directory"> {
  const stream = run.world.streams.get("btree");
  const { policy, ...options } = run.planned("btree", {
    policy: drawPolicy(stream),
    wal: { segmentBytes: stream.pick([2, 8]) * KIB },
    pageBytes: stream.pick([512, 512, 1 * KIB]),
    poolBytes: stream.pick([16, 32, 128]) * KIB,
    checkpointBytes: stream.pick([2, 8, 32]) * KIB,
    snapshotBytes: stream.pick([0, 4, 256]) * KIB,
    eviction: stream.pick(["lru", "hot-cool"] as const),
  });
  return { ...options, policy: policyOf(policy) };
}
