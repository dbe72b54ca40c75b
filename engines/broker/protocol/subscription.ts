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

/** How many partitions a topic has, as far as whoever assigned knew. */
export interface TopicSize {
  readonly topic: string;
  readonly partitions: number;
}

/** What a member is given. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[];
  /**
   * What the assignment of all was made from; empty for others than the leader. A static leader that comes back goes on with
   * the assignment of its earlier life (KIP-814), and finds here whether topics have changed since.
   */
  readonly basis: readonly TopicSize[];
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
  put(sink, { partitions, basis }) {
    putPartitions(sink, partitions);
    putList(sink, basis, (to, { topic, partitions: count }) => {
      to.text(topic);
      to.integer(count);
    });
  },
  read: (reader) => ({
    partitions: readPartitions(reader),
    basis: readList(reader, (from) => ({ topic: from.text(), partitions: from.integer() })),
  }),
});
