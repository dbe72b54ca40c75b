/** Calls that a controller answers. Bodies are fields in the order of their interface. */
import type { Fields, RpcType } from "../../rpc/index.js";
import type { MetadataImage } from "../metadata/types.js";
import { partitionName } from "../types.js";
import { answeredCall } from "./answered-call.js";
import {
  putFlag,
  putFromMinusOne,
  putList,
  putNames,
  putOptional,
  putPartition,
  readFlag,
  readFromMinusOne,
  readList,
  readNames,
  readOptional,
  readPartition,
} from "./fields.js";
import {
  putAssignments,
  putBrokerState,
  putIsrMember,
  putMetadataRecord,
  putPartitionState,
  putTopicConfig,
  readAssignments,
  readBrokerState,
  readIsrMember,
  readMetadataRecord,
  readPartitionState,
  readTopicConfig,
} from "./metadata-fields.js";
import type {
  AllocateProducerIdsRequest,
  AlterPartitionRequest,
  ControllerAnswer,
  CreateTopicRequest,
  ElectLeaderRequest,
  FetchMetadataRequest,
  FetchMetadataResponse,
  HeartbeatRequest,
  HeartbeatResponse,
  ReassignRequest,
  RegisterRequest,
} from "./types.js";

/** What a call to a controller gives: refused calls say why. */
export type ControllerCall<Request, T> = RpcType<Request, ControllerAnswer<T>>;

const NO_MORE: Fields<object> = { put: () => undefined, read: () => ({}) };

function call<Request, T>(
  id: number,
  name: string,
  request: Fields<Request>,
  value: Fields<T>,
): ControllerCall<Request, T> {
  return answeredCall(id, name, request, value, NO_MORE);
}

const NUMBER: Fields<number> = {
  put: (sink, value) => sink.integer(value),
  read: (reader) => reader.integer(),
};

/** Gives the broker's epoch. */
export const REGISTER: ControllerCall<RegisterRequest, number> = call(
  2100,
  "controller/register",
  {
    put(sink, { broker, incarnation, previousEpoch }) {
      sink.text(broker);
      sink.integer(incarnation);
      putFromMinusOne(sink, previousEpoch ?? -1);
    },
    read(reader) {
      const [broker, incarnation, previous] = [reader.text(), reader.integer(), readFromMinusOne(reader)];
      return { broker, incarnation, previousEpoch: previous < 0 ? undefined : previous };
    },
  },
  NUMBER,
);

export const HEARTBEAT: ControllerCall<HeartbeatRequest, HeartbeatResponse> = call(
  2102,
  "controller/heartbeat",
  {
    put(sink, { broker, epoch, metadataOffset, wantsShutdown }) {
      sink.text(broker);
      sink.integer(epoch);
      sink.integer(metadataOffset);
      putFlag(sink, wantsShutdown);
    },
    read: (reader) => ({
      broker: reader.text(),
      epoch: reader.integer(),
      metadataOffset: reader.integer(),
      wantsShutdown: readFlag(reader),
    }),
  },
  {
    put(sink, { isFenced, mayShutDown }) {
      putFlag(sink, isFenced);
      putFlag(sink, mayShutDown);
    },
    read: (reader) => ({ isFenced: readFlag(reader), mayShutDown: readFlag(reader) }),
  },
);

/** Gives the partition as it is then. */
export const ALTER_PARTITION: ControllerCall<
  AlterPartitionRequest,
  ReturnType<typeof readPartitionState>
> = call(
  2104,
  "controller/alter-partition",
  {
    put(sink, { broker, brokerEpoch, partition, leaderEpoch, partitionEpoch, isr }) {
      sink.text(broker);
      sink.integer(brokerEpoch);
      putPartition(sink, partition);
      putFromMinusOne(sink, leaderEpoch);
      sink.integer(partitionEpoch);
      putList(sink, isr, putIsrMember);
    },
    read: (reader) => ({
      broker: reader.text(),
      brokerEpoch: reader.integer(),
      partition: readPartition(reader),
      leaderEpoch: readFromMinusOne(reader),
      partitionEpoch: reader.integer(),
      isr: readList(reader, readIsrMember),
    }),
  },
  { put: putPartitionState, read: readPartitionState },
);

const RECORDS = 0;
const IMAGE = 1;

