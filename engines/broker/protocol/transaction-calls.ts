/** Calls that a coordinator of transactions answers, and the one that it makes. Bodies are fields in the order of their interface. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { NO_FIELDS, defineRpc, fieldsCodec, type Fields, type RpcType } from "../../rpc/index.js";
import { coordinatorCall, type CoordinatorCall } from "./coordinator-answer.js";
import {
  putFlag,
  putList,
  putOptional,
  putPartition,
  readCode,
  readFlag,
  readList,
  readOptional,
  readPartition,
} from "./fields.js";
import type {
  AddPartitionsToTxnRequest,
  EndTxnRequest,
  InitTransactionsRequest,
  ProducerIdentity,
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from "./transaction-types.js";

const VERSION = 1;

const IDENTITY: Fields<ProducerIdentity> = {
  put(sink: Sink, { producerId, producerEpoch }: ProducerIdentity): void {
    sink.integer(producerId);
    sink.integer(producerEpoch);
  },
  read: (reader: ByteReader): ProducerIdentity => ({
    producerId: reader.integer(),
    producerEpoch: reader.integer(),
  }),
};

/** Gives the identity of the first transaction. */
export const INIT_TRANSACTIONS: CoordinatorCall<InitTransactionsRequest, ProducerIdentity> = coordinatorCall(
  2040,
  "transaction/init",
  {
    put(sink, { transactionalId, timeoutUs }) {
      sink.text(transactionalId);
      sink.integer(timeoutUs);
    },
    read: (reader) => ({ transactionalId: reader.text(), timeoutUs: reader.integer() }),
  },
  IDENTITY,
);

export const ADD_PARTITIONS_TO_TXN: CoordinatorCall<AddPartitionsToTxnRequest, undefined> = coordinatorCall(
  2042,
  "transaction/add-partitions",
  {
    put(sink, request) {
      IDENTITY.put(sink, request);
      sink.text(request.transactionalId);
      putList(sink, request.partitions, putPartition);
    },
    read: (reader) => ({
      ...IDENTITY.read(reader),
      transactionalId: reader.text(),
      partitions: readList(reader, readPartition),
    }),
  },
  NO_FIELDS,
);

/** Gives the identity of the next transaction. */
export const END_TXN: CoordinatorCall<EndTxnRequest, ProducerIdentity> = coordinatorCall(
  2044,
  "transaction/end",
  {
    put(sink, request) {
      IDENTITY.put(sink, request);
      sink.text(request.transactionalId);
      putFlag(sink, request.isCommit);
    },
    read: (reader) => ({
      ...IDENTITY.read(reader),
      transactionalId: reader.text(),
      isCommit: readFlag(reader),
    }),
  },
  IDENTITY,
);

const MARKERS: Fields<WriteTxnMarkersRequest> = {
  put(sink, request) {
    IDENTITY.put(sink, request);
    putFlag(sink, request.isCommit);
    sink.integer(request.coordinatorEpoch);
    putList(sink, request.partitions, putPartition);
  },
  read: (reader) => ({
    ...IDENTITY.read(reader),
    isCommit: readFlag(reader),
    coordinatorEpoch: reader.integer(),
    partitions: readList(reader, readPartition),
  }),
};

const MARKERS_WRITTEN: Fields<WriteTxnMarkersResponse> = {
  put: (sink, { partitions }) =>
    putList(sink, partitions, (to, { partition, code }) => {
      putPartition(to, partition);
      putOptional(to, code, (into, each) => into.text(each));
    }),
  read: (reader) => ({
    partitions: readList(reader, (from) => ({
      partition: readPartition(from),
      code: readOptional(from, readCode),
    })),
  }),
};

/** Answered by the leaders of the partitions. */
export const WRITE_TXN_MARKERS: RpcType<WriteTxnMarkersRequest, WriteTxnMarkersResponse> = defineRpc({
  id: 2046,
  name: "transaction/write-markers",
  request: fieldsCodec("markers of a transaction", VERSION, MARKERS),
  response: fieldsCodec("the answer to markers of a transaction", VERSION, MARKERS_WRITTEN),
});
