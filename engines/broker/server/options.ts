import { internalTopicsOf, type InternalTopicOptions, type InternalTopics } from "../coordinator/index.js";
import { BrokerError } from "../errors.js";
import { groupSettingsOf, type GroupOptions, type GroupSettings } from "../group/index.js";
import type { Durability, FetchPace } from "../replica/index.js";
import {
  transactionSettingsOf,
  type TransactionOptions,
  type TransactionSettings,
} from "../transaction/index.js";

export interface BrokerOptions {
  /** The broker's own; made where it is missing, its parent must be there. */
  readonly directory: string;
  /** Every controller, at least one. */
  readonly controllers: readonly string[];
  /** Default `cache`. */
  readonly durability?: Durability;
  /** A follower that was not at its leader's end for longer leaves the ISR. Default 30 s. */
  readonly replicaLagMaxUs?: number;
  /** How often a leader looks for those. Default 15 s. */
  readonly isrCheckUs?: number;
  /** Default 2 s. */
  readonly heartbeatUs?: number;
  /** How long a follower's fetch, or a consumer's at most, waits for something to come. Default 500 ms. */
  readonly fetchMaxWaitUs?: number;
  /** Default 10 MiB in one answer, and 1 MiB of one partition in it. */
  readonly fetchMaxBytes?: number;
  readonly partitionMaxBytes?: number;
  /** After a fetch that failed. Default 1 s. */
  readonly fetchBackoffUs?: number;
  /** How long an answer of a controller or of another broker may take. Default 5 s. */
  readonly requestTimeoutUs?: number;
  /**
   * How long one controller may take before the next is asked. Default 500 ms. Several of them should fit into a session:
   * else a broker that asks those first that are gone is fenced.
   */
  readonly attemptTimeoutUs?: number;
  /** After a request to the controllers that failed. Default 100 ms. */
  readonly retryBackoffUs?: number;
  /** How long a controller may keep a request for new metadata waiting. Default 500 ms. */
  readonly metadataMaxWaitUs?: number;
  /** How often logs are flushed in profile `cache`. Default 10 s. */
  readonly flushIntervalUs?: number;
  /** How often high watermarks are written down. Default 5 s. */
  readonly checkpointUs?: number;
  /** How often logs are cleaned. Default 5 min. */
  readonly retentionCheckUs?: number;
  /**
   * What one cleaning of a log may use of memory for the keys that it has met, about
   * (`log.cleaner.dedupe.buffer.size`). Default 128 MiB.
   */
  readonly dedupeBufferBytes?: number;
  /** For partitions that a reassignment brings here; 0: no limit. Default 0. */
  readonly throttleBytesPerS?: number;
  /** How many producer ids are asked for at once. Default 1,000. */
  readonly producerIdBlock?: number;
  /** Default 1 MiB. An answer to a follower's fetch holds a whole batch, which one message of the network has to hold. */
  readonly maxBatchBytes?: number;
  /** How long `close` waits for others to take over what this broker leads. Default 30 s. */
  readonly shutdownTimeoutUs?: number;
  /** Of the topics that coordinators keep what they know in. */
  readonly internalTopics?: InternalTopicOptions;
  readonly groups?: GroupOptions;
  readonly transactions?: TransactionOptions;
}

export type BrokerSettings = Required<Omit<BrokerOptions, "internalTopics" | "groups" | "transactions">> &
  FetchPace & {
    readonly internalTopics: InternalTopics;
    readonly groups: GroupSettings;
    readonly transactions: TransactionSettings;
  };

const MIB = 1024 * 1024;
const S = 1_000_000;

/** Throws INVALID_REQUEST. */
export function settingsOf(options: BrokerOptions): BrokerSettings {
  const settings: BrokerSettings = {
    durability: "cache",
    replicaLagMaxUs: 30 * S,
    isrCheckUs: 15 * S,
    heartbeatUs: 2 * S,
    fetchMaxWaitUs: 500_000,
    fetchMaxBytes: 10 * MIB,
    partitionMaxBytes: MIB,
    fetchBackoffUs: S,
    requestTimeoutUs: 5 * S,
    attemptTimeoutUs: 500_000,
    retryBackoffUs: 100_000,
    metadataMaxWaitUs: 500_000,
    flushIntervalUs: 10 * S,
    checkpointUs: 5 * S,
    retentionCheckUs: 300 * S,
    dedupeBufferBytes: 128 * MIB,
    throttleBytesPerS: 0,
    producerIdBlock: 1_000,
    maxBatchBytes: MIB,
    shutdownTimeoutUs: 30 * S,
    ...options,
    fetchMinBytes: 1,
    internalTopics: internalTopicsOf(options.internalTopics ?? {}),
    groups: groupSettingsOf(options.groups ?? {}),
    transactions: transactionSettingsOf(options.transactions ?? {}),
  };
  if (settings.controllers.length === 0) throw invalid("at least one controller", "none", "controllers");
  // Of a caller without types: anything else would quietly be the weaker profile.
  if (settings.durability !== "cache" && settings.durability !== "sync") {
    throw invalid("cache or sync", String(settings.durability), "durability");
  }
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== "number") continue;
    const least = name === "throttleBytesPerS" ? 0 : 1;
    const isValid = Number.isSafeInteger(value) && value >= least;
    if (!isValid) throw invalid(`an integer from ${least} on`, String(value), name);
  }
  return settings;
}

function invalid(expected: string, found: string, option: string): BrokerError {
  return new BrokerError("INVALID_REQUEST", {
    expected,
    found,
    where: `option ${option}`,
    todo: "correct the option",
  });
}
