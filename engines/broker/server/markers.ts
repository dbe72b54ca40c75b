import { TRANSACTIONS_TOPIC } from "../coordinator/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import type { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from "../protocol/transaction-types.js";
import type { TransactionMarker } from "../record/index.js";
import type { TopicPartition } from "../types.js";
import { CommitWait, notCommitted } from "./commit-wait.js";
import type { Desk } from "./desk.js";

/** Ends a transaction in those of its partitions that this broker leads; answers once all that is committed. */
export function serveWriteTxnMarkers(
  desk: Desk,
  { partitions, ...marker }: WriteTxnMarkersRequest,
): Promise<WriteTxnMarkersResponse> {
  return CommitWait.within(desk, desk.settings.requestTimeoutUs, async (wait) => {
    const results = partitions.map(async (partition) => {
      return { partition, code: await write(desk, partition, marker, wait) };
    });
    return { partitions: await Promise.all(results) };
  });
}

/** Undefined: the marker is committed. */
async function write(
  desk: Desk,
  partition: TopicPartition,
  marker: TransactionMarker,
  wait: CommitWait,
): Promise<BrokerErrorCode | undefined> {
  try {
    const writer = desk.transactions.markerWriter(partition);
    if (writer !== undefined) {
      await writer(marker);
      return undefined;
    }
    const found = desk.find(partition);
    // No transaction has anything there, and its coordinator would not know of the marker.
    if (partition.topic === TRANSACTIONS_TOPIC)
      throw found.refusal("INVALID_REQUEST", "a topic that coordinators write");
    const { lastOffset } = found.appendMarker(marker);
    // One that was there already may be as little committed as one that is new.
    const outcome = await wait.until(found, lastOffset + 1);
    if (outcome !== undefined) throw notCommitted(found, outcome);
    return undefined;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return error.code;
  }
}
