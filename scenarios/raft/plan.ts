/**
 * What a run of a Raft scenario will be: its cluster, its clients' operations and what happens on purpose. All
 * of it is drawn before the run begins, so that what one part does changes none of the others.
 */
import { makeConfiguration } from "#engines/raft/configuration.js";
import type { Env } from "#engines/env/index.js";
import type { DurableMachine, StateMachine } from "#engines/raft/state-machine.js";
import type { Configuration } from "#engines/raft/types.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import type { MetadataProfile } from "#sim/disk/profile.js";
import { shuffle } from "./draw.js";
import { plannedRaft } from "./planned.js";
import { MIN_VOTERS, drawNemesis, type NemesisAction } from "./nemesis-plan.js";
import type { Storm } from "./storm.js";
import { drawOperations, type PlannedOperation, type ReadMix } from "./workload.js";

/** What a server's state machine is made with. */
export interface MachineHost {
  readonly env: Env;
  readonly maxSessions: number;
  /** Whether this server's disk may do worse than an honest one. */
  readonly isFaulty: boolean;
  /** Something is not as it must be. */
  readonly report: (invariant: string, message: string) => void;
}

/** What tells one Raft scenario from another. */
export interface RaftSetting {
  /** What is replicated: a key-value store, behind sessions. */
  newMachine(host: MachineHost): StateMachine | DurableMachine;
  /** Looks at the machines once all servers have come to one state. */
  readonly checkMachines?: (storm: Storm) => Promise<void>;
  /** What may break without being a finding: nothing, what a liar's disk loses, what reads by wrong clocks give. */
  readonly tolerates: "nothing" | "loss" | "stale-reads";
  /** Numbers of servers to draw from. */
  readonly sizes: readonly number[];
  /** Servers that don't belong to the cluster at first, at most. */
  readonly spares: number;
  /** Which disks may do worse than an honest one: up to a minority's, a single liar's, or none. */
  readonly damage: "faulty-set" | "liar" | "none";
  /** How many of each are planned in a run, at most. */
  readonly nemesis: NemesisCounts;
  readonly partitions: "none" | "some" | "many";
  /** Applied entries between two snapshots, from which a run draws. */
  readonly snapshotEvery: readonly number[];
  /** Bytes by which some values are padded, so that a snapshot takes several chunks. */
  readonly paddingBytes: number;
  readonly reads: ReadMix;
  /** How many of a client's operations are reads, in percent; drawn for each client. */
  readonly readPercents: readonly number[];
  readonly electionTimeoutMs: readonly number[];
  /** Heartbeats in an election timeout, from which a run draws. */
  readonly heartbeats: readonly number[];
  /** How long a client waits for one server before it asks the next, from which a run draws. */
  readonly attemptTimeoutMs: readonly number[];
  /** Numbers of keys to draw from. */
  readonly keys: readonly number[];
  /** The bound of drift that the servers are told of, in ppm, from which a run draws. */
  readonly leaseDriftPpm: readonly number[];
  /** So many crashes and power losses at most, from which a run draws: calm runs and storms. */
  readonly maxStrikes: readonly number[];
}

export interface NemesisCounts {
  readonly transfers: number;
  readonly cuts: number;
  readonly ambushes: number;
  readonly changes: number;
  readonly snapshots: number;
  readonly restarts: number;
}

export interface RaftPlan {
  /** All servers, members or not. */
  readonly servers: readonly string[];
  readonly bootstrap: Configuration;
  /** Servers whose disks may be damaged, or lie. */
  readonly faulty: ReadonlySet<string>;
  /** Whose power may be cut on purpose. */
  readonly victims: readonly string[];
  /** Servers that run the older program until a restart brings the newer one. */
  readonly oldVersions: ReadonlySet<string>;
  readonly tuning: RaftTuning;
  readonly metadata: MetadataProfile;
  readonly maxStrikes: number;
  /** By client. */
  readonly clients: readonly (readonly PlannedOperation[])[];
  readonly keys: readonly string[];
  /** How long a client waits for the answer to one operation, and for that of one server. */
  readonly operationTimeoutUs: number;
  readonly attemptTimeoutUs: number;
  readonly nemesis: readonly NemesisAction[];
  /** How long everything may break; what follows is about getting well again. */
  readonly stormUs: number;
}

