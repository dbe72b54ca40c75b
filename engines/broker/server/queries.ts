import type {
  ListOffsetsRequest,
  ListOffsetsResponse,
  LogEnd,
  LogEndRequest,
  LogEndResponse,
  MetadataRequest,
  MetadataResponse,
} from "../protocol/types.js";
import type { PartitionLog } from "../log/types.js";
import type { PartitionState } from "../metadata/types.js";
import { listOffset } from "../replica/index.js";
import { NO_EPOCH, partitionName } from "../types.js";
import { refused, type Desk } from "./desk.js";

export async function serveListOffsets(
  desk: Desk,
  { isolation, partitions }: ListOffsetsRequest,
): Promise<ListOffsetsResponse> {
  const found: ListOffsetsResponse["partitions"][number][] = [];
  for (const query of partitions) {
    const { partition } = query;
    try {
      const { offset, leaderEpoch } = await listOffset(desk.find(partition), query, isolation);
      found.push({ partition, ok: true, offset, leaderEpoch });
    } catch (error) {
      found.push(refused(desk, partition, error));
    }
  }
  return { partitions: found };
}

/** Whoever lags behind the metadata may still copy from a dead leader, and never loses by that what is committed. */
export function serveLogEnd(desk: Desk, { partition, brokerEpoch }: LogEndRequest): LogEndResponse {
  try {
    const asked = desk.find(partition);
    if (brokerEpoch !== desk.brokerEpoch) {
      throw asked.refusal("STALE_BROKER_EPOCH", `broker epoch ${desk.brokerEpoch ?? "of nobody"}`);
    }
    return { partition, ok: true, ...logEnd(asked.log) };
  } catch (error) {
    return refused(desk, partition, error);
  }
}

/** An epoch that begins where the log ends has no batch yet, and may be older than what was lost from there on. */
export function logEnd(log: PartitionLog): LogEnd {
  const { logStartOffset, logEndOffset: endOffset, epochs } = log.inspect();
  const last = epochs.findLast(({ startOffset }) => startOffset < endOffset);
  return { logStartOffset, lastEpoch: last?.epoch ?? NO_EPOCH, endOffset };
}

/** Brokers that are alive, and the topics asked for; a topic that is not known is left out. */
export function serveMetadata({ image }: Desk, { topics }: MetadataRequest): MetadataResponse {
  const names = topics.length > 0 ? topics : [...image.topics.keys()];
  return {
    offset: image.offset,
    brokers: [...image.brokers.values()].filter(({ isFenced }) => !isFenced).map(({ id }) => id),
    topics: names.flatMap((topic) => {
      const known = image.topics.get(topic);
      if (known === undefined) return [];
      const partitions: PartitionState[] = [];
      for (let partition = 0; partition < known.partitions; partition++) {
        partitions.push(image.partitions.get(partitionName({ topic, partition }))!.state);
      }
      return { topic, partitions };
    }),
  };
}
