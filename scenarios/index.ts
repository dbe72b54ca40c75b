/**
 * The scenarios that come with this package.
 *
 * What lives here: one folder each, with its cluster, its workload, the faults that it admits, the promises
 * that it checks and the marks that a batch must reach; and this registry of them.
 *
 * What it promises: names are unique, and a scenario is a plain `Scenario` as a user would write one. What it
 * does not: touch the host; a scenario runs in simulated time only.
 */
import type { Scenario } from "#sim/scenario.js";
import { brokerScenario } from "./broker/index.js";
import { brokerCompactionScenario } from "./broker-compaction/index.js";
import { brokerControllerScenario } from "./broker-controller/index.js";
import { brokerIsrScenario } from "./broker-isr/index.js";
import { brokerUncleanScenario } from "./broker-unclean/index.js";
import { btreeScenario } from "./btree/index.js";
import { btreeDisksScenario } from "./btree-disks/index.js";
import { groupsScenario } from "./groups/index.js";
import { groupsCoordinatorScenario } from "./groups-coordinator/index.js";
import { groupsServerScenario } from "./groups-server/index.js";
import { lsmScenario } from "./lsm/index.js";
import { lsmDisksScenario } from "./lsm-disks/index.js";
import { raftScenario } from "./raft/index.js";
import { raftBtreeScenario } from "./raft-btree/index.js";
import { raftClocksScenario } from "./raft-clocks/index.js";
import { raftDisksScenario } from "./raft-disks/index.js";
import { raftLabScenario } from "./raft-lab/index.js";
import { raftLsmScenario } from "./raft-lsm/index.js";
import { raftLyingScenario } from "./raft-lying/index.js";
import { raftMembershipScenario } from "./raft-membership/index.js";
import { raftPartitionsScenario } from "./raft-partitions/index.js";
import { raftSnapshotsScenario } from "./raft-snapshots/index.js";
import { reassignmentScenario } from "./reassignment/index.js";
import { transactionsScenario } from "./transactions/index.js";
import { walScenario } from "./wal/index.js";
import { walLyingDiskScenario } from "./wal-lying-disk/index.js";
import { walSnapshotScenario } from "./wal-snapshot/index.js";

/** All of them, in the order of `seedstorm list`. */
export const SCENARIOS: readonly Scenario[] = [
  walScenario,
  walLyingDiskScenario,
  walSnapshotScenario,
  lsmScenario,
  lsmDisksScenario,
  btreeScenario,
  btreeDisksScenario,
  raftScenario,
  raftPartitionsScenario,
  raftMembershipScenario,
  raftSnapshotsScenario,
  raftDisksScenario,
  raftLyingScenario,
  raftClocksScenario,
  raftLabScenario,
  raftLsmScenario,
  raftBtreeScenario,
  brokerScenario,
  brokerIsrScenario,
  brokerControllerScenario,
  brokerUncleanScenario,
  brokerCompactionScenario,
  reassignmentScenario,
  groupsScenario,
  groupsCoordinatorScenario,
  groupsServerScenario,
  transactionsScenario,
];

/** The scenario of this name. */
export function findScenario(name: string): Scenario | undefined {
  return SCENARIOS.find((scenario) => scenario.name === name);
}
