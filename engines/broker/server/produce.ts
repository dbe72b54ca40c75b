import { isInternal } from "../coordinator/index.js";
import { BrokerError } from "../errors.js";
import type { ProduceRequest, ProduceResponse, ProduceResult } from "../protocol/types.js";
import { checkNewBatch, type BatchHeader } from "../record/index.js";
import type { Partition, VerificationGuard } from "../replica/index.js";
import { CommitWait, notCommitted } from "./commit-wait.js";
import { refused, type Desk } from "./desk.js";

type Part = ProduceRequest["partitions"][number];

/** Appends each batch, and answers once `acks` says so. */
export function serveProduce(desk: Desk, request: ProduceRequest): Promise<ProduceResponse> {
  return CommitWait.within(desk, request.timeoutUs, async (wait) => {
    const results = request.partitions.map((part) => produce(desk, request, part, wait));
    return { partitions: await Promise.all(results) };
  });
}

async function produce(
  desk: Desk,
  request: ProduceRequest,
  { partition, batch }: Part,
  wait: CommitWait,
): Promise<ProduceResult> {
  const { acks } = request;
  try {
    const found = desk.find(partition);
    if (isInternal(partition.topic))
      throw found.refusal("INVALID_REQUEST", "a topic that coordinators write");
    const header = checkNewBatch(batch, desk.settings.maxBatchBytes);
    const guard = header.isTransactional ? await verified(desk, request, found, header) : undefined;
    const { firstOffset, lastOffset } = found.append(batch, acks, guard);
    if (acks === 1 && desk.settings.durability === "sync") await found.replica.persist();
    // A batch that was there already may be as little committed as one that is new.
    const outcome = acks === "all" ? await wait.until(found, lastOffset + 1) : undefined;
    if (outcome !== undefined) return refused(desk, partition, notCommitted(found, outcome));
    return { partition, ok: true, baseOffset: firstOffset, logStartOffset: found.log.logStartOffset };
  } catch (error) {
    return refused(desk, partition, error);
  }
}

/** Has the coordinator agree to the first batch of a transaction (KIP-890). */
function verified(
  desk: Desk,
  { acks, transactionalId }: ProduceRequest,
  found: Partition,
  { producerId, producerEpoch }: BatchHeader,
): Promise<VerificationGuard | undefined> {
  if (transactionalId === undefined) throw invalid(found, "a transactional id", "none");
  if (acks !== "all") throw invalid(found, "acks all, for a transaction", String(acks));
  const { partition } = found;
  const producer = { producerId, producerEpoch };
  return found.verify(producer, () => desk.transactions.verify({ transactionalId, ...producer, partition }));
}

function invalid({ name }: Partition, expected: string, found: string): BrokerError {
  const todo = "correct the request";
  return new BrokerError("INVALID_REQUEST", { expected, found, where: `a batch for ${name}`, todo });
}
