import { assert, assertDurationUs } from "../../../env/index.js";
import type { Acks } from "../../protocol/index.js";
import type { ClusterView } from "../cluster-view.js";
import { invalid } from "../errors.js";

/** How many batches of a producer brokers remember in each partition (KIP-98). */
const REMEMBERED_BATCHES = 5;

export interface ProducerOptions {
  /** Shared, and closed by whoever made it. */
  readonly cluster: ClusterView;
  /** Who has a record before it is acknowledged; `all` unless given. */
  readonly acks?: Acks;
  /** Whether brokers tell retries from new records (KIP-98); needs `acks` all. True unless given or `acks` says otherwise. */
  readonly isIdempotent?: boolean;
  /**
   * Whose transactions they are: one producer of an id gets anywhere, the one that was opened last (KIP-98). Then all
   * records have to be in transactions. None unless given.
   */
  readonly transactionalId?: string;
  /** A transaction that takes longer is aborted, and its producer fenced; 1 minute unless given. */
  readonly transactionTimeoutUs?: number;
  /** How long a batch waits for more records; 0 unless given. */
  readonly lingerUs?: number;
  /**
   * A batch that would grow above it is sent, and a larger record alone; 16 KiB unless given. A batch that is larger than the
   * topic's `segmentBytes` or the broker's `maxBatchBytes` fails with MESSAGE_TOO_LARGE, and is not sent in parts.
   */
  readonly batchBytes?: number;
  /** Batches of a partition without an answer; 1 to 5, 5 unless given. One at a time where not idempotent, to keep the order. */
  readonly maxInFlight?: number;
  /** Bytes of records without an end; further ones wait. 32 MiB unless given. */
  readonly bufferBytes?: number;
  /** So many wait for room in the buffer; more are refused with BUFFER_EXHAUSTED. 10,000 unless given. */
  readonly maxWaiting?: number;
  /** How long a broker may take; 1 s unless given. */
  readonly requestTimeoutUs?: number;
  /** A record ends so long after `send`, at the latest; 30 s unless given. Less than brokers remember a producer. */
  readonly deliveryTimeoutUs?: number;
  /** The wait after a refusal, half of it by chance; 50 ms unless given. */
  readonly retryBackoffUs?: number;
}

export type ProducerSettings = Required<Omit<ProducerOptions, "cluster" | "transactionalId">> & {
  readonly transactionalId: string | undefined;
};

/** Throws INVALID_REQUEST for what contradicts itself. */
export function settingsOf(options: ProducerOptions): ProducerSettings {
  const acks = options.acks ?? "all";
  const isIdempotent = options.isIdempotent ?? acks === "all";
  if (isIdempotent && acks !== "all") throw invalid("acks all with isIdempotent", `acks ${acks}`, "acks");
  const { transactionalId } = options;
  if (transactionalId !== undefined && !isIdempotent) {
    throw invalid("isIdempotent with a transactionalId", "not so", "isIdempotent");
  }
  if (transactionalId === "") throw invalid("an id", "an empty one", "transactionalId");
  const maxInFlight = options.maxInFlight ?? REMEMBERED_BATCHES;
  if (!(Number.isInteger(maxInFlight) && maxInFlight >= 1 && maxInFlight <= REMEMBERED_BATCHES)) {
    throw invalid(`1 to ${REMEMBERED_BATCHES} batches`, `${maxInFlight}`, "maxInFlight");
  }
  const settings: ProducerSettings = {
    acks,
    isIdempotent,
    transactionalId,
    transactionTimeoutUs: options.transactionTimeoutUs ?? 60_000_000,
    lingerUs: options.lingerUs ?? 0,
    batchBytes: options.batchBytes ?? 16_384,
    maxInFlight: isIdempotent ? maxInFlight : 1,
    bufferBytes: options.bufferBytes ?? 33_554_432,
    maxWaiting: options.maxWaiting ?? 10_000,
    requestTimeoutUs: options.requestTimeoutUs ?? 1_000_000,
    deliveryTimeoutUs: options.deliveryTimeoutUs ?? 30_000_000,
    retryBackoffUs: options.retryBackoffUs ?? 50_000,
  };
  assertDurationUs(settings.lingerUs);
  const { requestTimeoutUs, deliveryTimeoutUs, retryBackoffUs, transactionTimeoutUs } = settings;
  for (const durationUs of [requestTimeoutUs, deliveryTimeoutUs, retryBackoffUs, transactionTimeoutUs]) {
    assertDurationUs(durationUs);
    assert(durationUs > 0, "what is waited for has some time");
  }
  assert(settings.maxWaiting >= 0, "none or some may wait");
  assert(settings.batchBytes > 0 && settings.bufferBytes > 0, "there is room for records");
  return settings;
}
