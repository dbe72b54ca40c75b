/**
 * `lsm`: concurrent clients on an LSM tree with tiny thresholds, under each policy, on one honest disk that fails.
 *
 * What it checks: all that `StoreOracle` knows of a store that keeps its promises (nothing acknowledged is lost,
 * batches are whole, every read and iterator shows the one state of its sequence, what was deleted or lost never
 * comes back); the store's own `verify`, after every recovery and beside the clients; that it opens after every
 * crash and never calls the traces of an honest one damage; and that it turns read-only for no other reason than a
 * device that failed. What it does not: disks that lie, see `lsm-disks`.
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
import { drawLsm } from "./engine.js";
import { LSM_NARRATION } from "./narration.js";

export const lsmScenario: Scenario = {
  name: "lsm",
  summary:
    "concurrent clients on an LSM tree, over an honest disk that fails: every state is a prefix of the writes",
  parameters: STORE_PARAMETERS,
  faults: HONEST_FAULTS,
  mustReach: [
    "lsm/compaction-gave-way-to-flush",
    "lsm/compaction-interrupted",
    "lsm/dropped-shadowed-version",
    "lsm/dropped-tombstone",
    "lsm/enospc-compaction",
    "lsm/enospc-flush",
    "lsm/enospc-manifest",
    "lsm/get-went-async",
    "lsm/iterator-outlived-table",
    "lsm/log-restarted",
    "lsm/manifest-switched-while-open",
    "lsm/manifest-torn-tail",
    "lsm/move",
    "lsm/read-only",
    "lsm/recovery-flushed",
    "lsm/recovery-of-creation",
    "lsm/recovery-swept-orphan",
    "lsm/short-write-continued",
    "lsm/slowed",
    "lsm/snapshot-kept-version",
    "lsm/stalled-memtables",
    "lsm/stalled-tables",
    "lsm/table-kept-for-reader",
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
  explore: (run) => exploreStore(run, "lsm", drawLsm),
  narration: LSM_NARRATION,
  planVersion: STORE_PLAN_VERSION,
  drive: (run) => driveStore(run, "lsm", drawLsm),
};
