/** What tells one broker scenario from another. */
import type { CleanupPolicy } from "#engines/broker/log/types.js";

export type Durability = "cache" | "sync";

export interface BrokerSetting {
  /** Numbers of controllers and of brokers, from which a run draws. */
  readonly controllers: readonly number[];
  readonly brokers: readonly number[];
  /** Partitions of the topic, replicas of each, and how many have to be in sync. */
  readonly partitions: readonly number[];
  readonly replicationFactors: readonly number[];
  readonly minInsyncReplicas: readonly number[];
  readonly durabilities: readonly Durability[];
  readonly cleanups: readonly CleanupPolicy[];
  /** A replica that lacks something committed may lead where nobody else can: what it lacks is lost, and counted. */
  readonly allowsUncleanElection: boolean;
  /** Retention by size, in bytes, and by time; -1 for none. */
  readonly retentionBytes: readonly number[];
  readonly retentionMs: readonly number[];
  /** From which a run draws how long about a write stays in the page cache of a machine only. */
  readonly writeBackMeansUs: readonly number[];
  /** How many of each are planned in a run, at most. */
  readonly nemesis: NemesisCounts;
  readonly partitioning: "none" | "some" | "many";
  /** So many crashes and power losses at most, from which a run draws: calm runs and storms. */
  readonly maxStrikes: readonly number[];
  /** Which machines may crash, lose their power and stand still. */
  readonly strikes: "all" | "controllers" | "brokers";
}

export interface NemesisCounts {
  /** A broker is shut down in order, and comes back. */
  readonly shutdowns: number;
  /** Whoever leads a partition is cut off from the other brokers, the controllers or both. */
  readonly cuts: number;
  /** Whoever leads a partition is killed. */
  readonly kills: number;
  readonly reassignments: number;
  readonly preferredElections: number;
  /** The active controller is killed. */
  readonly controllerKills: number;
  /** A follower lags behind; as it comes back its leader is cut off. */
  readonly ambushes: number;
  /** A follower loses the end of its log just when that is hardest to notice. */
  readonly relapses: number;
}

/** Nothing happens on purpose. */
export const CALM: NemesisCounts = {
  shutdowns: 0,
  cuts: 0,
  kills: 0,
  reassignments: 0,
  preferredElections: 0,
  controllerKills: 0,
  ambushes: 0,
  relapses: 0,
};

export const BROKER_SETTING: BrokerSetting = {
  controllers: [1, 3, 3, 3],
  brokers: [3, 3, 4, 5],
  partitions: [1, 2, 3],
  replicationFactors: [3, 3, 3, 2],
  minInsyncReplicas: [2, 2, 2, 1],
  durabilities: ["cache", "sync"],
  cleanups: ["delete", "delete", "delete", "compact"],
  allowsUncleanElection: false,
  retentionBytes: [-1, -1, 6_000],
  retentionMs: [-1, -1, 1_500],
  writeBackMeansUs: [30_000, 300_000, 3_000_000],
  nemesis: {
    shutdowns: 2,
    cuts: 2,
    kills: 1,
    reassignments: 1,
    preferredElections: 1,
    controllerKills: 1,
    ambushes: 1,
    relapses: 3,
  },
  partitioning: "some",
  maxStrikes: [2, 4, 8, 16],
  strikes: "all",
};
