/**
 * `btree`: concurrent clients on a B-tree with tiny pages, under each policy, on one honest disk that fails.
 *
 * What it checks: all that `StoreOracle` knows of a store that keeps its promises (nothing acknowledged is lost,
 * batches are whole, every read and iterator shows the one state of its sequence, what was deleted or lost never
 * comes back); the store's own `verify`, after every recovery and beside the clients; that it opens after every
 * crash and never calls the traces of an honest one damage; and that it turns read-only for no other reason than a
 * device that failed. Snapshots may be given up where their memory is small, which is counted; a plain get then goes on
 * with a later state. What it does not: disks that lie, see `btree-disks`.
 */
import type { Scenario } from "#sim/scenario.js";
import {
  exploreStore,
  HONEST_FAULTS,
  STORE_PARAMETERS,
  driveStore,
  STORE_PLAN_VERSION,
} from "../store/index.js";
import { admitStrikes } from "../wal/harness.js";
import { drawBtree } from "./engine.js";
import { BTREE_NARRATION } from "./narration.js";

export const btreeScenario: Scenario = {
  name: "btree",
  summary:
    "concurrent clients on a B-tree, over an honest disk that fails: every state is a prefix of the writes",
  parameters: STORE_PARAMETERS,
  faults: HONEST_FAULTS,
  mustReach: [
    "btree/borrow",
    "btree/checkpoint-postponed",
    "btree/checkpoint-under-writes",
    "btree/dirty-page-evicted",
    "btree/full-page-image",
    "btree/merge",
    "btree/no-space",
    "btree/page-freed",
    "btree/page-loaded-for-write",
    "btree/page-repaired",
    "btree/page-reused",
    "btree/pool-overflow",
    "btree/redo",
    "btree/short-write-continued",
    "btree/snapshot-given-up",
    "btree/split",
    "btree/synced-for-eviction",
    "btree/tree-grown",
    "btree/tree-shrunk",
    "btree/version-read",
    "btree/write-group",
    "btree/writer-slowed",
    "btree/writer-stalled",
    "scenario/interval-promise-judged",
    "scenario/killed-in-recovery",
    "wal/rewrite-on-recovery",
    "wal/segment-rolled",
    "wal/sync-failed",
    "wal/torn-tail-cut",
    "wal/truncate-prefix-removed-segment",
  ],
  coverageSeeds: 500,
  strikeEveryCalls: 100,
  admit: admitStrikes,
  explore: (run) => exploreStore(run, "btree", drawBtree),
  narration: BTREE_NARRATION,
  planVersion: STORE_PLAN_VERSION,
  drive: (run) => driveStore(run, "btree", drawBtree),
};
