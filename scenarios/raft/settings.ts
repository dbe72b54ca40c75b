/** The setting of `raft`, from which those of the other Raft scenarios differ in what they are about. */
import { KeyValueMachine } from "#engines/raft/kv/index.js";
import { SessionMachine } from "#engines/raft/sessions.js";
import type { StateMachine } from "#engines/raft/state-machine.js";
import type { RaftSetting } from "./plan.js";

/** A bound that crystals keep to; twice what clocks err by where a scenario says nothing else. */
const USUAL_DRIFT_PPM = 1_000;

/** A store in memory, behind sessions. */
export function inMemory(newStore: () => StateMachine): RaftSetting["newMachine"] {
  return ({ env, maxSessions }) => new SessionMachine(newStore(), { env, maxSessions });
}

export const RAFT_SETTING: RaftSetting = {
  newMachine: inMemory(() => new KeyValueMachine()),
  tolerates: "nothing",
  sizes: [3, 3, 3, 3, 4, 5, 5, 5, 6, 7],
  spares: 1,
  damage: "faulty-set",
  nemesis: { transfers: 2, cuts: 2, ambushes: 1, changes: 1, snapshots: 1, restarts: 2 },
  partitions: "some",
  snapshotEvery: [8, 30, 100, 10_000],
  paddingBytes: 5_000,
  reads: { linearizable: 5, lease: 4, stale: 1 },
  readPercents: [20, 40, 40, 95],
  electionTimeoutMs: [200, 300, 300, 500],
  heartbeats: [3, 4, 5, 6],
  attemptTimeoutMs: [60, 150, 400],
  keys: [2, 3, 4, 5],
  leaseDriftPpm: [USUAL_DRIFT_PPM],
  maxStrikes: [2, 4, 8, 16],
};

/** Where each server's state is in a store of its own: small, since each of its files is under the storm as well. */
export const ON_STORES_SETTING: RaftSetting = {
  ...RAFT_SETTING,
  sizes: [3, 3, 3, 4, 5],
  snapshotEvery: [4, 8, 20, 60, 10_000],
  paddingBytes: 600,
  keys: [3, 5, 8],
};
