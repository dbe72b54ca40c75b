/** Calls that the coordinator of a consumer group answers. Bodies are fields in the order of their interface. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { NO_FIELDS, type Fields } from "../../rpc/index.js";
import type { TopicPartition } from "../types.js";
import { coordinatorCall, type CoordinatorCall } from "./coordinator-answer.js";
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
import type {
  ConsumerHeartbeatRequest,
  ConsumerHeartbeatResponse,
  CoordinatorKind,
  FindCoordinatorRequest,
  FoundCoordinator,
  GroupHeartbeatRequest,
  JoinGroupRequest,
  JoinGroupResponse,
  JoinProtocol,
  JoinedMember,
  LeaveGroupRequest,
  MemberStamp,
  OffsetCommitRequest,
  OffsetFetchRequest,
  OffsetFetchResponse,
  OffsetToCommit,
  SyncGroupRequest,
  SyncGroupResponse,
  TxnOffsetCommitRequest,
} from "./group-types.js";

const KINDS: readonly CoordinatorKind[] = ["group", "transaction"];

export const FIND_COORDINATOR: CoordinatorCall<FindCoordinatorRequest, FoundCoordinator> = coordinatorCall(
  2020,
  "broker/find-coordinator",
  {
    put(sink, { kind, id }) {
      sink.integer(KINDS.indexOf(kind));
      sink.text(id);
    },
    read: (reader) => ({
      kind: KINDS[reader.integer()] ?? reader.fail("a known kind of coordinator", "another"),
      id: reader.text(),
    }),
  },
  { put: (sink, { broker }) => sink.text(broker), read: (reader) => ({ broker: reader.text() }) },
);

function putText(sink: Sink, text: string): void {
  sink.text(text);
}

function readText(reader: ByteReader): string {
  return reader.text();
}

function putProtocol(sink: Sink, { name, metadata }: JoinProtocol): void {
  sink.text(name);
  sink.bytes(metadata);
}

function readProtocol(reader: ByteReader): JoinProtocol {
  return { name: reader.text(), metadata: reader.bytes() };
}

function putJoinedMember(sink: Sink, { memberId, instanceId, metadata }: JoinedMember): void {
  sink.text(memberId);
  putOptional(sink, instanceId, putText);
  sink.bytes(metadata);
}

function readJoinedMember(reader: ByteReader): JoinedMember {
  return {
    memberId: reader.text(),
    instanceId: readOptional(reader, readText),
    metadata: reader.bytes(),
  };
}

export const JOIN_GROUP: CoordinatorCall<JoinGroupRequest, JoinGroupResponse> = coordinatorCall(
  2022,
  "group/join",
  {
    put(sink, request) {
      sink.text(request.group);
      sink.text(request.memberId);
      putOptional(sink, request.instanceId, putText);
      sink.integer(request.sessionTimeoutUs);
      sink.integer(request.rebalanceTimeoutUs);
      putList(sink, request.protocols, putProtocol);
    },
    read: (reader) => ({
      group: reader.text(),
      memberId: reader.text(),
      instanceId: readOptional(reader, readText),
      sessionTimeoutUs: reader.integer(),
      rebalanceTimeoutUs: reader.integer(),
      protocols: readList(reader, readProtocol),
    }),
  },
  {
    put(sink, response) {
      putFromMinusOne(sink, response.generation);
      sink.text(response.memberId);
      sink.text(response.leaderId);
      sink.text(response.protocol);
      putList(sink, response.members, putJoinedMember);
      putFlag(sink, response.skipsAssignment);
    },
    read: (reader) => ({
      generation: readFromMinusOne(reader),
      memberId: reader.text(),
      leaderId: reader.text(),
      protocol: reader.text(),
      members: readList(reader, readJoinedMember),
      skipsAssignment: readFlag(reader),
    }),
  },
);

function putStamp(sink: Sink, { group, memberId, instanceId, generation }: MemberStamp): void {
  sink.text(group);
  sink.text(memberId);
  putOptional(sink, instanceId, putText);
  putFromMinusOne(sink, generation);
}

function readStamp(reader: ByteReader): MemberStamp {
  return {
    group: reader.text(),
    memberId: reader.text(),
    instanceId: readOptional(reader, readText),
    generation: readFromMinusOne(reader),
  };
}

export const SYNC_GROUP: CoordinatorCall<SyncGroupRequest, SyncGroupResponse> = coordinatorCall(
  2024,
  "group/sync",
  {
    put(sink, request) {
      putStamp(sink, request);
      sink.text(request.protocol);
      putList(sink, request.assignments, (to, { memberId, assignment }) => {
        to.text(memberId);
        to.bytes(assignment);
      });
    },
    read: (reader) => ({
      ...readStamp(reader),
      protocol: reader.text(),
      assignments: readList(reader, (from) => ({ memberId: from.text(), assignment: from.bytes() })),
    }),
  },
  {
    put: (sink, { assignment }) => sink.bytes(assignment),
    read: (reader) => ({ assignment: reader.bytes() }),
  },
);

export const GROUP_HEARTBEAT: CoordinatorCall<GroupHeartbeatRequest, undefined> = coordinatorCall(
  2026,
  "group/heartbeat",
  { put: putStamp, read: readStamp },
  NO_FIELDS,
);

export const LEAVE_GROUP: CoordinatorCall<LeaveGroupRequest, undefined> = coordinatorCall(
  2028,
  "group/leave",
  {
    put(sink, { group, memberId, instanceId }) {
      sink.text(group);
      sink.text(memberId);
      putOptional(sink, instanceId, putText);
    },
    read: (reader) => ({
      group: reader.text(),
      memberId: reader.text(),
      instanceId: readOptional(reader, readText),
    }),
  },
  NO_FIELDS,
);

function putOffset(sink: Sink, { partition, offset, leaderEpoch, metadata }: OffsetToCommit): void {
  putPartition(sink, partition);
  sink.integer(offset);
  putFromMinusOne(sink, leaderEpoch);
  sink.text(metadata);
}

function readOffset(reader: ByteReader): OffsetToCommit {
  return {
    partition: readPartition(reader),
    offset: reader.integer(),
    leaderEpoch: readFromMinusOne(reader),
    metadata: reader.text(),
  };
}

const COMMIT: Fields<OffsetCommitRequest> = {
  put(sink, request) {
    putStamp(sink, request);
    putList(sink, request.offsets, putOffset);
  },
  read: (reader) => ({ ...readStamp(reader), offsets: readList(reader, readOffset) }),
};

/** All offsets are committed, or none. */
export const OFFSET_COMMIT: CoordinatorCall<OffsetCommitRequest, undefined> = coordinatorCall(
  2030,
  "group/offset-commit",
  COMMIT,
  NO_FIELDS,
);

