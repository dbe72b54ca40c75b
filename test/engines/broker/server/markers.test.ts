// Markers as a coordinator sends them to brokers; what is known of them goes with the log.
import { describe, expect, it } from "vitest";
import { TRANSACTIONS_TOPIC } from "#engines/broker/coordinator/index.js";
import type { BrokerErrorCode } from "#engines/broker/errors.js";
import { PRODUCE, WRITE_TXN_MARKERS } from "#engines/broker/protocol/index.js";
import type { ProduceResult } from "#engines/broker/protocol/types.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { partitionName } from "#engines/broker/types.js";
import { BROKERS, TP, refusalOf, withBrokers, type TestBrokers } from "./support.js";

async function mark(
  brokers: TestBrokers,
  broker: string,
  producerEpoch: number,
  coordinatorEpoch = 5,
): Promise<BrokerErrorCode | undefined> {
  const request = { producerId: 7, producerEpoch, isCommit: true, coordinatorEpoch, partitions: [TP] };
  const { promise } = brokers.client.call(broker, WRITE_TXN_MARKERS, request, { timeoutUs: 2_000_000 });
  const [only] = (await promise).partitions;
  expect(only!.partition).toEqual(TP);
  return only!.code;
}

async function produce(brokers: TestBrokers, producerEpoch: number): Promise<ProduceResult> {
  const stamp = { producerId: 7, producerEpoch, baseSequence: 0 };
  const batch = encodeBatch([{ key: null, value: null, timestampMs: 1 }], stamp, true);
  const partitions = [{ partition: TP, batch }];
  const request = { acks: "all", transactionalId: "id", timeoutUs: 400_000, partitions } as const;
  const { promise } = brokers.client.call(brokers.state.leader!, PRODUCE, request, { timeoutUs: 1_000_000 });
  return (await promise).partitions[0]!;
}

describe("a broker", () => {
  it("ends transactions in the partitions that it leads; whoever leads next knows of it", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.produce(["before"]);
      const first = brokers.state.leader!;
      const follower = BROKERS.find((name) => name !== first)!;
      expect(await mark(brokers, follower, 1)).toBe("NOT_LEADER_OR_FOLLOWER");
      expect(await mark(brokers, first, 1)).toBeUndefined();
      expect(await mark(brokers, first, 1)).toBeUndefined();
      expect(await brokers.offset("latest", "read_committed")).toBe(2);
      brokers.crash(first);
      const second = await brokers.until(() => brokers.state.leader !== first && brokers.state.leader);
      await brokers.produce(["after"]);
      expect(await mark(brokers, second, 1)).toBeUndefined();
      expect(await mark(brokers, second, 2, 4)).toBe("TRANSACTION_COORDINATOR_FENCED");
      expect(await mark(brokers, second, 2, 6)).toBeUndefined();
      expect(brokers.partition(second)).toMatchObject({ highWatermark: 4, lastStableOffset: 4 });
    });
  });

  it("takes no batch of a transaction that nobody vouches for", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      await brokers.produce(["plain"]);
      // There is no transactional id at all, and so no topic of them.
      expect(refusalOf(await produce(brokers, 0))).toBe("COORDINATOR_NOT_AVAILABLE");
      expect(await brokers.offset("latest")).toBe(1);
    });
  });

  it("takes none into the topic that coordinators of transactions write", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS, { cleanup: "compact" }, TRANSACTIONS_TOPIC);
      const partition = { topic: TRANSACTIONS_TOPIC, partition: 0 };
      const { leader } = brokers.controller.image.partitions.get(partitionName(partition))!.state;
      await brokers.until(() => brokers.brokers.get(leader!)!.inspect().partitions[0]?.role === "leader");
      const marker = { producerId: 7, producerEpoch: 1, isCommit: false, coordinatorEpoch: 5 };
      const request = { ...marker, partitions: [partition] };
      const call = brokers.client.call(leader!, WRITE_TXN_MARKERS, request, { timeoutUs: 2_000_000 });
      expect((await call.promise).partitions).toEqual([{ partition, code: "INVALID_REQUEST" }]);
    });
  });

  it("does not answer for a marker that is not committed", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS, { minInsyncReplicas: 2 });
      await brokers.produce(["plain"]);
      const leader = brokers.state.leader!;
      for (const name of BROKERS) if (name !== leader) brokers.crash(name);
      expect(await mark(brokers, leader, 1)).toMatch(/^(REQUEST_TIMED_OUT|NOT_ENOUGH_REPLICAS.*)$/);
    });
  });
});
