/** One partition at a time, over a log in memory and a controller that answers as the test says. */
import { BrokerError, type BrokerErrorCode } from "#engines/broker/errors.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { BrokerState, PartitionState, TopicConfig } from "#engines/broker/metadata/types.js";
import type {
  AlterPartitionRequest,
  FetchPartition,
  FetchRequest,
  FetchResult,
} from "#engines/broker/protocol/types.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import {
  Lifeline,
  Partition,
  admitFetch,
  readFor,
  type LeadershipWatcher,
  type PartitionHost,
} from "#engines/broker/replica/index.js";
import { NO_EPOCH, type Offset } from "#engines/broker/types.js";
import { MemoryEnv, settle } from "../../support/memory-env.js";
import { MemoryLog } from "../support/memory-log.js";

export const LAG_US = 1_000_000;
export const RETRY_US = 10_000;
const TP = { topic: "t", partition: 0 };

export const CONFIG: TopicConfig = {
  segmentBytes: 1 << 20,
  segmentMs: 1 << 30,
  indexIntervalBytes: 4_096,
  cleanup: "delete",
  retentionBytes: -1,
  retentionMs: -1,
  deleteRetentionMs: 1_000,
  minDirtyPermille: 500,
  producerExpiryMs: 1_000_000,
  minInsyncReplicas: 2,
  allowsUncleanElection: false,
};

export function stateOf(change: Partial<PartitionState> = {}): PartitionState {
  return {
    replicas: ["b1", "b2", "b3"],
    adding: [],
    removing: [],
    isr: ["b1", "b2", "b3"],
    elr: [],
    lastKnownElr: [],
    leader: "b1",
    leaderEpoch: 1,
    partitionEpoch: 1,
    ...change,
  };
}

export function batch(values = 1, stamp?: { producerId: number; baseSequence: number }): Uint8Array {
  const records = Array.from({ length: values }, (_, at) => {
    return { key: null, value: new Uint8Array([at]), timestampMs: 1_000 };
  });
  return encodeBatch(records, stamp === undefined ? undefined : { ...stamp, producerEpoch: 0 });
}

interface Asked {
  readonly request: AlterPartitionRequest;
  readonly grant: (change?: Partial<PartitionState>) => Promise<void>;
  readonly refuse: (code: BrokerErrorCode) => Promise<void>;
}

/** Broker b1, with a partition of which b2 and b3 are replicas, too. */
export class Bench {
  readonly env: MemoryEnv = new MemoryEnv();
  readonly log: MemoryLog = new MemoryLog(TP);
  readonly lifeline: Lifeline = new Lifeline(this.env);
  /** What b1 asked the controller for, in order. */
  readonly asked: Asked[] = [];
  readonly failures: Error[] = [];
  readonly checkpoints: Offset[] = [];
  readonly known: Map<string, BrokerState> = new Map();
  readonly partition: Partition;

  constructor(
    options: {
      config?: Partial<TopicConfig>;
      host?: Partial<PartitionHost>;
      log?: MemoryLog;
      watcher?: LeadershipWatcher;
    } = {},
  ) {
    if (options.log !== undefined) this.log = options.log;
    for (const [at, id] of ["b1", "b2", "b3"].entries()) this.know(id, { epoch: at + 1 });
    const host: PartitionHost = {
      env: this.env,
      broker: "b1",
      durability: "cache",
      replicaLagMaxUs: LAG_US,
      alterRetryUs: RETRY_US,
      lifeline: this.lifeline,
      brokerEpoch: 1,
      brokerState: (id) => this.known.get(id),
      alterPartition: (request) => this.#ask(request),
      followingChanged: () => undefined,
      checkpointHighWatermarks: async () => void this.checkpoints.push(this.partition.highWatermark),
      fail: (error) => this.failures.push(error),
      ...options.host,
    };
    const config = { ...CONFIG, ...options.config };
    const { log } = this;
    const { watcher } = options;
    this.partition = new Partition({ host, partition: TP, config, log, highWatermark: 0, watcher });
  }

  know(id: string, change: Partial<BrokerState>): void {
    const state = { id, epoch: 0, incarnation: 7, isFenced: false, fencedAt: 0, isShuttingDown: false };
    this.known.set(id, { ...state, ...this.known.get(id), ...change });
  }

  get events(): BrokerEvent[] {
    return this.env.events as BrokerEvent[];
  }

  /** A follower has everything below `fetchOffset`. */
  fetch(
    broker: string,
    fetchOffset: Offset,
    change: Partial<FetchPartition> & { epoch?: number } = {},
  ): void {
    const epoch = change.epoch ?? this.known.get(broker)!.epoch;
    admitFetch(this.partition, requestOf(fetchOffset, change), { broker, epoch });
  }

  async consume(fetchOffset: Offset): Promise<Uint8Array> {
    return (await this.read(fetchOffset, UNCOMMITTED)).batches;
  }

  /** What a consumer gets. */
  async read(fetchOffset: Offset, by: typeof UNCOMMITTED): ReturnType<typeof readFor> {
    const request = requestOf(fetchOffset);
    admitFetch(this.partition, request, undefined);
    const { epoch } = this.partition.requireLeadership();
    return readFor(this.partition, request, by, epoch, 1_000_000);
  }

  async #ask(request: AlterPartitionRequest): Promise<PartitionState> {
    return new Promise((resolve, reject) => {
      this.asked.push({
        request,
        grant: async (change = {}) => {
          const state = this.partition.state!;
          const isr = request.isr.map(({ broker }) => broker);
          resolve({ ...state, isr, partitionEpoch: state.partitionEpoch + 1, ...change });
          await settle();
        },
        refuse: async (code) => {
          reject(new BrokerError(code, { expected: "", found: "", where: "the controller", todo: "" }));
          await settle();
        },
      });
    });
  }
}

/** A consumer that does not care what becomes of transactions. */
export const UNCOMMITTED: Pick<FetchRequest, "replica" | "isolation"> = {
  replica: undefined,
  isolation: "read_uncommitted",
};

export function requestOf(fetchOffset: Offset, change: Partial<FetchPartition> = {}): FetchPartition {
  return {
    partition: TP,
    currentLeaderEpoch: NO_EPOCH,
    fetchOffset,
    lastFetchedEpoch: NO_EPOCH,
    logStartOffset: 0,
    maxBytes: 1_000_000,
    ...change,
  };
}

/** What a leader answers. */
export function answerOf(
  change: Partial<Extract<FetchResult, { ok: true }>>,
): Extract<FetchResult, { ok: true }> {
  return {
    partition: TP,
    ok: true,
    highWatermark: 0,
    lastStableOffset: 0,
    logStartOffset: 0,
    aborted: [],
    diverging: undefined,
    batches: new Uint8Array(0),
    ...change,
  };
}

/** The code of what it throws, or rejects with. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
  return "none";
}
