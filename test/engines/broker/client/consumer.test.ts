// How a consumer reads: in order, without gaps, within bounds, and what it does where the log has changed.
import { describe, expect, test } from "vitest";
import { Consumer, Producer } from "#engines/broker/client/index.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { inWorld } from "../../rpc/support.js";
import type { FakePartition } from "../support/fake-broker.js";
import { failureOf, settle, utf8 } from "./support.js";

const textOf = (value: Uint8Array | null): string => new TextDecoder().decode(value ?? undefined);
const at = (partition: number) => ({ topic: "t", partition });

/** Appends batches of so many records; each record's value is its offset. */
function fill(partition: FakePartition, ...sizes: readonly number[]): void {
  for (const size of sizes) {
    const { endOffset } = partition;
    const records = Array.from({ length: size }, (_, index) => ({
      key: null,
      value: utf8(`${endOffset + index}`),
      timestampMs: 1_000 + endOffset + index,
    }));
    partition.append(encodeBatch(records, undefined));
  }
}

/** All that comes until `count` records are there, by partition. */
async function read(consumer: Consumer, count: number): Promise<Map<number, string[]>> {
  const values = new Map<number, string[]>();
  for (let left = count; left > 0;) {
    const polled = await consumer.poll(2_000_000);
    expect(polled.length).toBeGreaterThan(0);
    for (const { partition, records } of polled) {
      const known = values.get(partition.partition) ?? [];
      values.set(partition.partition, [...known, ...records.map(({ value }) => textOf(value))]);
      left -= records.length;
    }
  }
  return values;
}

const upTo = (end: number, start = 0): string[] =>
  Array.from({ length: end - start }, (_, i) => `${start + i}`);

describe("a consumer", () => {
  test("reads each partition in order from its position on, no more than it may at once", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      for (const partition of [0, 1, 2, 3]) fill(brokers.partition("t", partition), 3, 1, 7, 9);
      const consumer = new Consumer(rpc, {
        cluster,
        offsetReset: "earliest",
        maxPollRecords: 4,
        prefetchBytes: 600,
      });
      consumer.assign([at(0), at(1), at(3)]);
      consumer.seek(at(1), 5);
      const values = await read(consumer, 20 + 15 + 20);
      expect([...values].toSorted(([a], [b]) => a - b)).toEqual([
        [0, upTo(20)],
        [1, upTo(20, 5)],
        [3, upTo(20)],
      ]);
      expect(consumer.position(at(0))).toBe(20);
      expect(await consumer.poll(10_000)).toEqual([]);
    }));

  test("waits for what comes, and gets nothing at or above the high watermark", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const [partition] = [brokers.partition("t", 0)];
      const consumer = new Consumer(rpc, { cluster });
      consumer.assign([at(0)]);
      const polled = consumer.poll(10_000_000);
      await rpc.env.clock.sleep(100_000);
      partition.highWatermark = 2;
      fill(partition, 2, 2);
      brokers.wake();
      expect((await polled).flatMap(({ records }) => records.map(({ offset }) => offset))).toEqual([0, 1]);
      expect(world.nowUs).toBeLessThan(110_000);
      partition.highWatermark = undefined;
      brokers.wake();
      expect((await read(consumer, 2)).get(0)).toEqual(["2", "3"]);
    }));

  test("fetches ahead no more than it may", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world, 1);
      fill(brokers.partition("t", 0), ...Array<number>(40).fill(5));
      const consumer = new Consumer(rpc, {
        cluster,
        offsetReset: "earliest",
        maxPollRecords: 1,
        prefetchBytes: 500,
      });
      consumer.assign([at(0)]);
      await read(consumer, 1);
      await rpc.env.clock.sleep(3_000_000);
      // Five records make about 110 bytes.
      expect(brokers.fetched.at(-1)!.partitions[0]!.fetchOffset).toBeLessThanOrEqual(30);
      expect(brokers.fetches).toBeLessThan(6);
      expect((await read(consumer, 199)).get(0)).toEqual(upTo(200, 1));
    }));

  test("takes no more of a partition at once than it may, but a batch", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world, 1);
      fill(brokers.partition("t", 0), ...Array<number>(20).fill(5));
      const consumer = new Consumer(rpc, { cluster, offsetReset: "earliest", partitionMaxBytes: 1 });
      consumer.assign([at(0)]);
      expect((await read(consumer, 100)).get(0)).toEqual(upTo(100));
      const offsets = brokers.fetched.map(({ partitions }) => partitions[0]!.fetchOffset);
      expect(offsets.slice(0, 4)).toEqual([0, 5, 10, 15]);
    }));

  test("gives every partition its turn, and does without those that are paused", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world, 1);
      brokers.addTopic("u", 1);
      fill(brokers.partition("t", 0), ...Array<number>(50).fill(5));
      fill(brokers.partition("u", 0), 5);
      const consumer = new Consumer(rpc, {
        cluster,
        offsetReset: "earliest",
        maxPollRecords: 20,
        prefetchBytes: 100,
      });
      consumer.assign([at(0), { topic: "u", partition: 0 }]);
      const values = await read(consumer, 25);
      expect(values.get(0)!.filter((value) => value === "4").length).toBe(2);
      consumer.pause(at(0));
      expect(await consumer.poll(1_000_000)).toEqual([]);
      const position = consumer.position(at(0))!;
      consumer.resume(at(0));
      expect((await read(consumer, 250 - position)).get(0)).toEqual(upTo(250, position));
    }));

  test("follows the leader, by a hint or by asking", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const partition = brokers.partition("t", 0);
      const consumer = new Consumer(rpc, { cluster, offsetReset: "earliest" });
      consumer.assign([at(0), at(3)]);
      for (const [index, leader] of ["b3", "b2", undefined, "b1"].entries()) {
        brokers.givesHints = index % 2 === 0;
        brokers.elect(partition, leader);
        if (leader === undefined) {
          expect(await consumer.poll(200_000)).toEqual([]);
          continue;
        }
        const end = partition.endOffset;
        fill(partition, 2);
        expect((await read(consumer, 2)).get(0)).toEqual(upTo(end + 2, end));
      }
    }));

  test("tries again after errors and silence, and reads what a producer sends meanwhile", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world, 2);
      const codes = [
        "NOT_LEADER_OR_FOLLOWER",
        "UNKNOWN_LEADER_EPOCH",
        "OFFSET_NOT_AVAILABLE",
        "STORAGE_ERROR",
      ] as const;
      brokers.onFetch = (count) =>
        count % 3 === 0
          ? { refuse: codes[(count / 3) % 4]! }
          : count % 7 === 1
            ? { silent: "before" }
            : undefined;
      brokers.onList = (count) => (count < 3 ? { refuse: "OFFSET_NOT_AVAILABLE" } : undefined);
      const producer = await Producer.open(rpc, { cluster });
      const consumer = new Consumer(rpc, {
        cluster,
        offsetReset: "earliest",
        requestTimeoutUs: 100_000,
        maxWaitUs: 100_000,
      });
      consumer.assign([at(0), at(1)]);
      const sending = (async () => {
        for (const value of upTo(30)) {
          await producer.send({ topic: "t", partition: Number(value) % 2, key: null, value: utf8(value) });
          await rpc.env.clock.sleep(30_000);
        }
      })();
      const values: string[] = [];
      while (values.length < 30) {
        for (const { records } of await consumer.poll(1_000_000))
          values.push(...records.map(({ value }) => textOf(value)));
      }
      await sending;
      for (const odd of [0, 1]) {
        expect(values.filter((value) => Number(value) % 2 === odd)).toEqual(
          upTo(30).filter((v) => Number(v) % 2 === odd),
        );
      }
    }));
});

