/** Commands and results as bytes: what is in the controllers' Raft log, and what comes out of it. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { unreachable } from "../../env/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import {
  putFlag,
  putFromMinusOne,
  putList,
  putNames,
  putOptional,
  putPartition,
  readCode,
  readFlag,
  readFromMinusOne,
  readList,
  readNames,
  readOptional,
  readPartition,
} from "../protocol/fields.js";
import {
  putAssignments,
  putIsrMember,
  putPartitionState,
  putTopicConfig,
  readAssignments,
  readIsrMember,
  readPartitionState,
  readTopicConfig,
} from "../protocol/metadata-fields.js";
import type { BrokerEpoch, BrokerId } from "../types.js";
import type { MetadataCommand, MetadataResult } from "./types.js";

const VERSION = 1;

/** The places are the format: a kind stays where it is. */
const KINDS: readonly MetadataCommand["kind"][] = [
  "register",
  "unfence",
  "fence",
  "beginShutdown",
  "createTopic",
  "alterPartition",
  "electLeader",
  "reassign",
  "allocateProducerIds",
  "recoverLeader",
];

const COMMAND: RpcCodec<MetadataCommand> = fieldsCodec("a metadata command", VERSION, {
  put(sink, command) {
    sink.integer(KINDS.indexOf(command.kind));
    putCommand(sink, command);
  },
  read(reader) {
    const kind = KINDS[reader.integer()] ?? reader.fail("a known command", "another");
    return readCommand(reader, kind);
  },
});

const RESULT: RpcCodec<MetadataResult> = fieldsCodec("a metadata result", VERSION, {
  put(sink, result) {
    putFlag(sink, result.ok);
    if (result.ok) {
      sink.integer(result.value);
      putOptional(sink, result.state, putPartitionState);
      return;
    }
    sink.text(result.code);
    sink.text(result.found);
  },
  read(reader) {
    if (!readFlag(reader)) return { ok: false, code: readCode(reader), found: reader.text() };
    const [value, state] = [reader.integer(), readOptional(reader, readPartitionState)];
    return state === undefined ? { ok: true, value } : { ok: true, value, state };
  },
});

/** Throws a `SeedstormError` with RPC_BAD_ARGUMENT for a text that no bytes stand for. */
export function encodeMetadataCommand(command: MetadataCommand): Uint8Array {
  return COMMAND.encode(command);
}

/** Throws a `SeedstormError` with RPC_BAD_FORMAT. */
export function decodeMetadataCommand(bytes: Uint8Array): MetadataCommand {
  return COMMAND.decode(bytes);
}

export function encodeMetadataResult(result: MetadataResult): Uint8Array {
  return RESULT.encode(result);
}

/** Throws a `SeedstormError` with RPC_BAD_FORMAT. */
export function decodeMetadataResult(bytes: Uint8Array): MetadataResult {
  return RESULT.decode(bytes);
}

interface Life {
  readonly broker: BrokerId;
  readonly epoch: BrokerEpoch;
}

function putLife(sink: Sink, { broker, epoch }: Life): void {
  sink.text(broker);
  sink.integer(epoch);
}

function readLife(reader: ByteReader): Life {
  return { broker: reader.text(), epoch: reader.integer() };
}

function putCommand(sink: Sink, command: MetadataCommand): void {
  switch (command.kind) {
    case "register":
      sink.text(command.broker);
      sink.integer(command.incarnation);
      putFromMinusOne(sink, command.previousEpoch ?? -1);
      break;
    case "unfence":
      putLife(sink, command);
      sink.integer(command.metadataOffset);
      break;
    case "fence":
    case "beginShutdown":
      putLife(sink, command);
      break;
    case "createTopic":
      sink.text(command.topic);
      putTopicConfig(sink, command.config);
      putAssignments(sink, command.assignments);
      break;
    case "alterPartition":
      putPartition(sink, command.partition);
      sink.text(command.leader);
      sink.integer(command.brokerEpoch);
      putFromMinusOne(sink, command.leaderEpoch);
      sink.integer(command.partitionEpoch);
      putList(sink, command.isr, putIsrMember);
      break;
    case "electLeader":
      putPartition(sink, command.partition);
      putFlag(sink, command.mode === "unclean");
      break;
    case "reassign":
      putPartition(sink, command.partition);
      putOptional(sink, command.replicas, putNames);
      break;
    case "allocateProducerIds":
      putLife(sink, command);
      sink.integer(command.count);
      break;
    case "recoverLeader":
      putPartition(sink, command.partition);
      sink.integer(command.partitionEpoch);
      sink.text(command.leader);
      putList(sink, command.candidates, putIsrMember);
      break;
  }
}

function readCommand(reader: ByteReader, kind: MetadataCommand["kind"]): MetadataCommand {
  switch (kind) {
    case "register": {
      const [broker, incarnation, previous] = [reader.text(), reader.integer(), readFromMinusOne(reader)];
      return { kind, broker, incarnation, previousEpoch: previous < 0 ? undefined : previous };
    }
    case "unfence":
      return { kind, ...readLife(reader), metadataOffset: reader.integer() };
    case "fence":
    case "beginShutdown":
      return { kind, ...readLife(reader) };
    case "createTopic": {
      const [topic, config] = [reader.text(), readTopicConfig(reader)];
      return { kind, topic, config, assignments: readAssignments(reader) };
    }
    case "alterPartition":
      return {
        kind,
        partition: readPartition(reader),
        leader: reader.text(),
        brokerEpoch: reader.integer(),
        leaderEpoch: readFromMinusOne(reader),
        partitionEpoch: reader.integer(),
        isr: readList(reader, readIsrMember),
      };
    case "electLeader": {
      const partition = readPartition(reader);
      return { kind, partition, mode: readFlag(reader) ? "unclean" : "preferred" };
    }
    case "reassign":
      return { kind, partition: readPartition(reader), replicas: readOptional(reader, readNames) };
    case "allocateProducerIds":
      return { kind, ...readLife(reader), count: reader.integer() };
    case "recoverLeader":
      return {
        kind,
        partition: readPartition(reader),
        partitionEpoch: reader.integer(),
        leader: reader.text(),
        candidates: readList(reader, readIsrMember),
      };
    default:
      return unreachable("all kinds are known");
  }
}