export const FETCH_METADATA: ControllerCall<FetchMetadataRequest, FetchMetadataResponse> = call(
  2106,
  "controller/fetch-metadata",
  {
    put(sink, { offset, maxWaitUs }) {
      sink.integer(offset);
      sink.integer(maxWaitUs);
    },
    read: (reader) => ({ offset: reader.integer(), maxWaitUs: reader.integer() }),
  },
  {
    put(sink, response) {
      sink.integer(response.kind === "records" ? RECORDS : IMAGE);
      if (response.kind === "image") {
        IMAGE_FIELDS.put(sink, response.image);
        return;
      }
      sink.integer(response.offset);
      putList(sink, response.records, putMetadataRecord);
    },
    read(reader) {
      if (reader.integer() === IMAGE) return { kind: "image", image: IMAGE_FIELDS.read(reader) };
      return { kind: "records", offset: reader.integer(), records: readList(reader, readMetadataRecord) };
    },
  },
);

/** All of the metadata; also what the controllers' snapshots hold. */
export const IMAGE_FIELDS: Fields<MetadataImage> = {
  put(sink, image) {
    sink.integer(image.offset);
    sink.integer(image.digest);
    putList(sink, [...image.brokers.values()], putBrokerState);
    putList(sink, [...image.topics.values()], (to, { topic, partitions, config }) => {
      to.text(topic);
      to.integer(partitions);
      putTopicConfig(to, config);
    });
    putList(sink, [...image.partitions.values()], (to, { partition, state }) => {
      putPartition(to, partition);
      putPartitionState(to, state);
    });
    sink.integer(image.nextProducerId);
  },
  read(reader) {
    const [offset, digest] = [reader.integer(), reader.integer()];
    const brokers = readList(reader, readBrokerState);
    const topics = readList(reader, (from) => {
      const [topic, partitions] = [from.text(), from.integer()];
      return { topic, partitions, config: readTopicConfig(from) };
    });
    const partitions = readList(reader, (from) => ({
      partition: readPartition(from),
      state: readPartitionState(from),
    }));
    return {
      offset,
      digest,
      brokers: new Map(brokers.map((broker) => [broker.id, broker])),
      topics: new Map(topics.map((topic) => [topic.topic, topic])),
      partitions: new Map(partitions.map((each) => [partitionName(each.partition), each])),
      nextProducerId: reader.integer(),
    };
  },
};

/** Gives the metadata offset behind it, as do those below. */
export const CREATE_TOPIC: ControllerCall<CreateTopicRequest, number> = call(
  2108,
  "controller/create-topic",
  {
    put(sink, { topic, partitions, replicationFactor, config, assignments }) {
      sink.text(topic);
      sink.integer(partitions);
      sink.integer(replicationFactor);
      putTopicConfig(sink, config);
      putOptional(sink, assignments, putAssignments);
    },
    read: (reader) => ({
      topic: reader.text(),
      partitions: reader.integer(),
      replicationFactor: reader.integer(),
      config: readTopicConfig(reader),
      assignments: readOptional(reader, readAssignments),
    }),
  },
  NUMBER,
);

export const REASSIGN: ControllerCall<ReassignRequest, number> = call(
  2110,
  "controller/reassign",
  {
    put(sink, { partition, replicas }) {
      putPartition(sink, partition);
      putOptional(sink, replicas, putNames);
    },
    read: (reader) => ({ partition: readPartition(reader), replicas: readOptional(reader, readNames) }),
  },
  NUMBER,
);

export const ELECT_LEADER: ControllerCall<ElectLeaderRequest, number> = call(
  2112,
  "controller/elect-leader",
  {
    put(sink, { partition, mode }) {
      putPartition(sink, partition);
      putFlag(sink, mode === "unclean");
    },
    read: (reader) => ({
      partition: readPartition(reader),
      mode: readFlag(reader) ? "unclean" : "preferred",
    }),
  },
  NUMBER,
);

/** Gives the first of them. */
export const ALLOCATE_PRODUCER_IDS: ControllerCall<AllocateProducerIdsRequest, number> = call(
  2114,
  "controller/allocate-producer-ids",
  {
    put(sink, { broker, epoch, count }) {
      sink.text(broker);
      sink.integer(epoch);
      sink.integer(count);
    },
    read: (reader) => ({ broker: reader.text(), epoch: reader.integer(), count: reader.integer() }),
  },
  NUMBER,
);
