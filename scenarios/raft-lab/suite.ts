/** The 28 tests under the names that the course gives them, in its order, and how one of them is run. */
import type { Run } from "#sim/scenario.js";
import { LabFailure, check } from "./failure.js";
import { Lab, SECOND } from "./lab.js";
import type { Plant } from "./server.js";
import { initialElection, manyElections, reElection } from "./tests-3a.js";
import {
  backup,
  basicAgree,
  concurrentStarts,
  count,
  failAgree,
  failNoAgree,
  followerFailure,
  leaderFailure,
  rejoin,
  rpcBytes,
} from "./tests-3b.js";
import {
  churn,
  figure8,
  figure8Unreliable,
  persist1,
  persist2,
  persist3,
  unreliableAgree,
} from "./tests-3c.js";
import { snapshotAllCrash, snapshotInit, snapshots } from "./tests-3d.js";

/** The course ends a test that takes longer, in real time there. */
const MAX_TEST_US = 120 * SECOND;

export interface LabTest {
  readonly name: string;
  readonly servers: number;
  readonly isUnreliable?: boolean;
  readonly takesSnapshots?: boolean;
  readonly run: (lab: Lab) => Promise<void>;
}

const ON_BAD_NETWORK = { isUnreliable: true } as const;
const WITH_SNAPSHOTS = { takesSnapshots: true } as const;

export const LAB_TESTS: readonly LabTest[] = [
  { name: "TestInitialElection3A", servers: 3, run: initialElection },
  { name: "TestReElection3A", servers: 3, run: reElection },
  { name: "TestManyElections3A", servers: 7, run: manyElections },
  { name: "TestBasicAgree3B", servers: 3, run: basicAgree },
  { name: "TestRPCBytes3B", servers: 3, run: rpcBytes },
  { name: "TestFollowerFailure3B", servers: 3, run: followerFailure },
  { name: "TestLeaderFailure3B", servers: 3, run: leaderFailure },
  { name: "TestFailAgree3B", servers: 3, run: failAgree },
  { name: "TestFailNoAgree3B", servers: 5, run: failNoAgree },
  { name: "TestConcurrentStarts3B", servers: 3, run: concurrentStarts },
  { name: "TestRejoin3B", servers: 3, run: rejoin },
  { name: "TestBackup3B", servers: 5, run: backup },
  { name: "TestCount3B", servers: 3, run: count },
  { name: "TestPersist13C", servers: 3, run: persist1 },
  { name: "TestPersist23C", servers: 5, run: persist2 },
  { name: "TestPersist33C", servers: 3, run: persist3 },
  { name: "TestFigure83C", servers: 5, run: figure8 },
  { name: "TestUnreliableAgree3C", servers: 5, ...ON_BAD_NETWORK, run: unreliableAgree },
  { name: "TestFigure8Unreliable3C", servers: 5, ...ON_BAD_NETWORK, run: figure8Unreliable },
  { name: "TestReliableChurn3C", servers: 5, run: churn },
  { name: "TestUnreliableChurn3C", servers: 5, ...ON_BAD_NETWORK, run: churn },
  { name: "TestSnapshotBasic3D", servers: 3, ...WITH_SNAPSHOTS, run: (lab) => snapshots(lab, "none") },
  {
    name: "TestSnapshotInstall3D",
    servers: 3,
    ...WITH_SNAPSHOTS,
    run: (lab) => snapshots(lab, "disconnect"),
  },
  {
    name: "TestSnapshotInstallUnreliable3D",
    servers: 3,
    ...WITH_SNAPSHOTS,
    ...ON_BAD_NETWORK,
    run: (lab) => snapshots(lab, "disconnect"),
  },
  {
    name: "TestSnapshotInstallCrash3D",
    servers: 3,
    ...WITH_SNAPSHOTS,
    run: (lab) => snapshots(lab, "crash"),
  },
  {
    name: "TestSnapshotInstallUnCrash3D",
    servers: 3,
    ...WITH_SNAPSHOTS,
    ...ON_BAD_NETWORK,
    run: (lab) => snapshots(lab, "crash"),
  },
  { name: "TestSnapshotAllCrash3D", servers: 3, ...WITH_SNAPSHOTS, run: snapshotAllCrash },
  { name: "TestSnapshotInit3D", servers: 3, ...WITH_SNAPSHOTS, run: snapshotInit },
];

/** Runs one test on servers of its own. `plant`: mistakes to make on purpose. */
export async function runLabTest(run: Run, test: LabTest, plant: Plant = {}): Promise<void> {
  const { world } = run;
  const fail = (failure: LabFailure): void => world.fail(`raft-lab/${test.name}`, failure.message);
  const lab = new Lab(world, {
    name: test.name,
    servers: test.servers,
    isUnreliable: test.isUnreliable ?? false,
    takesSnapshots: test.takesSnapshots ?? false,
    plant,
    onFailure: fail,
  });
  const beganUs = world.nowUs;
  try {
    await test.run(lab);
    const tookUs = world.nowUs - beganUs;
    check(tookUs <= MAX_TEST_US, () => `the test took ${Math.trunc(tookUs / SECOND)} s, longer than 120`);
  } catch (error) {
    if (!(error instanceof LabFailure)) throw error;
    fail(error);
  }
  lab.end();
  run.count("commands", lab.commands);
  run.count("calls", lab.network.calls);
}
