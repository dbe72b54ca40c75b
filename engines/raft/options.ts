import { badArgument } from "./errors.js";
import { LATEST_FORMAT, type FormatVersion } from "./codec/index.js";
import type { DurableMachine, StateMachine } from "./state-machine.js";
import type { RaftStorage } from "./storage.js";
import type { Configuration } from "./types.js";

export interface RaftNodeOptions {
  readonly storage: RaftStorage;
  readonly machine: StateMachine | DurableMachine;
  /**
   * The first members, the same on each of them. `EMPTY_CONFIGURATION` for a server that joins a cluster: it
   * waits until a leader sends it something.
   */
  readonly bootstrap: Configuration;
  /** Least time without a leader before an election; each is drawn from this to twice this. Default 300 ms. */
  readonly electionTimeoutUs?: number;
  /** Default 50 ms. */
  readonly heartbeatUs?: number;
  /**
   * By how much the rate of any server's monotonic clock may be wrong, in parts per million. Lease reads are
   * linearizable only while this holds. Default 1,000.
   */
  readonly leaseDriftPpm?: number;
  /** Applied entries between two snapshots. Default 10,000. */
  readonly snapshotEvery?: number;
  /** Entries that stay behind a snapshot, for servers that are a little slow. Default 1,000. */
  readonly keepEntries?: number;
  /** Data in one append. Default 1 MiB. */
  readonly maxAppendBytes?: number;
  /** The longest command that is taken; it goes out in one message. Default 4 MiB. */
  readonly maxCommandBytes?: number;
  /** Appends to one server without an answer. Default 64. */
  readonly maxInflight?: number;
  /** Proposals of this server without a result; further ones are refused with RAFT_BUSY. Default 16,384. */
  readonly maxPending?: number;
  /** How long a change of membership may take. Default 30 s. */
  readonly membershipTimeoutUs?: number;
  /** Format of the messages, see codec/. Lower than the latest while servers of the version before still run. */
  readonly formatVersion?: FormatVersion;
}

export type RaftSettings = Required<RaftNodeOptions>;

const MIB = 1024 * 1024;
const PPM = 1_000_000;

/** Throws RAFT_BAD_ARGUMENT. */
export function settingsOf(options: RaftNodeOptions): RaftSettings {
  const settings: RaftSettings = {
    electionTimeoutUs: 300_000,
    heartbeatUs: 50_000,
    leaseDriftPpm: 1_000,
    snapshotEvery: 10_000,
    keepEntries: 1_000,
    maxAppendBytes: MIB,
    maxCommandBytes: 4 * MIB,
    maxInflight: 64,
    maxPending: 16_384,
    membershipTimeoutUs: 30_000_000,
    formatVersion: LATEST_FORMAT,
    ...options,
  };
  const max = Number.MAX_SAFE_INTEGER;
  inRange("heartbeatUs", settings.heartbeatUs, 4, max);
  inRange("electionTimeoutUs", settings.electionTimeoutUs, 2 * settings.heartbeatUs, 0x1_0000_0000);
  inRange("leaseDriftPpm", settings.leaseDriftPpm, 0, PPM - 1);
  inRange("snapshotEvery", settings.snapshotEvery, 1, max);
  inRange("keepEntries", settings.keepEntries, 0, max);
  inRange("maxAppendBytes", settings.maxAppendBytes, 1, max);
  inRange("maxCommandBytes", settings.maxCommandBytes, 1, max);
  inRange("maxInflight", settings.maxInflight, 1, max);
  inRange("maxPending", settings.maxPending, 1, max);
  inRange("membershipTimeoutUs", settings.membershipTimeoutUs, 1, max);
  return settings;
}

/**
 * How long a lease lasts. A voter protects its leader for an election timeout by its own clock, which may be too
 * fast; the leader counts by one that may be too slow.
 */
export function leaseUs({ electionTimeoutUs, leaseDriftPpm }: RaftSettings): number {
  return Math.floor((electionTimeoutUs * (PPM - leaseDriftPpm)) / (PPM + leaseDriftPpm));
}

function inRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw badArgument(`an integer from ${min} to ${max}`, String(value), `option ${name}`);
  }
}