describe("where the log has nothing at a position", () => {
  for (const [offsetReset, expected] of [
    ["earliest", "4"],
    ["latest", "10"],
  ] as const) {
    test(`it goes on at the ${offsetReset}`, () =>
      inWorld(async (world) => {
        const { brokers, rpc, cluster } = await settle(world);
        const partition = brokers.partition("t", 0);
        fill(partition, 4, 6);
        partition.batches.shift();
        partition.logStartOffset = 4;
        const consumer = new Consumer(rpc, { cluster, offsetReset });
        consumer.assign([at(0)]);
        consumer.seek(at(0), 2);
        const polled = consumer.poll(1_000_000);
        await rpc.env.clock.sleep(100_000);
        fill(partition, 1);
        brokers.wake();
        expect(textOf((await polled)[0]!.records[0]!.value)).toBe(expected);
      }));
  }

  test("it says so, as often as it is asked, until somebody seeks", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      fill(brokers.partition("t", 0), 4);
      const consumer = new Consumer(rpc, { cluster, offsetReset: "none" });
      consumer.assign([at(0)]);
      expect(await failureOf(consumer.poll(1_000_000))).toMatchObject({ code: "OFFSET_OUT_OF_RANGE" });
      consumer.seek(at(0), 100);
      for (const _ of [1, 2]) {
        expect(await failureOf(consumer.poll(1_000_000))).toMatchObject({ code: "OFFSET_OUT_OF_RANGE" });
      }
      consumer.seek(at(0), 3);
      expect((await read(consumer, 1)).get(0)).toEqual(["3"]);
    }));
});

test("nobody seeks to what is no offset, or no epoch", () =>
  inWorld(async (world) => {
    const { rpc, cluster } = await settle(world);
    const consumer = new Consumer(rpc, { cluster });
    consumer.assign([at(0)]);
    for (const offset of [-1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => consumer.seek(at(0), offset)).toThrow("INVALID_REQUEST");
    }
    for (const epoch of [-2, 1.5, Number.NaN, 2 ** 53 - 1]) {
      expect(() => consumer.seek(at(0), 0, epoch)).toThrow("INVALID_REQUEST");
    }
  }));

