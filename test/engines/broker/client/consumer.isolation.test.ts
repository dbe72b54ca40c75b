// What a consumer of committed data gives out, and one that does not care.
import { describe, expect, test } from "vitest";
import { Consumer, type Isolation } from "#engines/broker/client/index.js";
import { encodeBatch, encodeMarker } from "#engines/broker/record/index.js";
import { inWorld } from "../../rpc/support.js";
import type { FakePartition } from "../support/fake-broker.js";
import { settle, utf8 } from "./support.js";

const TP = { topic: "t", partition: 0 };

/** A batch of one record, whose value is its offset. */
function put(partition: FakePartition, producerId: number, isTransactional = true): void {
  const records = [{ key: null, value: utf8(`${partition.endOffset}`), timestampMs: 1_000 }];
  partition.put(encodeBatch(records, { producerId, producerEpoch: 0, baseSequence: 0 }, isTransactional));
}

function end(partition: FakePartition, producerId: number, isCommit: boolean): void {
  partition.put(encodeMarker({ producerId, producerEpoch: 1, isCommit, coordinatorEpoch: 0 }, 1_000));
}

/** Two transactions, mixed: 7 aborts at 4, 8 commits at 5, and 7 has another that commits at 7. */
function fill(partition: FakePartition): void {
  put(partition, 7);
  put(partition, 8);
  put(partition, 9, false);
  put(partition, 7);
  end(partition, 7, false);
  end(partition, 8, true);
  put(partition, 7);
  end(partition, 7, true);
  partition.aborted = [{ producerId: 7, firstOffset: 0, lastOffset: 4 }];
}

async function values(consumer: Consumer): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const polled = await consumer.poll(700_000);
    if (polled.length === 0) return found;
    for (const { records } of polled) {
      for (const { value } of records) found.push(new TextDecoder().decode(value ?? undefined));
    }
  }
}

describe("a consumer", () => {
  test.each<[Isolation, string[]]>([
    ["read_committed", ["1", "2", "6"]],
    ["read_uncommitted", ["0", "1", "2", "3", "6"]],
  ])("with %s gives out what it is to, and goes past the rest", (isolation, expected) =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      fill(brokers.partition("t", 0));
      const consumer = new Consumer(rpc, { cluster, isolation, offsetReset: "earliest" });
      consumer.assign([TP]);
      expect(await values(consumer)).toEqual(expected);
      expect(consumer.position(TP)).toBe(8);
      // In the middle of what was aborted it is the same.
      consumer.seek(TP, 3);
      expect(await values(consumer)).toEqual(expected.filter((each) => Number(each) >= 3));
      consumer.close();
    }),
  );

  test("of committed data waits at a transaction that is open, and goes on when it has ended", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const partition = brokers.partition("t", 0);
      put(partition, 9, false);
      put(partition, 7);
      partition.lastStableOffset = 1;
      const consumer = new Consumer(rpc, { cluster, isolation: "read_committed", offsetReset: "earliest" });
      consumer.assign([TP]);
      expect(await values(consumer)).toEqual(["0"]);
      expect(consumer.position(TP)).toBe(1);
      expect(await consumer.endOffsets([TP], 1_000_000)).toEqual([1]);
      // Aborted, and nothing behind it: the position goes on all the same.
      end(partition, 7, false);
      partition.lastStableOffset = undefined;
      partition.aborted = [{ producerId: 7, firstOffset: 1, lastOffset: 2 }];
      brokers.wake();
      expect(await values(consumer)).toEqual([]);
      expect(consumer.position(TP)).toBe(3);
      const polled = consumer.poll(5_000_000);
      put(partition, 7);
      end(partition, 7, true);
      brokers.wake();
      expect((await polled)[0]?.records.map(({ offset }) => offset)).toEqual([3]);
      consumer.close();
    }));

  test("does not need a marker to know where what was aborted ends", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const partition = brokers.partition("t", 0);
      fill(partition);
      // Compaction took it.
      partition.batches = partition.batches.filter(({ header }) => header.baseOffset !== 4);
      const consumer = new Consumer(rpc, { cluster, isolation: "read_committed", offsetReset: "earliest" });
      consumer.assign([TP]);
      expect(await values(consumer)).toEqual(["1", "2", "6"]);
      consumer.close();
    }));
});
