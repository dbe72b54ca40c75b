import { SCENARIOS } from "#scenarios/index.js";
import type { Scenario } from "#sim/scenario.js";

export const WITH_FAULTS: readonly Scenario[] = SCENARIOS.filter(
  ({ faults }) => Object.keys(faults).length > 0,
);

/** Those that run the program of another scenario in another setting: what holds for that one needs no second proof. */
export const VARIANTS: ReadonlySet<string> = new Set([
  "wal-lying-disk",
  "raft-partitions",
  "raft-membership",
  "raft-snapshots",
  "raft-lying",
  "raft-clocks",
  "raft-btree",
  "lsm-disks",
  "btree-disks",
  "broker-isr",
  "broker-controller",
  "broker-unclean",
  "broker-compaction",
  "reassignment",
  "groups-coordinator",
  "groups-server",
]);