describe("where the log is no longer what was read (KIP-320)", () => {
  /** Epoch 0 has 0 to 19, epoch 1 then 20 to 29 at one leader, epoch 2 from 10 on at the next. */
  async function diverge(
    partition: FakePartition,
    consumer: Consumer,
    elect: (leader: string) => void,
  ): Promise<void> {
    fill(partition, 10, 10);
    elect("b2");
    fill(partition, 10);
    consumer.assign([at(0)]);
    await read(consumer, 30);
    partition.truncate(10);
    elect("b3");
    fill(partition, 30);
  }

  test("it goes back to where they part", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const partition = brokers.partition("t", 0);
      const consumer = new Consumer(rpc, { cluster, offsetReset: "earliest", onTruncation: "rewind" });
      await diverge(partition, consumer, (leader) => brokers.elect(partition, leader));
      expect((await read(consumer, 30)).get(0)).toEqual(upTo(40, 10));
    }));

  test("or says so", () =>
    inWorld(async (world) => {
      const { brokers, rpc, cluster } = await settle(world);
      const partition = brokers.partition("t", 0);
      const consumer = new Consumer(rpc, { cluster, offsetReset: "earliest" });
      await diverge(partition, consumer, (leader) => brokers.elect(partition, leader));
      for (const _ of [1, 2]) {
        expect(await failureOf(consumer.poll(1_000_000))).toMatchObject({ code: "LOG_TRUNCATION" });
      }
      expect(consumer.position(at(0))).toBe(30);
    }));
});

test("damaged batches are not given out, and those before them are", () =>
  inWorld(async (world) => {
    const { brokers, rpc, cluster } = await settle(world);
    const partition = brokers.partition("t", 0);
    fill(partition, 3, 3, 3);
    const { bytes } = partition.batches[1]!;
    bytes[bytes.length - 2]! ^= 1;
    const consumer = new Consumer(rpc, { cluster, offsetReset: "earliest" });
    consumer.assign([at(0)]);
    expect((await read(consumer, 3)).get(0)).toEqual(upTo(3));
    expect(await failureOf(consumer.poll(1_000_000))).toMatchObject({ code: "CORRUPT_MESSAGE" });
    bytes[bytes.length - 2]! ^= 1;
    expect((await read(consumer, 6)).get(0)).toEqual(upTo(9, 3));
  }));

test("offsets are looked up, again where the leader does not know yet", () =>
  inWorld(async (world) => {
    const { brokers, rpc, cluster } = await settle(world);
    fill(brokers.partition("t", 0), 4, 6);
    fill(brokers.partition("t", 1), 3);
    brokers.onList = (count) => (count < 2 ? { refuse: "OFFSET_NOT_AVAILABLE" } : undefined);
    const consumer = new Consumer(rpc, { cluster });
    const both = [at(0), at(1)];
    expect(await consumer.beginningOffsets(both, 1_000_000)).toEqual([0, 0]);
    expect(await consumer.endOffsets(both, 1_000_000)).toEqual([10, 3]);
    const times = [1_005, 1_500].map((timestampMs, partition) => ({ ...at(partition), timestampMs }));
    expect(await consumer.offsetsForTimes(times, 1_000_000)).toEqual([5, 3]);
    for (const timestampMs of [-1, 1.5, Number.NaN, 2 ** 53 - 1]) {
      const asked = consumer.offsetsForTimes([{ ...at(0), timestampMs }], 1_000_000);
      expect(await failureOf(asked)).toMatchObject({ code: "INVALID_REQUEST" });
    }
    brokers.onList = () => ({ refuse: "OFFSET_NOT_AVAILABLE" });
    expect(await failureOf(consumer.endOffsets(both, 300_000))).toMatchObject({ code: "REQUEST_TIMED_OUT" });
  }));

test("close ends polls, lookups and timers", () =>
  inWorld(async (world) => {
    const { brokers, rpc, cluster, timers } = await settle(world);
    brokers.onList = () => ({ refuse: "OFFSET_NOT_AVAILABLE" });
    const consumer = new Consumer(rpc, { cluster });
    consumer.assign([at(0), at(1)]);
    consumer.seek(at(1), 0);
    const ends = [failureOf(consumer.poll(60_000_000)), failureOf(consumer.endOffsets([at(0)], 60_000_000))];
    await rpc.env.clock.sleep(120_000);
    consumer.close();
    cluster.close();
    for (const end of ends) expect(await end).toMatchObject({ code: "CLOSED" });
    await rpc.env.clock.sleep(2_000_000);
    expect(timers()).toBe(0);
  }));
