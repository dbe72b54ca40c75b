/** Records of groups, see FORMAT.md. */
import { ByteReader, encodeWith, type Sink } from "../../bytes/index.js";
import { BrokerError } from "../errors.js";
import type { CommittedOffset, OffsetToCommit } from "../protocol/group-types.js";
import {
  putFromMinusOne,
  putList,
  putOptional,
  putPartition,
  readFromMinusOne,
  readList,
  readOptional,
  readPartition,
} from "../protocol/fields.js";
import type { NewRecord } from "../record/index.js";
import type { TopicPartition } from "../types.js";
import type { StoredGroup, StoredMember } from "./types.js";

const OFFSET = 1;
const GROUP = 2;
const VERSION = 1;

/** What a record is about. */
export type GroupKey =
  | { readonly kind: "offset"; readonly group: string; readonly partition: TopicPartition }
  | { readonly kind: "group"; readonly group: string };

/** `offset` undefined: a tombstone. */
export function offsetRecord(
  group: string,
  partition: TopicPartition,
  offset: OffsetToCommit | undefined,
  timestampMs: number,
): NewRecord {
  const key = encode((sink) => {
    sink.integer(OFFSET);
    sink.text(group);
    putPartition(sink, partition);
  });
  const value =
    offset === undefined
      ? null
      : encode((sink) => {
          sink.integer(VERSION);
          sink.integer(offset.offset);
          putFromMinusOne(sink, offset.leaderEpoch);
          sink.text(offset.metadata);
        });
  return { key, value, timestampMs };
}

/** `stored` undefined: a tombstone. */
export function groupRecord(group: string, stored: StoredGroup | undefined, timestampMs: number): NewRecord {
  const key = encode((sink) => {
    sink.integer(GROUP);
    sink.text(group);
  });
  const value =
    stored === undefined
      ? null
      : encode((sink) => {
          sink.integer(VERSION);
          sink.integer(stored.generation);
          putOptional(sink, stored.protocol, putText);
          putOptional(sink, stored.leaderId, putText);
          putFromMinusOne(sink, stored.emptySinceMs ?? -1);
          putList(sink, stored.members, putMember);
        });
  return { key, value, timestampMs };
}

/** Throws LOG_DAMAGED. */
export function readKey(bytes: Uint8Array): GroupKey {
  const reader = new ByteReader(bytes, "the key of a group's record", damaged);
  const type = reader.integer();
  if (type !== OFFSET && type !== GROUP) reader.fail("a known kind of record", `${type}`);
  const group = reader.text();
  return type === GROUP
    ? { kind: "group", group }
    : { kind: "offset", group, partition: readPartition(reader) };
}

/** Throws LOG_DAMAGED. */
export function readOffsetValue(bytes: Uint8Array): CommittedOffset {
  const reader = valueReader(bytes);
  return { offset: reader.integer(), leaderEpoch: readFromMinusOne(reader), metadata: reader.text() };
}

/** Throws LOG_DAMAGED. */
export function readGroupValue(bytes: Uint8Array): StoredGroup {
  const reader = valueReader(bytes);
  const generation = reader.integer();
  const [protocol, leaderId] = [readOptional(reader, readText), readOptional(reader, readText)];
  const emptySinceMs = readFromMinusOne(reader);
  return {
    generation,
    protocol,
    leaderId,
    emptySinceMs: emptySinceMs < 0 ? undefined : emptySinceMs,
    members: readList(reader, readMember),
  };
}

function putMember(sink: Sink, member: StoredMember): void {
  sink.text(member.memberId);
  putOptional(sink, member.instanceId, putText);
  sink.text(member.client);
  sink.integer(member.sessionTimeoutUs);
  sink.integer(member.rebalanceTimeoutUs);
  sink.bytes(member.metadata);
  sink.bytes(member.assignment);
}

/** Copies: a view would keep all of what was read of the log. */
function readMember(reader: ByteReader): StoredMember {
  return {
    memberId: reader.text(),
    instanceId: readOptional(reader, readText),
    client: reader.text(),
    sessionTimeoutUs: reader.integer(),
    rebalanceTimeoutUs: reader.integer(),
    metadata: reader.bytes().slice(),
    assignment: reader.bytes().slice(),
  };
}

function putText(sink: Sink, text: string): void {
  sink.text(text);
}

function readText(reader: ByteReader): string {
  return reader.text();
}

function encode(put: (sink: Sink) => void): Uint8Array {
  return encodeWith(put, undefined, unwritable);
}

/** Fields that are added at the end are passed over; a version changes where the rest is another. */
function valueReader(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes, "the value of a group's record", damaged);
  if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
  return reader;
}

function damaged(expected: string, found: string, where: string): BrokerError {
  return new BrokerError("LOG_DAMAGED", {
    expected,
    found,
    where,
    todo: "restore the partition from a replica",
  });
}

function unwritable(expected: string, found: string, where: string): BrokerError {
  return new BrokerError("INVALID_REQUEST", { expected, found, where, todo: "use well-formed text" });
}
