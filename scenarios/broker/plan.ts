/**
 * What a run of a broker scenario will be: its cluster, its topic, what its clients send and read, and what happens on
 * purpose. All of it is drawn before the run begins, so that what one part does changes none of the others.
 */
import type { TopicConfig } from "#engines/broker/metadata/types.js";
import type { MetadataProfile } from "#sim/disk/profile.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import { shuffle } from "../raft/draw.js";
import { drawNemesis, type NemesisAction } from "./nemesis-plan.js";
import type { BrokerSetting, Durability } from "./setting.js";

/** Counted up when what follows holds other values than before. */
export const BROKER_PLAN_VERSION = 2;

export interface BrokerPlan {
  readonly controllers: readonly string[];
  readonly brokers: readonly string[];
  readonly topic: TopicPlan;
  readonly tuning: BrokerTuning;
  /** Brokers whose disks may lose what is not durable, where brokers answer before it is. */
  readonly faulty: readonly string[];
  readonly metadata: MetadataProfile;
  /** Of the disks: how long about a write stays in the page cache only. */
  readonly writeBackMeanUs: number;
  readonly maxStrikes: number;
  readonly producers: readonly ProducerPlan[];
  readonly consumers: readonly ConsumerPlan[];
  readonly sends: readonly PlannedSend[];
  readonly reads: readonly PlannedRead[];
  readonly nemesis: readonly NemesisAction[];
  /** How long everything may break; what follows is about getting well again. */
  readonly stormUs: number;
}

export interface TopicPlan {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: TopicConfig;
}

export interface BrokerTuning {
  readonly durability: Durability;
  readonly heartbeatUs: number;
  readonly sessionTimeoutUs: number;
  readonly replicaLagMaxUs: number;
  readonly fetchMaxWaitUs: number;
  readonly flushIntervalUs: number;
  readonly retentionCheckUs: number;
  readonly electionTimeoutUs: number;
  readonly raftHeartbeatUs: number;
  readonly snapshotEvery: number;
  readonly metadataRecordsKept: number;
  /** 0: preferred replicas lead again only where somebody asks for it. */
  readonly preferredLeaderIntervalUs: number;
  /** Of what a reassignment copies; 0: without a limit. */
  readonly throttleBytesPerS: number;
}

export interface ProducerPlan {
  readonly acks: 0 | 1 | "all";
  readonly isIdempotent: boolean;
  readonly lingerUs: number;
  readonly maxInFlight: number;
  readonly batchBytes: number;
  readonly requestTimeoutUs: number;
  readonly deliveryTimeoutUs: number;
}

export interface ConsumerPlan {
  readonly maxPollRecords: number;
  readonly prefetchBytes: number;
  readonly fetchMaxWaitUs: number;
}

/** One record that a producer sends. */
export interface PlannedSend {
  readonly producer: number;
  readonly id: number;
  readonly partition: number;
  /** Of a few, so that compaction has something to do. */
  readonly key: number;
  readonly isTombstone: boolean;
  readonly paddingBytes: number;
  readonly thinkUs: number;
}

/** What a consumer does between two polls, in their order. */
export interface PlannedRead {
  readonly consumer: number;
  readonly kind: "poll" | "rewind" | "end";
  /** Of `rewind` and `end`. */
  readonly partition: number;
  /** `rewind`: to a place so many thousandths from the beginning. */
  readonly permille: number;
  readonly thinkUs: number;
}

const MS = 1_000;
const KIB = 1_024;
const DAY_MS = 86_400_000;
/** Of the storm; the rest goes by while sends wait for a cluster that is in trouble. */
const THINKING_PERCENT = 70;

