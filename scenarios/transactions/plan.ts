/**
 * What a run of the scenario will be, beside the cluster and its topic, which are drawn as for every broker scenario: what
 * coordinators are told, who writes, reads and transforms what, and blows at coordinators. Drawn before the run begins.
 */
import type { AssignorName } from "#engines/broker/assignors/index.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import type { BrokerPlan } from "../broker/plan.js";

/** Counted up when what follows holds other values than before. */
export const TRANSACTIONS_PLAN_VERSION = 2;

export interface TransactionsPlan {
  readonly coordinators: CoordinatorsPlan;
  readonly topics: { readonly inputs: number; readonly outputs: number; readonly producerExpiryMs: number };
  readonly writers: readonly WriterPlan[];
  readonly pipeline: PipelinePlan;
  readonly readers: readonly ReaderPlan[];
  readonly transactions: readonly PlannedTransaction[];
  readonly rounds: readonly PlannedRound[];
  readonly reads: readonly PlannedReading[];
  readonly blows: readonly PlannedBlow[];
}

export interface CoordinatorsPlan {
  /** Of each internal topic. */
  readonly partitions: number;
  readonly segmentBytes: number;
  readonly initialRebalanceDelayUs: number;
  readonly commitTimeoutUs: number;
  readonly retryBackoffUs: number;
}

export interface WriterPlan {
  /** Two with the same one fence each other. */
  readonly transactionalId: string;
  readonly transactionTimeoutUs: number;
  readonly lingerUs: number;
  readonly maxInFlight: number;
  readonly batchBytes: number;
  readonly requestTimeoutUs: number;
  readonly deliveryTimeoutUs: number;
}

export interface PipelinePlan {
  readonly members: number;
  readonly assignors: readonly AssignorName[];
  readonly maxPollRecords: number;
  readonly sessionTimeoutUs: number;
  readonly heartbeatIntervalUs: number;
  readonly maxPollIntervalUs: number;
  /** Of its producers. */
  readonly transactionTimeoutUs: number;
}

export interface ReaderPlan {
  readonly isCommitted: boolean;
  readonly maxPollRecords: number;
  readonly prefetchBytes: number;
}

/**
 * How something that was begun ends. `leave`: the producer goes and begins anew without a word. `crash`: its machine does.
 * `alone`: the records are in no transaction. `vanish`: as soon as it is decided that it is committed, the machine is gone for
 * good, and that of its coordinator crashes with it.
 */
export type PlannedEnd = "commit" | "abort" | "leave" | "crash" | "alone" | "vanish";

export interface PlannedTransaction {
  readonly id: number;
  readonly writer: number;
  readonly thinkUs: number;
  readonly records: readonly PlannedRecord[];
  /** Between the last record and the end: above the transaction's timeout, a zombie comes back. `vanish`: after the decision. */
  readonly stallUs: number;
  readonly end: PlannedEnd;
}

export interface PlannedRecord {
  /** To an output, or to what pipelines read. */
  readonly to: "input" | "output";
  readonly partition: number;
  readonly paddingBytes: number;
}

/** What a pipeline's member does with one transaction; once all rounds are over, they all commit at once. */
export interface PlannedRound {
  readonly member: number;
  readonly stallUs: number;
  readonly end: Exclude<PlannedEnd, "alone" | "vanish">;
}

/** What a reader does, in its order. */
export interface PlannedReading {
  readonly reader: number;
  /** `position`: asks where the group is. */
  readonly kind: "poll" | "rewind" | "position";
  /** `rewind`: all partitions, to a place so many thousandths from the beginning. */
  readonly permille: number;
  readonly thinkUs: number;
}

/** At whoever leads a partition: one of a coordinator's, or one that is written to. */
export interface PlannedBlow {
  readonly atUs: number;
  readonly kind: "kill" | "cut";
  readonly of: "transactions" | "groups" | "input" | "output";
  /** Modulo how many there are. */
  readonly partition: number;
  readonly lengthUs: number;
}