/** What the servers are configured with. */
export interface RaftTuning {
  readonly electionTimeoutUs: number;
  readonly heartbeatUs: number;
  readonly leaseDriftPpm: number;
  readonly snapshotEvery: number;
  readonly keepEntries: number;
  readonly segmentBytes: number;
  readonly maxAppendBytes: number;
  readonly maxInflight: number;
  readonly maxSessions: number;
  readonly membershipTimeoutUs: number;
}

const MS = 1_000;
const KIB = 1_024;

/** Draws the plan of one run, of which a repro may hold another version. */
export function drawRaftPlan(run: Run, setting: RaftSetting): RaftPlan {
  return plannedRaft(run, draw(run, setting));
}

function draw(run: Run, setting: RaftSetting): RaftPlan {
  const stream = run.workload;
  const members = run.integer("servers") || stream.pick(setting.sizes);
  const spares = stream.below(setting.spares + 1);
  const servers = Array.from({ length: members + spares }, (_, i) => `n${i + 1}`);
  const voters = servers.slice(0, members);
  const stormUs = (run.integer("stormMs") || drawStormMs(stream)) * MS;
  const clients = run.integer("clients") || stream.between(3, 6);
  const { operations, keys } = drawOperations(stream, {
    clients,
    keys: stream.pick(setting.keys),
    operations: run.integer("operations"),
    stormUs,
    reads: setting.reads,
    readPercents: setting.readPercents,
    paddingBytes: setting.paddingBytes,
  });
  const nemesis = drawNemesis(stream, { counts: setting.nemesis, servers, stormUs });
  const changes = nemesis.some(({ act }) => act.kind === "change");
  const faulty = drawFaulty(setting.damage, voters, changes ? MIN_VOTERS : voters.length, stream);
  return {
    servers,
    bootstrap: makeConfiguration(voters),
    faulty,
    victims: setting.damage === "liar" ? [...faulty] : voters,
    oldVersions: new Set(stream.below(4) === 0 ? servers.filter(() => stream.below(2) === 1) : []),
    tuning: drawTuning(setting, stream),
    metadata: stream.pick(["journaled", "adversarial"] as const),
    maxStrikes: stream.pick(setting.maxStrikes),
    clients: operations,
    keys,
    operationTimeoutUs: stream.pick([500, 1_000, 2_000]) * MS,
    attemptTimeoutUs: stream.pick(setting.attemptTimeoutMs) * MS,
    nemesis,
    stormUs,
  };
}

/**
 * At most f servers of 2f + 1: then every quorum that can elect keeps an intact copy of what is committed
 * (Alagappan et al., FAST'18). `fewest`: the least number of voters that the cluster may come to have.
 */
function drawFaulty(
  damage: RaftSetting["damage"],
  voters: readonly string[],
  fewest: number,
  stream: Stream,
): ReadonlySet<string> {
  const shuffled = shuffle(voters, stream);
  if (damage === "none") return new Set();
  if (damage === "liar") return new Set(shuffled.slice(0, 1));
  return new Set(shuffled.slice(0, stream.below(((fewest - 1) >> 1) + 1)));
}

/** A short storm leaves the cluster in the state that some fault brought it to, and then it has to get well. */
function drawStormMs(stream: Stream): number {
  return stream.below(4) === 0 ? stream.between(800, 1_600) : stream.between(3_000, 6_000);
}

function drawTuning(setting: RaftSetting, stream: Stream): RaftTuning {
  const electionTimeoutUs = stream.pick(setting.electionTimeoutMs) * MS;
  return {
    electionTimeoutUs,
    heartbeatUs: Math.trunc(electionTimeoutUs / stream.pick(setting.heartbeats)),
    leaseDriftPpm: stream.pick(setting.leaseDriftPpm),
    snapshotEvery: stream.pick(setting.snapshotEvery),
    keepEntries: stream.pick([0, 4, 16, 1_000]),
    segmentBytes: stream.pick([8, 32, 256]) * KIB,
    maxAppendBytes: stream.pick([64, 4 * KIB, 1_024 * KIB]),
    maxInflight: stream.pick([1, 4, 64]),
    membershipTimeoutUs: 2_000 * MS,
    maxSessions: stream.pick([3, 8, 10_000]),
  };
}
