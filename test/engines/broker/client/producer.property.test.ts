// Whatever is refused, lost, delayed or said twice, and whoever leads: what an idempotent producer is told is so.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ClusterView, Producer } from "#engines/broker/client/index.js";
import type { BrokerErrorCode } from "#engines/broker/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot } from "../../rpc/support.js";
import { testWorld } from "../../../support/world.js";
import { FakeCluster, type Mishap } from "../support/fake-broker.js";
import { NAMES, utf8 } from "./support.js";

const REFUSALS: readonly BrokerErrorCode[] = [
  "NOT_ENOUGH_REPLICAS",
  "NOT_LEADER_OR_FOLLOWER",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "STORAGE_ERROR",
  "MESSAGE_TOO_LARGE",
];

const DOUBTS: readonly BrokerErrorCode[] = [
  "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  "REQUEST_TIMED_OUT",
  "NOT_LEADER_OR_FOLLOWER",
];

const mishap: fc.Arbitrary<Mishap | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.record({ refuse: fc.constantFrom(...REFUSALS) }) },
  { weight: 2, arbitrary: fc.record({ silent: fc.constantFrom("before" as const, "after" as const) }) },
  { weight: 2, arbitrary: fc.record({ doneBut: fc.constantFrom(...DOUBTS) }) },
  // Longer than a request's timeout, too: it arrives when it has been given up.
  { weight: 2, arbitrary: fc.record({ delayUs: fc.integer({ min: 1, max: 700_000 }) }) },
);

const plan = fc.record({
  seed: fc.integer({ min: 1, max: 100_000 }),
  mishaps: fc.array(mishap, { minLength: 5, maxLength: 60 }),
  elections: fc.array(
    fc.record({
      afterUs: fc.integer({ min: 0, max: 400_000 }),
      leader: fc.option(fc.constantFrom(...NAMES), { nil: undefined }),
      /** How many records an unclean election loses. */
      lost: fc.nat(4),
    }),
    { maxLength: 6 },
  ),
  gapsUs: fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 10, maxLength: 60 }),
  batchBytes: fc.constantFrom(1, 200),
  maxInFlight: fc.integer({ min: 1, max: 5 }),
  deliveryTimeoutUs: fc.constantFrom(150_000, 400_000, 2_000_000),
  lag: fc.integer({ min: 0, max: 2 }),
  lossPpm: fc.constantFrom(0, 150_000),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;
type End = "acknowledged" | "failed" | "unknown";

interface Run {
  readonly ends: ReadonlyMap<string, End>;
  readonly offsets: ReadonlyMap<string, number>;
  readonly logs: readonly (readonly string[])[];
}

async function run(given: Plan, isUnclean: boolean): Promise<Run> {
  const { seed, lossPpm } = given;
  const faults = { "message-loss": lossPpm, "message-duplicate": lossPpm, "message-reorder": lossPpm };
  const world = testWorld({ seed, faults: lossPpm === 0 ? {} : faults });
  const ends = new Map<string, End>();
  const offsets = new Map<string, number>();
  const logs: string[][] = [];
  await world.run(async () => {
    const brokers = await FakeCluster.boot(world, NAMES, { t: 2 });
    brokers.lag = (broker) => (broker === "b2" ? given.lag : 0);
    const env = await boot(world, "c");
    const rpc = new RpcClient(env);
    const cluster = new ClusterView(rpc, { bootstrap: NAMES, attemptTimeoutUs: 50_000, backoffUs: 10_000 });
    const { batchBytes, maxInFlight, deliveryTimeoutUs } = given;
    const options = {
      cluster,
      batchBytes,
      maxInFlight,
      deliveryTimeoutUs,
      requestTimeoutUs: 100_000,
      retryBackoffUs: 10_000,
    };
    let producer: Producer | undefined;
    // Where the network is bad, the id may take longer than a record may.
    while (producer === undefined) producer = await Producer.open(rpc, options).catch(() => undefined);
    brokers.onProduce = (count) => given.mishaps[count];
    const electing = (async () => {
      for (const { afterUs, leader, lost } of given.elections) {
        await env.clock.sleep(afterUs);
        const { endOffset } = brokers.partition("t", 0);
        if (isUnclean) brokers.partition("t", 0).truncate(Math.max(0, endOffset - lost));
        brokers.elect(brokers.partition("t", 0), leader);
      }
      await env.clock.sleep(100_000);
      brokers.elect(brokers.partition("t", 0), "b3");
    })();
    const sent: Promise<void>[] = [];
    for (const [index, gapUs] of given.gapsUs.entries()) {
      const value = `${index}`;
      if (gapUs > 20_000) await env.clock.sleep(gapUs);
      sent.push(
        producer.send({ topic: "t", partition: index % 2, key: null, value: utf8(value) }).then(
          ({ offset }) => {
            ends.set(value, "acknowledged");
            if (offset !== undefined) offsets.set(value, offset);
          },
          (error: { outcome: "failed" | "unknown" }) => void ends.set(value, error.outcome),
        ),
      );
    }
    await electing;
    await producer.flush();
    await Promise.all(sent);
    // What was delayed arrives.
    await env.clock.sleep(3_000_000);
    producer.close();
    cluster.close();
    for (const partition of [0, 1]) logs.push(brokers.partition("t", partition).values);
  });
  expect(world.findings).toEqual([]);
  return { ends, offsets, logs };
}

test("acknowledged is once, failed is never, unknown is at most once, and all in order", async () => {
  const seen = { acknowledged: 0, failed: 0, unknown: 0, unknownThere: 0 };
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      const { ends, offsets, logs } = await run(given, false);
      expect(ends.size).toBe(given.gapsUs.length);
      for (const [value, end] of ends) {
        const log = logs[Number(value) % 2]!;
        const times = log.filter((each) => each === value).length;
        seen[end]++;
        if (end === "unknown") seen.unknownThere += times;
        expect([value, end, times]).toEqual([
          value,
          end,
          end === "acknowledged" ? 1 : end === "failed" ? 0 : times,
        ]);
        expect(times).toBeLessThan(2);
        const offset = offsets.get(value);
        if (offset !== undefined) expect(log[offset]).toBe(value);
      }
      for (const log of logs) expect(log.map(Number)).toEqual(log.map(Number).toSorted((a, b) => a - b));
    }),
    { seed: 77, numRuns: 120 },
  );
  // All ends were met, and both kinds of doubt.
  expect(
    Math.min(seen.acknowledged, seen.failed, seen.unknownThere, seen.unknown - seen.unknownThere),
  ).toBeGreaterThan(20);
});

test("where acknowledged records are lost, none is there twice, failed is never, and all in order", async () => {
  let lost = 0;
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      const { ends, logs } = await run(given, true);
      for (const [value, end] of ends) {
        const times = logs[Number(value) % 2]!.filter((each) => each === value).length;
        expect(times).toBeLessThan(end === "failed" ? 1 : 2);
        if (end === "acknowledged" && times === 0) lost++;
      }
      for (const log of logs) expect(log.map(Number)).toEqual(log.map(Number).toSorted((a, b) => a - b));
    }),
    { seed: 66, numRuns: 80 },
  );
  expect(lost).toBeGreaterThan(20);
});
