/** Any values of the broker's messages. */
import fc from "fast-check";
import * as protocol from "#engines/broker/protocol/index.js";
import { partitionName } from "#engines/broker/index.js";
import type { BrokerErrorCode } from "#engines/broker/index.js";
import type { MetadataImage, MetadataRecord } from "#engines/broker/metadata/types.js";
import type { RpcType } from "#engines/rpc/index.js";

const natural = fc.oneof(fc.nat(300), fc.maxSafeNat());
const epoch = fc.oneof(fc.constant(-1), fc.nat(1_000), fc.integer({ min: 0, max: 2 ** 52 }));
const name = fc.string({ unit: "binary", maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 40 });
const flag = fc.boolean();
const names = fc.array(name, { maxLength: 3 });
const partition = fc.record({ topic: name, partition: natural });
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 4 });

const code = fc.constantFrom<BrokerErrorCode>("NOT_LEADER_OR_FOLLOWER", "CORRUPT_MESSAGE", "CLOSED");
const hint = fc.record({ broker: name, epoch });
const error = fc.record({ code, found: name, leader: hint }, { requiredKeys: ["code", "found"] });
const epochEnd = fc.record({ epoch, endOffset: natural });
const member = fc.record({ broker: name, epoch: natural });

/** A partition's part of an answer: what was done, or why not. */
function result<T>(done: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.record({ partition, ok: fc.constant(true), ...done }),
    fc.record({ partition, ok: fc.constant(false), error }),
  );
}

const answer = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.record({ ok: fc.constant(true), value }),
    fc.record({ ok: fc.constant(false), code, found: name }),
  );

/** Of a coordinator. */
const coordinated = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.record({ ok: fc.constant(true), value }),
    fc.record(
      { ok: fc.constant(false), code, found: name, memberId: name },
      { requiredKeys: ["ok", "code", "found"] },
    ),
  );

const config = fc.record({
  segmentBytes: natural,
  segmentMs: natural,
  indexIntervalBytes: natural,
  cleanup: fc.constantFrom("delete" as const, "compact" as const, "compact,delete" as const),
  retentionBytes: epoch,
  retentionMs: epoch,
  deleteRetentionMs: natural,
  minDirtyPermille: natural,
  producerExpiryMs: natural,
  minInsyncReplicas: natural,
  allowsUncleanElection: flag,
});

const state = fc.record({
  replicas: names,
  adding: names,
  removing: names,
  isr: names,
  elr: names,
  lastKnownElr: names,
  leader: optional(name),
  leaderEpoch: epoch,
  partitionEpoch: natural,
});

const broker = fc.record({
  id: name,
  epoch: natural,
  incarnation: natural,
  isFenced: flag,
  isShuttingDown: flag,
  fencedAt: natural,
});
const topic = fc.record({ topic: name, partitions: natural, config });

const record: fc.Arbitrary<MetadataRecord> = fc.oneof(
  fc.record({ kind: fc.constant("broker" as const), broker }),
  fc.record({ kind: fc.constant("topic" as const), topic }),
  fc.record({ kind: fc.constant("partition" as const), partition, state }),
  fc.record({ kind: fc.constant("producerIds" as const), next: natural }),
);

const image: fc.Arbitrary<MetadataImage> = fc
  .record({
    offset: natural,
    digest: natural,
    brokers: list(broker),
    topics: list(topic),
    partitions: list(fc.record({ partition, state })),
    nextProducerId: natural,
  })
  .map(({ brokers, topics, partitions, ...rest }) => ({
    ...rest,
    brokers: new Map(brokers.map((each) => [each.id, each])),
    topics: new Map(topics.map((each) => [each.topic, each])),
    partitions: new Map(partitions.map((each) => [partitionName(each.partition), each])),
  }));