/** Draws the plan of one run, of which a repro may hold another version. */
export function drawBrokerPlan(run: Run, setting: BrokerSetting): BrokerPlan {
  const drawn = draw(run, setting);
  const cluster = run.planned("cluster", {
    controllers: drawn.controllers,
    brokers: drawn.brokers,
    faulty: drawn.faulty,
    metadata: drawn.metadata,
    writeBackMeanUs: drawn.writeBackMeanUs,
    maxStrikes: drawn.maxStrikes,
    producers: drawn.producers,
    consumers: drawn.consumers,
  });
  return {
    ...cluster,
    topic: run.planned("topic", drawn.topic),
    tuning: run.planned("tuning", drawn.tuning),
    sends: run.planned("sends", drawn.sends),
    reads: run.planned("reads", drawn.reads),
    nemesis: run.planned("acts", drawn.nemesis),
    stormUs: run.planned("stormUs", drawn.stormUs),
  };
}

function draw(run: Run, setting: BrokerSetting): BrokerPlan {
  const stream = run.workload;
  const controllers = names("c", run.integer("controllers") || stream.pick(setting.controllers));
  const brokers = names("b", run.integer("brokers") || stream.pick(setting.brokers));
  const stormUs = (run.integer("stormMs") || drawStormMs(stream)) * MS;
  const topic = drawTopic(setting, brokers.length, stream);
  const tuning = drawTuning(setting, stream);
  const producers = Array.from({ length: stream.between(1, 3) }, () => drawProducer(stream));
  const consumers = Array.from({ length: stream.between(1, 2) }, () => drawConsumer(stream));
  const operations = run.integer("operations");
  const sends = Math.trunc((operations * 2) / 3);
  return {
    controllers,
    brokers,
    topic,
    tuning,
    faulty: drawFaulty(topic, tuning, brokers, stream),
    metadata: stream.pick(["journaled", "adversarial"] as const),
    maxStrikes: stream.pick(setting.maxStrikes),
    producers,
    consumers,
    sends: drawSends(stream, { count: sends, producers: producers.length, topic, stormUs }),
    reads: drawReads(stream, { count: operations - sends, consumers: consumers.length, topic, stormUs }),
    nemesis: drawNemesis(stream, { counts: setting.nemesis, brokers, topic, stormUs }),
    stormUs,
    writeBackMeanUs: stream.pick(setting.writeBackMeansUs),
  };
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

/** A short storm leaves the cluster in the state that some fault brought it to, and then it has to get well. */
function drawStormMs(stream: Stream): number {
  return stream.below(4) === 0 ? stream.between(1_000, 2_000) : stream.between(3_000, 6_000);
}

function drawTopic(setting: BrokerSetting, brokers: number, stream: Stream): TopicPlan {
  const replicationFactor = Math.min(brokers, stream.pick(setting.replicationFactors));
  const config: TopicConfig = {
    segmentBytes: stream.pick([800, 2 * KIB, 16 * KIB]),
    segmentMs: stream.pick([300, 1_000, DAY_MS]),
    indexIntervalBytes: stream.pick([1, 300, 4 * KIB]),
    cleanup: stream.pick(setting.cleanups),
    retentionBytes: stream.pick(setting.retentionBytes),
    retentionMs: stream.pick(setting.retentionMs),
    deleteRetentionMs: stream.pick([0, 500, DAY_MS]),
    minDirtyPermille: stream.pick([0, 100, 500]),
    producerExpiryMs: DAY_MS,
    minInsyncReplicas: Math.min(replicationFactor, stream.pick(setting.minInsyncReplicas)),
    allowsUncleanElection: setting.allowsUncleanElection,
  };
  return { partitions: stream.pick(setting.partitions), replicationFactor, config };
}

/**
 * A broker that answers before its disk has something may lose it with its power. As many of them may as are not needed:
 * what is acknowledged is on `minInsyncReplicas`, and one of those has to keep it.
 */
function drawFaulty(
  { config: { minInsyncReplicas } }: TopicPlan,
  { durability }: BrokerTuning,
  brokers: readonly string[],
  stream: Stream,
): string[] {
  if (durability === "sync") return [];
  return shuffle(brokers, stream).slice(0, minInsyncReplicas - 1);
}

function drawTuning(setting: BrokerSetting, stream: Stream): BrokerTuning {
  const electionTimeoutUs = stream.pick([200, 300, 500]) * MS;
  const heartbeatUs = stream.pick([50, 100]) * MS;
  return {
    durability: stream.pick(setting.durabilities),
    heartbeatUs,
    sessionTimeoutUs: heartbeatUs * stream.pick([4, 6, 10]),
    replicaLagMaxUs: stream.pick([300, 600, 1_500]) * MS,
    fetchMaxWaitUs: stream.pick([20, 100, 300]) * MS,
    flushIntervalUs: stream.pick([50, 400, 5_000]) * MS,
    retentionCheckUs: stream.pick([100, 300, 1_000]) * MS,
    electionTimeoutUs,
    raftHeartbeatUs: Math.trunc(electionTimeoutUs / stream.pick([3, 5])),
    snapshotEvery: stream.pick([4, 20, 10_000]),
    metadataRecordsKept: stream.pick([4, 50, 4_096]),
    preferredLeaderIntervalUs: stream.pick([0, 500, 2_000]) * MS,
    throttleBytesPerS: stream.pick([0, 0, 2_000, 20_000]),
  };
}

function drawProducer(stream: Stream): ProducerPlan {
  const acks = stream.pick(["all", "all", "all", "all", 1, 0] as const);
  return {
    acks,
    isIdempotent: acks === "all" && stream.below(5) > 0,
    lingerUs: stream.pick([0, 0, 2, 20]) * MS,
    maxInFlight: stream.pick([1, 2, 5, 5]),
    batchBytes: stream.pick([100, 1_000, 16 * KIB]),
    requestTimeoutUs: stream.pick([150, 400, 1_000]) * MS,
    deliveryTimeoutUs: stream.pick([600, 2_000, 4_000]) * MS,
  };
}

function drawConsumer(stream: Stream): ConsumerPlan {
  return {
    maxPollRecords: stream.pick([1, 10, 500]),
    prefetchBytes: stream.pick([1, 500, 64 * KIB]),
    fetchMaxWaitUs: stream.pick([1, 50, 300]) * MS,
  };
}

interface Load {
  readonly count: number;
  readonly topic: TopicPlan;
  readonly stormUs: number;
}

function drawSends(
  stream: Stream,
  { count, producers, topic, stormUs }: Load & { readonly producers: number },
): PlannedSend[] {
  const meanThinkUs = meanThink(count, producers, stormUs);
  return Array.from({ length: count }, (_, id) => ({
    producer: id % producers,
    id,
    partition: stream.below(topic.partitions),
    key: stream.below(5),
    isTombstone: stream.below(12) === 0,
    paddingBytes: stream.pick([0, 20, 20, 200, 700]),
    thinkUs: drawThink(stream, meanThinkUs),
  }));
}

function drawReads(
  stream: Stream,
  { count, consumers, topic, stormUs }: Load & { readonly consumers: number },
): PlannedRead[] {
  const meanThinkUs = meanThink(count, consumers, stormUs);
  return Array.from({ length: count }, (_, id) => {
    const dice = stream.below(10);
    return {
      consumer: id % consumers,
      kind: dice < 6 ? "poll" : dice < 7 ? "rewind" : "end",
      partition: stream.below(topic.partitions),
      permille: stream.below(1_000),
      thinkUs: drawThink(stream, meanThinkUs),
    };
  });
}

function meanThink(count: number, clients: number, stormUs: number): number {
  const perClient = Math.max(1, Math.trunc(count / clients));
  return Math.trunc((stormUs * THINKING_PERCENT) / 100 / perClient);
}

/** Bursts with pauses between them: within a burst requests overlap, and so do their faults. */
function drawThink(stream: Stream, meanUs: number): number {
  return stream.below(3) > 0 ? stream.below(2_000) : stream.below(6 * meanUs + 1);
}
