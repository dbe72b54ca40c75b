// Whatever is refused, lost, delayed or said twice, and whoever leads: a consumer reads the log as it is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ClusterView, Consumer } from "#engines/broker/client/index.js";
import type { BrokerErrorCode } from "#engines/broker/index.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot } from "../../rpc/support.js";
import { testWorld } from "../../../support/world.js";
import { FakeCluster, type Mishap } from "../support/fake-broker.js";
import { NAMES, utf8 } from "./support.js";

const REFUSALS: readonly BrokerErrorCode[] = [
  "NOT_LEADER_OR_FOLLOWER",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "OFFSET_NOT_AVAILABLE",
  "STORAGE_ERROR",
];

const mishap: fc.Arbitrary<Mishap | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.record({ refuse: fc.constantFrom(...REFUSALS) }) },
  { weight: 1, arbitrary: fc.record({ silent: fc.constantFrom("before" as const) }) },
  { weight: 2, arbitrary: fc.record({ delayUs: fc.integer({ min: 1, max: 300_000 }) }) },
);

const step = fc.oneof(
  fc.record({
    kind: fc.constant("append" as const),
    partition: fc.nat(2),
    records: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ kind: fc.constant("elect" as const), partition: fc.nat(2), leader: fc.constantFrom(...NAMES) }),
  fc.record({ kind: fc.constant("pause" as const), partition: fc.nat(2) }),
  fc.record({ kind: fc.constant("resume" as const), partition: fc.nat(2) }),
  fc.record({ kind: fc.constant("again" as const), partition: fc.nat(2) }),
  fc.record({ kind: fc.constant("sleep" as const), forUs: fc.integer({ min: 0, max: 100_000 }) }),
);

const plan = fc.record({
  seed: fc.integer({ min: 1, max: 100_000 }),
  mishaps: fc.array(mishap, { maxLength: 40 }),
  steps: fc.array(step, { minLength: 5, maxLength: 50 }),
  maxPollRecords: fc.constantFrom(1, 4, 500),
  prefetchBytes: fc.constantFrom(1, 400, 100_000),
  lag: fc.integer({ min: 0, max: 2 }),
  lossPpm: fc.constantFrom(0, 150_000),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

const PARTITIONS = [0, 1, 2].map((partition) => ({ topic: "t", partition }));

async function run({ seed, mishaps, steps, lag, lossPpm, ...limits }: Plan): Promise<void> {
  const faults = { "message-loss": lossPpm, "message-duplicate": lossPpm, "message-reorder": lossPpm };
  const world = testWorld({ seed, faults: lossPpm === 0 ? {} : faults });
  await world.run(async () => {
    const brokers = await FakeCluster.boot(world, NAMES, { t: 3 });
    brokers.lag = (broker) => (broker === "b2" ? lag : 0);
    brokers.onFetch = (count) => mishaps[count];
    brokers.onList = (count) => (count % 3 === 1 ? mishaps[count] : undefined);
    const env = await boot(world, "c");
    const rpc = new RpcClient(env);
    const times = { maxWaitUs: 50_000, requestTimeoutUs: 50_000, retryBackoffUs: 10_000 };
    const cluster = new ClusterView(rpc, { bootstrap: NAMES, attemptTimeoutUs: 50_000, backoffUs: 10_000 });
    const consumer = new Consumer(rpc, { cluster, offsetReset: "earliest", ...limits, ...times });
    consumer.assign(PARTITIONS);
    const next = new Map<number, number>(PARTITIONS.map(({ partition }) => [partition, 0]));
    const poll = async (timeoutUs: number): Promise<void> => {
      for (const { partition, records } of await consumer.poll(timeoutUs)) {
        expect(records.length).toBeLessThanOrEqual(limits.maxPollRecords);
        for (const { offset, value } of records) {
          expect(offset).toBe(next.get(partition.partition));
          expect(new TextDecoder().decode(value ?? undefined)).toBe(`${partition.partition}:${offset}`);
          next.set(partition.partition, offset + 1);
        }
      }
    };
    for (const each of steps) {
      if (each.kind === "sleep") await env.clock.sleep(each.forUs);
      else {
        const of = brokers.partition("t", each.partition);
        const at = PARTITIONS[each.partition]!;
        if (each.kind === "elect") brokers.elect(of, each.leader);
        else if (each.kind === "pause") consumer.pause(at);
        else if (each.kind === "resume") consumer.resume(at);
        else if (each.kind === "again") {
          consumer.seek(at, Math.floor(next.get(each.partition)! / 2));
          next.set(each.partition, consumer.position(at)!);
        } else {
          const { endOffset } = of;
          const records = Array.from({ length: each.records }, (_, index) => ({
            key: null,
            value: utf8(`${each.partition}:${endOffset + index}`),
            timestampMs: 1,
          }));
          of.append(encodeBatch(records, undefined));
          brokers.wake();
        }
      }
      await poll(5_000);
    }
    for (const at of PARTITIONS) consumer.resume(at);
    const isDone = (): boolean =>
      PARTITIONS.every(
        ({ partition }) => next.get(partition) === brokers.partition("t", partition).endOffset,
      );
    const startUs = world.nowUs;
    while (!isDone() && world.nowUs - startUs < 60_000_000) await poll(1_000_000);
    expect(isDone()).toBe(true);
    consumer.close();
    cluster.close();
  });
  expect(world.findings).toEqual([]);
}

test("each record once and in order, from wherever it is put, until all are read", async () => {
  await fc.assert(fc.asyncProperty(plan, run), { seed: 6, numRuns: 100 });
});