const at = fc.oneof(fc.constantFrom("earliest", "latest"), fc.integer({ min: 0, max: 2 ** 52 }));
const partitions = (of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.record({ partitions: list(of) });

const stamp = { group: name, memberId: name, instanceId: optional(name), generation: epoch };
const committed = fc.record({ partition, offset: natural, leaderEpoch: epoch, metadata: name });
const memberEpoch = fc.integer({ min: -2, max: 1_000 });
const done = coordinated(fc.constant(undefined));

const isolation = fc.constantFrom("read_committed", "read_uncommitted");
const identity = { producerId: natural, producerEpoch: natural };

interface Bodies {
  readonly request: fc.Arbitrary<unknown>;
  readonly response: fc.Arbitrary<unknown>;
}

/** Of each call, by the name it is exported under. */
const BODIES: Readonly<Record<string, Bodies>> = {
  PRODUCE: {
    request: fc.record(
      {
        acks: fc.constantFrom(0, 1, "all"),
        transactionalId: name,
        timeoutUs: natural,
        partitions: list(fc.record({ partition, batch: bytes })),
      },
      { requiredKeys: ["acks", "timeoutUs", "partitions"] },
    ),
    response: partitions(result({ baseOffset: natural, logStartOffset: natural })),
  },
  FETCH: {
    request: fc.record({
      replica: optional(member),
      isolation,
      maxWaitUs: natural,
      minBytes: natural,
      maxBytes: natural,
      partitions: list(
        fc.record({
          partition,
          currentLeaderEpoch: epoch,
          fetchOffset: natural,
          lastFetchedEpoch: epoch,
          logStartOffset: natural,
          maxBytes: natural,
        }),
      ),
    }),
    response: partitions(
      result({
        highWatermark: natural,
        lastStableOffset: natural,
        logStartOffset: natural,
        aborted: list(fc.record({ producerId: natural, firstOffset: natural, lastOffset: natural })),
        diverging: optional(epochEnd),
        batches: bytes,
      }),
    ),
  },
  LIST_OFFSETS: {
    request: fc.record({
      isolation,
      partitions: list(fc.record({ partition, currentLeaderEpoch: epoch, at })),
    }),
    response: partitions(result({ offset: natural, leaderEpoch: epoch })),
  },
  METADATA: {
    request: fc.record({ topics: names }),
    response: fc.record({
      offset: natural,
      brokers: names,
      topics: list(fc.record({ topic: name, partitions: list(state) })),
    }),
  },
  INIT_PRODUCER_ID: {
    request: fc.constant(undefined),
    response: fc.record({ producerId: natural, producerEpoch: natural }),
  },
  LOG_END: {
    request: fc.record({ partition, brokerEpoch: natural }),
    response: result({ logStartOffset: natural, lastEpoch: epoch, endOffset: natural }),
  },
  INIT_TRANSACTIONS: {
    request: fc.record({ transactionalId: name, timeoutUs: natural }),
    response: coordinated(fc.record(identity)),
  },
  ADD_PARTITIONS_TO_TXN: {
    request: fc.record({ ...identity, transactionalId: name, partitions: list(partition) }),
    response: coordinated(fc.constant(undefined)),
  },
  END_TXN: {
    request: fc.record({ ...identity, transactionalId: name, isCommit: flag }),
    response: coordinated(fc.record(identity)),
  },
  WRITE_TXN_MARKERS: {
    request: fc.record({
      ...identity,
      isCommit: flag,
      coordinatorEpoch: natural,
      partitions: list(partition),
    }),
    response: partitions(fc.record({ partition, code: optional(code) })),
  },
  REGISTER: {
    request: fc.record({ broker: name, incarnation: natural, previousEpoch: optional(fc.nat()) }),
    response: answer(natural),
  },
  HEARTBEAT: {
    request: fc.record({ broker: name, epoch: natural, metadataOffset: natural, wantsShutdown: flag }),
    response: answer(fc.record({ isFenced: flag, mayShutDown: flag })),
  },
  ALTER_PARTITION: {
    request: fc.record({
      broker: name,
      brokerEpoch: natural,
      partition,
      leaderEpoch: epoch,
      partitionEpoch: natural,
      isr: list(member),
    }),
    response: answer(state),
  },
  FETCH_METADATA: {
    request: fc.record({ offset: natural, maxWaitUs: natural }),
    response: answer(
      fc.oneof(
        fc.record({ kind: fc.constant("records"), offset: natural, records: list(record) }),
        fc.record({ kind: fc.constant("image"), image }),
      ),
    ),
  },
  CREATE_TOPIC: {
    request: fc.record({
      topic: name,
      partitions: natural,
      replicationFactor: natural,
      config,
      assignments: optional(list(names)),
    }),
    response: answer(natural),
  },
  REASSIGN: {
    request: fc.record({ partition, replicas: optional(names) }),
    response: answer(natural),
  },
  ELECT_LEADER: {
    request: fc.record({ partition, mode: fc.constantFrom("preferred", "unclean") }),
    response: answer(natural),
  },
  ALLOCATE_PRODUCER_IDS: {
    request: fc.record({ broker: name, epoch: natural, count: natural }),
    response: answer(natural),
  },
  FIND_COORDINATOR: {
    request: fc.record({ kind: fc.constantFrom("group", "transaction"), id: name }),
    response: coordinated(fc.record({ broker: name })),
  },
  JOIN_GROUP: {
    request: fc.record({
      group: name,
      memberId: name,
      instanceId: optional(name),
      sessionTimeoutUs: natural,
      rebalanceTimeoutUs: natural,
      protocols: list(fc.record({ name, metadata: bytes })),
    }),
    response: coordinated(
      fc.record({
        generation: epoch,
        memberId: name,
        leaderId: name,
        protocol: name,
        members: list(fc.record({ memberId: name, instanceId: optional(name), metadata: bytes })),
        skipsAssignment: flag,
      }),
    ),
  },
  SYNC_GROUP: {
    request: fc.record({
      ...stamp,
      protocol: name,
      assignments: list(fc.record({ memberId: name, assignment: bytes })),
    }),
    response: coordinated(fc.record({ assignment: bytes })),
  },
  GROUP_HEARTBEAT: { request: fc.record(stamp), response: done },
  LEAVE_GROUP: {
    request: fc.record({ group: name, memberId: name, instanceId: optional(name) }),
    response: done,
  },
  OFFSET_COMMIT: { request: fc.record({ ...stamp, offsets: list(committed) }), response: done },
  TXN_OFFSET_COMMIT: {
    request: fc.record({
      ...stamp,
      offsets: list(committed),
      transactionalId: name,
      producerId: natural,
      producerEpoch: natural,
    }),
    response: done,
  },
  OFFSET_FETCH: {
    request: fc.record({ group: name, partitions: optional(list(partition)), requiresStable: flag }),
    response: coordinated(fc.record({ offsets: list(committed) })),
  },
  CONSUMER_HEARTBEAT: {
    request: fc.record({
      group: name,
      memberId: name,
      instanceId: optional(name),
      memberEpoch,
      rebalanceTimeoutUs: optional(natural),
      topics: optional(names),
      assignor: optional(name),
      owned: optional(list(partition)),
    }),
    response: coordinated(
      fc.record({ memberId: name, memberEpoch, heartbeatUs: natural, assignment: optional(list(partition)) }),
    ),
  },
};

export interface Call extends Bodies {
  readonly name: string;
  readonly type: RpcType<unknown, unknown>;
}

/** Every call that there is; one without bodies here fails the tests. */
export const CALLS: readonly Call[] = Object.entries(protocol).flatMap(([key, value]) => {
  if (typeof value !== "object" || !("requestMessage" in value)) return [];
  const bodies = BODIES[key] ?? { request: fc.constant(key), response: fc.constant(key) };
  return [{ name: key, type: value, ...bodies }];
});