export const TXN_OFFSET_COMMIT: CoordinatorCall<TxnOffsetCommitRequest, undefined> = coordinatorCall(
  2032,
  "group/txn-offset-commit",
  {
    put(sink, request) {
      COMMIT.put(sink, request);
      sink.text(request.transactionalId);
      sink.integer(request.producerId);
      sink.integer(request.producerEpoch);
    },
    read: (reader) => ({
      ...COMMIT.read(reader),
      transactionalId: reader.text(),
      producerId: reader.integer(),
      producerEpoch: reader.integer(),
    }),
  },
  NO_FIELDS,
);

function putPartitions(sink: Sink, partitions: readonly TopicPartition[]): void {
  putList(sink, partitions, putPartition);
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return readList(reader, readPartition);
}

export const OFFSET_FETCH: CoordinatorCall<OffsetFetchRequest, OffsetFetchResponse> = coordinatorCall(
  2034,
  "group/offset-fetch",
  {
    put(sink, { group, partitions, requiresStable }) {
      sink.text(group);
      putOptional(sink, partitions, putPartitions);
      putFlag(sink, requiresStable);
    },
    read: (reader) => ({
      group: reader.text(),
      partitions: readOptional(reader, readPartitions),
      requiresStable: readFlag(reader),
    }),
  },
  {
    put: (sink, { offsets }) => putList(sink, offsets, putOffset),
    read: (reader) => ({ offsets: readList(reader, readOffset) }),
  },
);

/** Member epochs begin at -2 (KIP-848). */
const LEAST_MEMBER_EPOCH = -2;

export const CONSUMER_HEARTBEAT: CoordinatorCall<ConsumerHeartbeatRequest, ConsumerHeartbeatResponse> =
  coordinatorCall(
    2036,
    "group/consumer-heartbeat",
    {
      put(sink, request) {
        sink.text(request.group);
        sink.text(request.memberId);
        putOptional(sink, request.instanceId, putText);
        sink.integer(request.memberEpoch - LEAST_MEMBER_EPOCH);
        putOptional(sink, request.rebalanceTimeoutUs, (to, timeoutUs) => to.integer(timeoutUs));
        putOptional(sink, request.topics, putNames);
        putOptional(sink, request.assignor, putText);
        putOptional(sink, request.owned, putPartitions);
      },
      read: (reader) => ({
        group: reader.text(),
        memberId: reader.text(),
        instanceId: readOptional(reader, readText),
        memberEpoch: reader.integer() + LEAST_MEMBER_EPOCH,
        rebalanceTimeoutUs: readOptional(reader, (from) => from.integer()),
        topics: readOptional(reader, readNames),
        assignor: readOptional(reader, readText),
        owned: readOptional(reader, readPartitions),
      }),
    },
    {
      put(sink, { memberId, memberEpoch, heartbeatUs, assignment }) {
        sink.text(memberId);
        sink.integer(memberEpoch - LEAST_MEMBER_EPOCH);
        sink.integer(heartbeatUs);
        putOptional(sink, assignment, putPartitions);
      },
      read: (reader) => ({
        memberId: reader.text(),
        memberEpoch: reader.integer() + LEAST_MEMBER_EPOCH,
        heartbeatUs: reader.integer(),
        assignment: readOptional(reader, readPartitions),
      }),
    },
  );
