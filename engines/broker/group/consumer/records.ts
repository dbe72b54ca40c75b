/** Records of groups whose coordinator assigns, see FORMAT.md. */
import type { ByteReader, Sink } from "../../../bytes/index.js";
import {
  putFromMinusOne,
  putList,
  putNames,
  putOptional,
  putPartition,
  readFromMinusOne,
  readList,
  readNames,
  readOptional,
  readPartition,
} from "../../protocol/fields.js";
import { isServerAssignor, type ServerAssignor } from "../../protocol/index.js";
import type { NewRecord } from "../../record/index.js";
import type { TopicPartition } from "../../types.js";
import { VERSION, encode, putText, readText, valueReader } from "../record-codec.js";
import { consumerKey, type ConsumerRecordKind } from "../records.js";
import {
  AWAY_EPOCH,
  type ConsumerMember,
  type CurrentAssignment,
  type GroupHead,
  type MemberState,
  type OwnedPartition,
} from "./types.js";

/** What the three kinds of records of a member hold. */
export interface MemberParts {
  readonly "consumer-member": ConsumerMember;
  readonly "consumer-target": readonly TopicPartition[];
  readonly "consumer-current": CurrentAssignment;
}

const STATES: readonly MemberState[] = ["stable", "unrevoked", "unreleased"];

/** `head` undefined: a tombstone. */
export function headRecord(group: string, head: GroupHead | undefined, timestampMs: number): NewRecord {
  return record("consumer-group", group, "", head, putHead, timestampMs);
}

/** `part` undefined: a tombstone. */
export function memberRecord<Kind extends keyof MemberParts>(
  kind: Kind,
  group: string,
  memberId: string,
  part: MemberParts[Kind] | undefined,
  timestampMs: number,
): NewRecord {
  return record(kind, group, memberId, part, WRITERS[kind], timestampMs);
}

function record<T>(
  kind: ConsumerRecordKind,
  group: string,
  memberId: string,
  part: T | undefined,
  put: (sink: Sink, part: T) => void,
  timestampMs: number,
): NewRecord {
  const key = consumerKey(kind, group, memberId);
  if (part === undefined) return { key, value: null, timestampMs };
  const value = encode((sink) => {
    sink.integer(VERSION);
    put(sink, part);
  });
  return { key, value, timestampMs };
}

const WRITERS: { readonly [Kind in keyof MemberParts]: (sink: Sink, part: MemberParts[Kind]) => void } = {
  "consumer-member": putMember,
  "consumer-target": (sink, target) => putList(sink, target, putPartition),
  "consumer-current": putCurrent,
};

/** Throws LOG_DAMAGED. */
export function readHead(bytes: Uint8Array): GroupHead {
  const reader = valueReader(bytes);
  const [epoch, assignor, emptySinceMs] = [reader.integer(), readAssignor(reader), readFromMinusOne(reader)];
  const counts = readList(reader, (from): [string, number] => [from.text(), from.integer()]);
  return {
    epoch,
    assignor,
    emptySinceMs: emptySinceMs < 0 ? undefined : emptySinceMs,
    partitions: new Map(counts),
  };
}

/** Throws LOG_DAMAGED. */
export function readMember(memberId: string, bytes: Uint8Array): ConsumerMember {
  const reader = valueReader(bytes);
  return {
    memberId,
    instanceId: readOptional(reader, readText),
    client: reader.text(),
    rebalanceTimeoutUs: reader.integer(),
    topics: readNames(reader),
    assignor: readOptional(reader, readAssignor),
  };
}

/** Throws LOG_DAMAGED. */
export function readTarget(bytes: Uint8Array): readonly TopicPartition[] {
  return readList(valueReader(bytes), readPartition);
}

/** Throws LOG_DAMAGED. */
export function readCurrent(bytes: Uint8Array): CurrentAssignment {
  const reader = valueReader(bytes);
  return {
    state: STATES[reader.integer()] ?? reader.fail("a known state of a member", "another"),
    epoch: reader.integer() + AWAY_EPOCH,
    previousEpoch: reader.integer() + AWAY_EPOCH,
    assigned: readList(reader, readOwned),
    revoking: readList(reader, readOwned),
  };
}

function putHead(sink: Sink, { epoch, assignor, emptySinceMs, partitions }: GroupHead): void {
  sink.integer(epoch);
  sink.text(assignor);
  putFromMinusOne(sink, emptySinceMs ?? -1);
  putList(sink, [...partitions], (to, [topic, count]) => {
    to.text(topic);
    to.integer(count);
  });
}

function putMember(sink: Sink, member: ConsumerMember): void {
  putOptional(sink, member.instanceId, putText);
  sink.text(member.client);
  sink.integer(member.rebalanceTimeoutUs);
  putNames(sink, member.topics);
  putOptional(sink, member.assignor, putText);
}

function putCurrent(sink: Sink, current: CurrentAssignment): void {
  sink.integer(STATES.indexOf(current.state));
  sink.integer(current.epoch - AWAY_EPOCH);
  sink.integer(current.previousEpoch - AWAY_EPOCH);
  putList(sink, current.assigned, putOwned);
  putList(sink, current.revoking, putOwned);
}

function putOwned(sink: Sink, { partition, epoch }: OwnedPartition): void {
  putPartition(sink, partition);
  sink.integer(epoch);
}

function readOwned(reader: ByteReader): OwnedPartition {
  return { partition: readPartition(reader), epoch: reader.integer() };
}

function readAssignor(reader: ByteReader): ServerAssignor {
  const name = reader.text();
  return isServerAssignor(name) ? name : reader.fail("a known assignor", name);
}
