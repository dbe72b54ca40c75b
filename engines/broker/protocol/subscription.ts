/** What members and the leader of a group tell each other through the coordinator, which does not look into it. */
import { putTexts, readTexts, type ByteReader, type Sink } from "../../bytes/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import {
  putFromMinusOne,
  putList,
  putPartition,
  readFromMinusOne,
  readList,
  readPartition,
} from "./fields.js";
import type { TopicPartition } from "../types.js";

const VERSION = 1;

/** What a member wants, and what it has. Kafka's `ConsumerPartitionAssignor.Subscription`. */
export interface Subscription {
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
  /** In which it was given what it has, -1 where it was given nothing: of two that claim the same, it decides (KAFKA-12984). */
  readonly generation: number;
}

/** What a member is given. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[];
}

function putPartitions(sink: Sink, partitions: readonly TopicPartition[]): void {
  putList(sink, partitions, putPartition);
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return readList(reader, readPartition);
}

export const SUBSCRIPTION: RpcCodec<Subscription> = fieldsCodec("a Subscription", VERSION, {
  put(sink, { topics, owned, generation }) {
    putTexts(sink, topics);
    putPartitions(sink, owned);
    putFromMinusOne(sink, generation);
  },
  read: (reader) => ({
    topics: readTexts(reader),
    owned: readPartitions(reader),
    generation: readFromMinusOne(reader),
  }),
});

export const ASSIGNMENT: RpcCodec<Assignment> = fieldsCodec("an Assignment", VERSION, {
  put: (sink, { partitions }) => putPartitions(sink, partitions),
  read: (reader) => ({ partitions: readPartitions(reader) }),
});
