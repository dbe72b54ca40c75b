/** Calls that a broker answers, to clients, to its followers, and to the controller. Bodies are fields in the order of their interface. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { NO_FIELDS, defineRpc, fieldsCodec, type Fields, type RpcType } from "../../rpc/index.js";
import type { EndedTransaction } from "../log/types.js";
import type { EpochEnd } from "../types.js";
import {
  putFlag,
  putFromMinusOne,
  putList,
  putNames,
  putOptional,
  putPartition,
  putResult,
  readFlag,
  readFromMinusOne,
  readList,
  readNames,
  readOptional,
  readPartition,
  readResult,
} from "./fields.js";
import { putIsrMember, putPartitionState, readIsrMember, readPartitionState } from "./metadata-fields.js";
import type {
  Acks,
  FetchPartition,
  FetchRequest,
  FetchResponse,
  FetchResult,
  InitProducerIdResponse,
  Isolation,
  ListOffsetsRequest,
  ListOffsetsResponse,
  LogEndRequest,
  LogEndResponse,
  MetadataRequest,
  MetadataResponse,
  ProduceRequest,
  ProduceResponse,
  ProduceResult,
} from "./types.js";

const VERSION = 1;

function rpc<Request, Response>(
  id: number,
  name: string,
  request: Fields<Request>,
  response: Fields<Response>,
): RpcType<Request, Response> {
  return defineRpc({
    id,
    name,
    request: fieldsCodec(`a ${name}`, VERSION, request),
    response: fieldsCodec(`the answer to ${name}`, VERSION, response),
  });
}

const ACKS: readonly Acks[] = [0, 1, "all"];

export const PRODUCE: RpcType<ProduceRequest, ProduceResponse> = rpc(
  2000,
  "broker/produce",
  {
    put(sink, { acks, transactionalId, timeoutUs, partitions }) {
      sink.integer(ACKS.indexOf(acks));
      putOptional(sink, transactionalId, (to, id) => to.text(id));
      sink.integer(timeoutUs);
      putList(sink, partitions, (to, { partition, batch }) => {
        putPartition(to, partition);
        to.bytes(batch);
      });
    },
    read(reader) {
      const acks = ACKS[reader.integer()] ?? reader.fail("known acks", "others");
      const transactionalId = readOptional(reader, (from) => from.text());
      const timeoutUs = reader.integer();
      const partitions = readList(reader, (from) => ({
        partition: readPartition(from),
        batch: from.bytes(),
      }));
      const request = { acks, timeoutUs, partitions };
      return transactionalId === undefined ? request : { ...request, transactionalId };
    },
  },
  {
    put: (sink, { partitions }) =>
      putList(sink, partitions, (to, result: ProduceResult) =>
        putResult(to, result, (into, { baseOffset, logStartOffset }) => {
          into.integer(baseOffset);
          into.integer(logStartOffset);
        }),
      ),
    read: (reader) => ({
      partitions: readList(reader, (from) =>
        readResult(from, (of, partition): ProduceResult => {
          return { partition, ok: true, baseOffset: of.integer(), logStartOffset: of.integer() };
        }),
      ),
    }),
  },
);

/** One byte: whether only what is committed counts. */
function putIsolation(sink: Sink, isolation: Isolation): void {
  putFlag(sink, isolation === "read_committed");
}

function readIsolation(reader: ByteReader): Isolation {
  return readFlag(reader) ? "read_committed" : "read_uncommitted";
}

function putAborted(sink: Sink, { producerId, firstOffset, lastOffset }: EndedTransaction): void {
  sink.integer(producerId);
  sink.integer(firstOffset);
  sink.integer(lastOffset);
}

function readAborted(reader: ByteReader): EndedTransaction {
  return { producerId: reader.integer(), firstOffset: reader.integer(), lastOffset: reader.integer() };
}

function putFetchPartition(sink: Sink, each: FetchPartition): void {
  putPartition(sink, each.partition);
  putFromMinusOne(sink, each.currentLeaderEpoch);
  sink.integer(each.fetchOffset);
  putFromMinusOne(sink, each.lastFetchedEpoch);
  sink.integer(each.logStartOffset);
  sink.integer(each.maxBytes);
}

function readFetchPartition(reader: ByteReader): FetchPartition {
  return {
    partition: readPartition(reader),
    currentLeaderEpoch: readFromMinusOne(reader),
    fetchOffset: reader.integer(),
    lastFetchedEpoch: readFromMinusOne(reader),
    logStartOffset: reader.integer(),
    maxBytes: reader.integer(),
  };
}

function putEpochEnd(sink: Sink, { epoch, endOffset }: EpochEnd): void {
  putFromMinusOne(sink, epoch);
  sink.integer(endOffset);
}

function readEpochEnd(reader: ByteReader): EpochEnd {
  return { epoch: readFromMinusOne(reader), endOffset: reader.integer() };
}

