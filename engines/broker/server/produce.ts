import { isInternal } from "../coordinator/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import { reached } from "../observe.js";
import type { Acks, ProduceRequest, ProduceResponse, ProduceResult } from "../protocol/types.js";
import { checkNewBatch } from "../record/index.js";
import type { Partition, WaitOutcome } from "../replica/index.js";
import type { TopicPartition } from "../types.js";
import { refused, type Desk } from "./desk.js";

type Part = ProduceRequest["partitions"][number];

/** Ends what still waits, once the producer's time is over. */
type GiveUp = () => void;

/** Appends each batch, and answers once `acks` says so. */
export async function serveProduce(desk: Desk, request: ProduceRequest): Promise<ProduceResponse> {
  const waiting: Set<GiveUp> = new Set();
  const results = request.partitions.map((part) => produce(desk, request.acks, part, waiting));
  const timer = desk.env.clock.setTimer(request.timeoutUs, () => {
    for (const giveUp of waiting) giveUp();
  });
  const forget = desk.lifeline.onCut(() => timer.cancel());
  try {
    return { partitions: await Promise.all(results) };
  } finally {
    timer.cancel();
    forget();
  }
}

async function produce(
  desk: Desk,
  acks: Acks,
  { partition, batch }: Part,
  waiting: Set<GiveUp>,
): Promise<ProduceResult> {
  try {
    const found = desk.find(partition);
    if (isInternal(partition.topic))
      throw found.refusal("INVALID_REQUEST", "a topic that coordinators write");
    checkNewBatch(batch, desk.settings.maxBatchBytes);
    const { firstOffset, lastOffset } = found.append(batch, acks);
    if (acks === 1 && desk.settings.durability === "sync") await found.replica.persist();
    // A batch that was there already may be as little committed as one that is new.
    const outcome = acks === "all" ? await committed(found, lastOffset + 1, waiting) : undefined;
    if (outcome !== undefined) return refused(desk, partition, notCommitted(partition, outcome));
    return { partition, ok: true, baseOffset: firstOffset, logStartOffset: found.log.logStartOffset };
  } catch (error) {
    return refused(desk, partition, error);
  }
}

function committed(partition: Partition, upTo: number, waiting: Set<GiveUp>): Promise<WaitOutcome> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      reached(partition.host.env, "broker/produce-timed-out");
      end(partition.lateCode);
    };
    waiting.add(giveUp);
    const end = partition.whenCommitted(upTo, (outcome) => {
      waiting.delete(giveUp);
      resolve(outcome);
    });
  });
}

function notCommitted({ topic, partition }: TopicPartition, code: BrokerErrorCode): BrokerError {
  return new BrokerError(code, {
    expected: "every replica in sync to have the records",
    found: "the records, in this log",
    where: `${topic}-${partition}`,
    todo: "send the same batch again",
  });
}
