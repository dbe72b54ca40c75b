// The active controller has somebody lead where nobody may any more (KIP-966).
import { describe, expect, test } from "vitest";
import { longestLog, type CandidateLog } from "#engines/broker/controller/recovery.js";
import type { BrokerErrorCode } from "#engines/broker/errors.js";
import { LOG_END } from "#engines/broker/protocol/index.js";
import type { LogEnd, LogEndResponse } from "#engines/broker/protocol/types.js";
import { RpcServer } from "#engines/rpc/index.js";
import { SESSION_US, withControllers, type TestBroker, type TestControllers } from "./support.js";

const log = (broker: string, lastEpoch: number, endOffset: number, logStartOffset = 0): CandidateLog => ({
  broker,
  lastEpoch,
  endOffset,
  logStartOffset,
});

describe("the longest log", () => {
  test.each<[string, CandidateLog[], string]>([
    ["ends last", [log("b1", 3, 7), log("b2", 3, 9), log("b3", 3, 8)], "b2"],
    ["is of the latest epoch, though another one ends later", [log("b1", 3, 70), log("b2", 4, 2)], "b2"],
    ["is the first of several", [log("b1", 2, 9), log("b2", 3, 9), log("b3", 3, 9)], "b2"],
    ["may be empty", [log("b1", -1, 0), log("b2", -1, 0)], "b1"],
    [
      "does not end where another's records are deleted already",
      [log("b1", 6, 95), log("b2", -1, 100, 100)],
      "b2",
    ],
    ["may begin where an empty one does", [log("b1", -1, 100, 100), log("b2", 6, 100, 40)], "b2"],
  ])("%s", (_name, logs, broker) => {
    expect(longestLog(logs)).toBe(broker);
  });
});

/** What a broker says of its log, whoever asks in which epoch; undefined: it does not answer. */
type Says = Omit<LogEnd, "logStartOffset"> | BrokerErrorCode | undefined;

interface Story {
  readonly brokers: readonly TestBroker[];
  readonly says: Map<string, Says>;
  /** Who was asked, in order. */
  readonly asked: string[];
}

/** Two brokers that ended uncleanly, and a partition that they left offline. Those who are `away` stay fenced. */
async function offline(
  cluster: TestControllers,
  says: Map<string, Says>,
  away: readonly string[] = [],
): Promise<Story> {
  const brokers = await cluster.brokers("b1", "b2");
  const asked: string[] = [];
  for (const broker of brokers) {
    const { name, env } = broker;
    new RpcServer(env).serve(
      LOG_END,
      ({ partition, brokerEpoch }): LogEndResponse | Promise<LogEndResponse> => {
        asked.push(name);
        expect(brokerEpoch).toBe(broker.epoch);
        const said = says.get(name);
        if (said === undefined) return new Promise(() => undefined);
        if (typeof said === "string") return { partition, ok: false, error: { code: said, found: "it" } };
        return { partition, ok: true, logStartOffset: 0, ...said };
      },
    );
  }
  await brokers[0]!.createTopic([["b1", "b2"]]);
  for (const broker of brokers) {
    broker.isSilent = away.includes(broker.name);
    await broker.register(50);
  }
  expect((await cluster.state()).leader).toBe(undefined);
  return { brokers, says, asked };
}

async function untilLed(cluster: TestControllers, { brokers }: Story): Promise<void> {
  const active = cluster.of(await cluster.active());
  await cluster.until(() => active.image.partitions.get("orders-0")?.state.leader);
  for (const broker of brokers) broker.isSilent = true;
}

describe("a partition that all have left uncleanly", () => {
  test("is led by the one with the longest log", () =>
    withControllers(async (cluster) => {
      const b1 = { lastEpoch: 0, endOffset: 3 };
      const b2 = { lastEpoch: 0, endOffset: 5 };
      const says = new Map<string, Says>(Object.entries({ b1, b2 }));
      await untilLed(cluster, await offline(cluster, says));
      expect(await cluster.state()).toMatchObject({ leader: "b2", isr: ["b2"], lastKnownElr: ["b1"] });
      expect(cluster.world.marks.has("controller/recovered-leader")).toBe(true);
    }));

  test.each<[string, Says]>([
    ["does not answer", undefined],
    ["does not hold it yet", "NOT_LEADER_OR_FOLLOWER"],
    ["has begun another life", "STALE_BROKER_EPOCH"],
  ])("waits while one of them %s, and is tried again", (_name, said) =>
    withControllers(async (cluster) => {
      const says = new Map<string, Says>([
        ["b1", { lastEpoch: 0, endOffset: 9 }],
        ["b2", said],
      ]);
      const story = await offline(cluster, says);
      await cluster.world.sleep(3 * SESSION_US);
      expect(await cluster.state()).toMatchObject({ leader: undefined, lastKnownElr: ["b1", "b2"] });
      expect(story.asked.length).toBeGreaterThan(4);
      says.set("b2", { lastEpoch: 1, endOffset: 2 });
      await untilLed(cluster, story);
      expect(await cluster.state()).toMatchObject({ leader: "b2" });
    }),
  );

  test("waits while one of them is fenced, and asks nobody", () =>
    withControllers(async (cluster) => {
      const end = { lastEpoch: 0, endOffset: 5 };
      const story = await offline(cluster, new Map<string, Says>(Object.entries({ b1: end, b2: end })), [
        "b2",
      ]);
      await cluster.world.sleep(3 * SESSION_US);
      expect(story.asked).toEqual([]);
      await story.brokers[1]!.heartbeat();
      await untilLed(cluster, story);
      expect(await cluster.state()).toMatchObject({ leader: "b1", lastKnownElr: ["b2"] });
    }));

  test("does not keep who is silent from being fenced meanwhile", () =>
    withControllers(async (cluster) => {
      const story = await offline(cluster, new Map());
      const active = cluster.of(await cluster.active());
      const isFenced = (broker: string): boolean => active.image.brokers.get(broker)!.isFenced;
      await cluster.until(() => story.asked.includes("b1"));
      story.brokers[0]!.isSilent = true;
      await cluster.until(() => isFenced("b1"));
      expect(isFenced("b2")).toBe(false);
      story.brokers[1]!.isSilent = true;
    }));
});