const MS = 1_000;
const KIB = 1_024;
const DAY_MS = 86_400_000;
/** Of the storm; the rest goes by while transactions wait for a cluster that is in trouble. */
const THINKING_PERCENT = 60;
const BLOWS_MAX = 4;
const CUT_MIN_US = 300_000;
const CUT_MAX_US = 2_000_000;
/** Markers take a few round trips. */
const VANISH_WITHIN_US = 3_000;

/** Draws the plan of one run, of which a repro may hold another version. */
export function drawTransactionsPlan(run: Run, { stormUs }: BrokerPlan): TransactionsPlan {
  const drawn = draw(run, stormUs);
  const parts = run.planned("transactional", {
    coordinators: drawn.coordinators,
    topics: drawn.topics,
    writers: drawn.writers,
    pipeline: drawn.pipeline,
    readers: drawn.readers,
  });
  return {
    ...parts,
    transactions: run.planned("transactions", drawn.transactions),
    rounds: run.planned("rounds", drawn.rounds),
    reads: run.planned("readings", drawn.reads),
    blows: run.planned("blows", drawn.blows),
  };
}

function draw(run: Run, stormUs: number): TransactionsPlan {
  const stream = run.world.streams.get("transactions");
  const writers = drawWriters(stream);
  const pipeline = drawPipeline(stream);
  const readers = drawReaders(stream);
  const topics = {
    inputs: stream.pick([1, 2, 3]),
    outputs: stream.pick([1, 2]),
    producerExpiryMs: stream.pick([DAY_MS, DAY_MS, 300]),
  };
  return {
    coordinators: {
      partitions: stream.pick([1, 2, 3]),
      segmentBytes: stream.pick([KIB, 16 * KIB]),
      initialRebalanceDelayUs: stream.pick([0, 50, 300]) * MS,
      commitTimeoutUs: stream.pick([300, 1_000]) * MS,
      retryBackoffUs: stream.pick([20, 100]) * MS,
    },
    topics,
    writers,
    pipeline,
    readers,
    transactions: drawTransactions(stream, run.integer("transactions"), { writers, topics, stormUs }),
    rounds: Array.from({ length: 30 }, (_, index) => drawRound(stream, index % pipeline.members)),
    reads: drawReads(stream, run.integer("reads"), readers.length, stormUs),
    blows: drawBlows(stream, stormUs),
  };
}

function drawWriters(stream: Stream): WriterPlan[] {
  const isShared = stream.below(2) === 0;
  return Array.from({ length: stream.between(2, 3) }, (_, index) => ({
    transactionalId: `t${isShared && index === 1 ? 1 : index + 1}`,
    transactionTimeoutUs: stream.pick([300, 800, 2_000]) * MS,
    lingerUs: stream.pick([0, 0, 2, 20]) * MS,
    maxInFlight: stream.pick([1, 2, 5, 5]),
    batchBytes: stream.pick([100, 1_000, 16 * KIB]),
    requestTimeoutUs: stream.pick([150, 400, 1_000]) * MS,
    deliveryTimeoutUs: stream.pick([600, 2_000, 4_000]) * MS,
  }));
}

function drawPipeline(stream: Stream): PipelinePlan {
  const sessionTimeoutUs = stream.pick([500, 1_000, 2_000]) * MS;
  return {
    members: stream.between(1, 3),
    assignors: stream.pick<readonly AssignorName[]>([
      ["range"],
      ["cooperative-sticky"],
      ["range", "cooperative-sticky"],
    ]),
    maxPollRecords: stream.pick([1, 5, 50]),
    sessionTimeoutUs,
    heartbeatIntervalUs: Math.trunc(sessionTimeoutUs / stream.pick([3, 6])),
    maxPollIntervalUs: stream.pick([600, 1_500, 4_000]) * MS,
    transactionTimeoutUs: stream.pick([300, 800, 2_000]) * MS,
  };
}

function drawReaders(stream: Stream): ReaderPlan[] {
  return [true, false, true].slice(0, stream.between(2, 3)).map((isCommitted) => ({
    isCommitted,
    maxPollRecords: stream.pick([1, 10, 500]),
    prefetchBytes: stream.pick([1, 500, 64 * KIB]),
  }));
}

