import type {
  ListOffsetsRequest,
  ListOffsetsResponse,
  MetadataRequest,
  MetadataResponse,
} from "../protocol/types.js";
import type { PartitionState } from "../metadata/types.js";
import { listOffset } from "../replica/index.js";
import { partitionName } from "../types.js";
import { refused, type Desk } from "./desk.js";

export async function serveListOffsets(
  desk: Desk,
  { partitions }: ListOffsetsRequest,
): Promise<ListOffsetsResponse> {
  const found: ListOffsetsResponse["partitions"][number][] = [];
  for (const query of partitions) {
    const { partition } = query;
    try {
      const { offset, leaderEpoch } = await listOffset(desk.find(partition), query);
      found.push({ partition, ok: true, offset, leaderEpoch });
    } catch (error) {
      found.push(refused(desk, partition, error));
    }
  }
  return { partitions: found };
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
