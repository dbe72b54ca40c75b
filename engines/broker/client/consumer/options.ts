import { assert, assertDurationUs } from "../../../env/index.js";
import type { Isolation } from "../../protocol/index.js";
import type { ClusterView } from "../cluster-view.js";

/** Where to go on when the log has nothing at a position, or there is no position yet. `none`: nowhere, an error. */
export type OffsetReset = "earliest" | "latest" | "none";

/**
 * What to do when what was read is no longer in the log (KIP-320). `rewind`: go back to where the log has parted from it.
 * `throw`: have `poll` reject with LOG_TRUNCATION, each time until somebody seeks.
 */
export type OnTruncation = "rewind" | "throw";

export interface ConsumerOptions {
  /** Shared, and closed by whoever made it. */
  readonly cluster: ClusterView;
  /** `latest` unless given. */
  readonly offsetReset?: OffsetReset;
  /** `read_uncommitted` unless given. */
  readonly isolation?: Isolation;
  /** `throw` unless given. */
  readonly onTruncation?: OnTruncation;
  /** `poll` gives no more at once; 500 unless given. */
  readonly maxPollRecords?: number;
  /** About how much is fetched ahead of `poll`: a batch from each leader may come on top; 8 MiB unless given. */
  readonly prefetchBytes?: number;
  /** One fetch takes no more of a partition, but a batch at least (`max.partition.fetch.bytes`); 1 MiB unless given. */
  readonly partitionMaxBytes?: number;
  /** How long a broker waits for records; 500 ms unless given. */
  readonly maxWaitUs?: number;
  /** How long a broker may take, beside waiting; 1 s unless given. */
  readonly requestTimeoutUs?: number;
  /** The wait after a refusal, half of it by chance; 50 ms unless given. */
  readonly retryBackoffUs?: number;
}

export type ConsumerSettings = Required<Omit<ConsumerOptions, "cluster">>;

const MIB = 1024 * 1024;

export function settingsOf(options: ConsumerOptions): ConsumerSettings {
  const settings: ConsumerSettings = {
    offsetReset: options.offsetReset ?? "latest",
    isolation: options.isolation ?? "read_uncommitted",
    onTruncation: options.onTruncation ?? "throw",
    maxPollRecords: options.maxPollRecords ?? 500,
    prefetchBytes: options.prefetchBytes ?? 8 * MIB,
    partitionMaxBytes: options.partitionMaxBytes ?? MIB,
    maxWaitUs: options.maxWaitUs ?? 500_000,
    requestTimeoutUs: options.requestTimeoutUs ?? 1_000_000,
    retryBackoffUs: options.retryBackoffUs ?? 50_000,
  };
  for (const durationUs of [settings.maxWaitUs, settings.requestTimeoutUs, settings.retryBackoffUs]) {
    assertDurationUs(durationUs);
    assert(durationUs > 0, "what is waited for has some time");
  }
  const { maxPollRecords, prefetchBytes, partitionMaxBytes } = settings;
  for (const most of [maxPollRecords, prefetchBytes, partitionMaxBytes]) {
    assert(most > 0, "there is room for records");
  }
  return settings;
}