interface Load extends Pick<TransactionsPlan, "writers" | "topics"> {
  readonly stormUs: number;
}

function drawTransactions(
  stream: Stream,
  count: number,
  { writers, topics, stormUs }: Load,
): PlannedTransaction[] {
  const meanThinkUs = meanThink(count, writers.length, stormUs);
  // Outside of a transaction, brokers that have forgotten a producer take its retries for new records.
  const isRemembered = topics.producerExpiryMs === DAY_MS;
  const vanishing = drawVanishing(stream, count);
  return Array.from({ length: count }, (_, id) => {
    const drawn = drawEnd(stream, ["abort", "abort", "leave", "crash", "alone", "alone"]);
    const end = drawn === "alone" && !isRemembered ? "commit" : drawn;
    const stallUs = drawStall(stream);
    return {
      id,
      writer: id % writers.length,
      thinkUs: drawThink(stream, meanThinkUs),
      records: Array.from({ length: stream.below(8) === 0 ? 0 : stream.between(1, 5) }, () =>
        drawRecord(stream, topics),
      ),
      stallUs: id === vanishing ? stream.below(VANISH_WITHIN_US) : stallUs,
      end: id === vanishing ? "vanish" : end,
    };
  });
}

/** In which transaction a writer does, in some runs. */
function drawVanishing(stream: Stream, count: number): number | undefined {
  return stream.below(3) === 0 ? stream.between(Math.trunc(count / 4), count) : undefined;
}

function drawRecord(stream: Stream, { inputs, outputs }: TransactionsPlan["topics"]): PlannedRecord {
  const to = stream.pick(["input", "input", "output"] as const);
  return {
    to,
    partition: stream.below(to === "input" ? inputs : outputs),
    paddingBytes: stream.pick([0, 20, 20, 200, 700]),
  };
}

function drawRound(stream: Stream, member: number): PlannedRound {
  return { member, stallUs: drawStall(stream), end: drawEnd(stream, ["abort", "leave", "crash"]) };
}

function drawEnd<E extends PlannedEnd>(stream: Stream, others: readonly E[]): E | "commit" {
  return stream.below(10) < 6 ? "commit" : stream.pick(others);
}

/** Mostly none; sometimes longer than any transaction may take, so that it is aborted under its producer's hands. */
function drawStall(stream: Stream): number {
  const dice = stream.below(20);
  if (dice < 15) return 0;
  return dice < 19 ? stream.below(100 * MS) : stream.between(400 * MS, 2_500 * MS);
}

function drawReads(stream: Stream, count: number, readers: number, stormUs: number): PlannedReading[] {
  const meanThinkUs = meanThink(count, readers, stormUs);
  return Array.from({ length: count }, (_, id) => ({
    reader: id % readers,
    kind: stream.pick(["poll", "poll", "poll", "poll", "poll", "poll", "position", "rewind"] as const),
    permille: stream.below(1_000),
    thinkUs: drawThink(stream, meanThinkUs),
  }));
}

function drawBlows(stream: Stream, stormUs: number): PlannedBlow[] {
  const blows = Array.from({ length: stream.below(BLOWS_MAX + 1) }, () => ({
    atUs: stream.below(stormUs),
    kind: stream.pick(["kill", "cut"] as const),
    of: stream.pick(["transactions", "transactions", "groups", "input", "output"] as const),
    partition: stream.below(6),
    lengthUs: stream.between(CUT_MIN_US, CUT_MAX_US),
  }));
  return blows.toSorted((a, b) => a.atUs - b.atUs);
}

function meanThink(count: number, clients: number, stormUs: number): number {
  const perClient = Math.max(1, Math.trunc(count / clients));
  return Math.trunc((stormUs * THINKING_PERCENT) / 100 / perClient);
}

/** Bursts with pauses between them. */
function drawThink(stream: Stream, meanUs: number): number {
  return stream.below(3) > 0 ? stream.below(2_000) : stream.below(4 * meanUs + 1);
}
