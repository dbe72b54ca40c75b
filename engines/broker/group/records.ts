/** Records of groups, see FORMAT.md. */
import { ByteReader, type Sink } from "../../bytes/index.js";
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
import { VERSION, damaged, encode, putText, readText, valueReader } from "./record-codec.js";
import type { StoredGroup, StoredMember } from "./types.js";

const OFFSET = 1;
const GROUP = 2;
/** Of KIP-848's groups, see `consumer/records.ts`; the places are the format. */
const CONSUMER_KINDS = ["consumer-group", "consumer-member", "consumer-target", "consumer-current"] as const;
const FIRST_CONSUMER_KIND = 3;

export type ConsumerRecordKind = (typeof CONSUMER_KINDS)[number];

/** What a record is about. */
export type GroupKey =
  | { readonly kind: "offset"; readonly group: string; readonly partition: TopicPartition }
  | { readonly kind: "group"; readonly group: string }
  /** `memberId` is empty where it is about the group itself. */
  | { readonly kind: ConsumerRecordKind; readonly group: string; readonly memberId: string };

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

/** `memberId` is left out where it is about the group itself. */
export function consumerKey(kind: ConsumerRecordKind, group: string, memberId: string): Uint8Array {
  return encode((sink) => {
    sink.integer(FIRST_CONSUMER_KIND + CONSUMER_KINDS.indexOf(kind));
    sink.text(group);
    if (kind !== "consumer-group") sink.text(memberId);
  });
}

/** Throws LOG_DAMAGED. */
export function readKey(bytes: Uint8Array): GroupKey {
  const reader = new ByteReader(bytes, "the key of a group's record", damaged);
  const type = reader.integer();
  const consumerKind = CONSUMER_KINDS[type - FIRST_CONSUMER_KIND];
  if (type !== OFFSET && type !== GROUP && consumerKind === undefined) {
    reader.fail("a known kind of record", `${type}`);
  }
  const group = reader.text();
  if (consumerKind !== undefined) {
    const memberId = consumerKind === "consumer-group" ? "" : reader.text();
    return { kind: consumerKind, group, memberId };
  }
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