export const FETCH: RpcType<FetchRequest, FetchResponse> = rpc(
  2002,
  "broker/fetch",
  {
    put(sink, { replica, isolation, maxWaitUs, minBytes, maxBytes, partitions }) {
      putOptional(sink, replica, putIsrMember);
      putIsolation(sink, isolation);
      sink.integer(maxWaitUs);
      sink.integer(minBytes);
      sink.integer(maxBytes);
      putList(sink, partitions, putFetchPartition);
    },
    read: (reader) => ({
      replica: readOptional(reader, readIsrMember),
      isolation: readIsolation(reader),
      maxWaitUs: reader.integer(),
      minBytes: reader.integer(),
      maxBytes: reader.integer(),
      partitions: readList(reader, readFetchPartition),
    }),
  },
  {
    put: (sink, { partitions }) =>
      putList(sink, partitions, (to, result: FetchResult) =>
        putResult<FetchResult>(to, result, (into, done) => {
          into.integer(done.highWatermark);
          into.integer(done.lastStableOffset);
          into.integer(done.logStartOffset);
          putList(into, done.aborted, putAborted);
          putOptional(into, done.diverging, putEpochEnd);
          into.bytes(done.batches);
        }),
      ),
    read: (reader) => ({
      partitions: readList(reader, (from) =>
        readResult(from, (of, partition): FetchResult => {
          const highWatermark = of.integer();
          const [lastStableOffset, logStartOffset] = [of.integer(), of.integer()];
          const ends = { highWatermark, lastStableOffset, logStartOffset };
          const [aborted, diverging] = [readList(of, readAborted), readOptional(of, readEpochEnd)];
          return { partition, ok: true, ...ends, aborted, diverging, batches: of.bytes() };
        }),
      ),
    }),
  },
);

const EARLIEST = 0;
const LATEST = 1;
/** Behind it, the time. */
const BY_TIME = 2;

type OffsetQuery = ListOffsetsRequest["partitions"][number];
type OffsetFound = ListOffsetsResponse["partitions"][number];

function putOffsetQuery(sink: Sink, { partition, currentLeaderEpoch, at }: OffsetQuery): void {
  putPartition(sink, partition);
  putFromMinusOne(sink, currentLeaderEpoch);
  if (typeof at === "number") sink.integer(BY_TIME + at);
  else sink.integer(at === "earliest" ? EARLIEST : LATEST);
}

function readOffsetQuery(reader: ByteReader): OffsetQuery {
  const [partition, currentLeaderEpoch] = [readPartition(reader), readFromMinusOne(reader)];
  const number = reader.integer();
  const at = number === EARLIEST ? "earliest" : number === LATEST ? "latest" : number - BY_TIME;
  return { partition, currentLeaderEpoch, at };
}

export const LIST_OFFSETS: RpcType<ListOffsetsRequest, ListOffsetsResponse> = rpc(
  2004,
  "broker/list-offsets",
  {
    put(sink, { isolation, partitions }) {
      putIsolation(sink, isolation);
      putList(sink, partitions, putOffsetQuery);
    },
    read: (reader) => ({ isolation: readIsolation(reader), partitions: readList(reader, readOffsetQuery) }),
  },
  {
    put: (sink, { partitions }) =>
      putList(sink, partitions, (to, result: OffsetFound) =>
        putResult(to, result, (into, { offset, leaderEpoch }) => {
          into.integer(offset);
          putFromMinusOne(into, leaderEpoch);
        }),
      ),
    read: (reader) => ({
      partitions: readList(reader, (from) =>
        readResult(from, (of, partition): OffsetFound => {
          return { partition, ok: true, offset: of.integer(), leaderEpoch: readFromMinusOne(of) };
        }),
      ),
    }),
  },
);

export const METADATA: RpcType<MetadataRequest, MetadataResponse> = rpc(
  2006,
  "broker/metadata",
  {
    put: (sink, { topics }) => putNames(sink, topics),
    read: (reader) => ({ topics: readNames(reader) }),
  },
  {
    put(sink, { offset, brokers, topics }) {
      sink.integer(offset);
      putNames(sink, brokers);
      putList(sink, topics, (to, { topic, partitions }) => {
        to.text(topic);
        putList(to, partitions, putPartitionState);
      });
    },
    read: (reader) => ({
      offset: reader.integer(),
      brokers: readNames(reader),
      topics: readList(reader, (from) => ({
        topic: from.text(),
        partitions: readList(from, readPartitionState),
      })),
    }),
  },
);

export const INIT_PRODUCER_ID: RpcType<undefined, InitProducerIdResponse> = rpc(
  2008,
  "broker/init-producer-id",
  NO_FIELDS,
  {
    put(sink, { producerId, producerEpoch }) {
      sink.integer(producerId);
      sink.integer(producerEpoch);
    },
    read: (reader) => ({ producerId: reader.integer(), producerEpoch: reader.integer() }),
  },
);

export const LOG_END: RpcType<LogEndRequest, LogEndResponse> = rpc(
  2010,
  "broker/log-end",
  {
    put(sink, { partition, brokerEpoch }) {
      putPartition(sink, partition);
      sink.integer(brokerEpoch);
    },
    read: (reader) => ({ partition: readPartition(reader), brokerEpoch: reader.integer() }),
  },
  {
    put: (sink, result) =>
      putResult<LogEndResponse>(sink, result, (into, { logStartOffset, lastEpoch, endOffset }) => {
        into.integer(logStartOffset);
        putFromMinusOne(into, lastEpoch);
        into.integer(endOffset);
      }),
    read: (reader) =>
      readResult(reader, (of, partition): LogEndResponse => {
        const [logStartOffset, lastEpoch] = [of.integer(), readFromMinusOne(of)];
        return { partition, ok: true, logStartOffset, lastEpoch, endOffset: of.integer() };
      }),
  },
);
