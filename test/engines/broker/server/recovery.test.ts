// Brokers of profile `cache` that all ended uncleanly at once: what was acknowledged is in the logs that are left.
import { describe, expect, it } from "vitest";
import { logEnd } from "#engines/broker/server/queries.js";
import type { LogInspection, PartitionLog } from "#engines/broker/log/types.js";
import { needsRecovery } from "#engines/broker/metadata/index.js";
import { LOG_END } from "#engines/broker/protocol/index.js";
import type { LogEndResponse } from "#engines/broker/protocol/types.js";
import { BROKERS, TP, withBrokers, type TestBrokers } from "./support.js";

async function produced(brokers: TestBrokers, count: number): Promise<string[]> {
  const values = Array.from({ length: count }, (_, i) => `v${i}`);
  for (const value of values) await brokers.produce([value]);
  return values;
}

/** The last known ELR of each state in which nobody could lead. */
function offlineStates(brokers: TestBrokers): (readonly string[])[] {
  const records = brokers.events.flatMap(({ event }) =>
    event.kind === "controller/applied" ? event.records : [],
  );
  const states = records.flatMap((record) => (record.kind === "partition" ? [record.state] : []));
  return states.filter(needsRecovery).map(({ lastKnownElr }) => lastKnownElr);
}

async function ask(brokers: TestBrokers, broker: string, brokerEpoch: number): Promise<LogEndResponse> {
  const call = brokers.client.call(broker, LOG_END, { partition: TP, brokerEpoch }, { timeoutUs: 500_000 });
  return call.promise;
}

describe("three brokers that store in their page caches", () => {
  it("lose nothing when all of their processes end, and lead again", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(BROKERS);
      const values = await produced(brokers, 8);
      const { leaderEpoch } = brokers.state;
      for (const name of BROKERS) brokers.crash(name);
      for (const name of BROKERS) brokers.boot(name);
      await brokers.produce(["last"], { tries: 200 });
      await brokers.untilIsr(...BROKERS);
      expect(brokers.state.leaderEpoch).toBeGreaterThan(leaderEpoch + 1);
      expect(brokers.state.lastKnownElr).toEqual([]);
      expect([...new Set(await brokers.values())]).toEqual([...values, "last"]);
      expect(brokers.world.marks.has("controller/recovered-leader")).toBe(true);
    });
  });

  it.each(BROKERS)("lose nothing when %s loses its power besides", async (name) => {
    await withBrokers(
      async (brokers) => {
        await brokers.createTopic(BROKERS);
        const values = await produced(brokers, 8);
        for (const each of BROKERS) {
          if (each === name) brokers.powerLoss(each);
          else brokers.crash(each);
        }
        // Whoever comes back first leaves an ISR that is large enough without it, and is not asked.
        const [first, last] = BROKERS.filter((each) => each !== name);
        for (const each of [first!, name, last!]) {
          brokers.boot(each);
          await brokers.until(() => brokers.brokers.get(each)?.inspect().isFenced === false);
        }
        await brokers.produce(["last"], { tries: 200 });
        expect(offlineStates(brokers)).toContainEqual([name, last!].sort());
        expect([...new Set(await brokers.values())]).toEqual([...values, "last"]);
      },
      // Nothing is durable before the end.
      { broker: { flushIntervalUs: 60_000_000 } },
    );
  });
});

describe("the end of a log", () => {
  it("is told in the broker's present life, where it holds the partition", async () => {
    await withBrokers(async (brokers) => {
      await brokers.createTopic(["b1", "b2"]);
      await produced(brokers, 3);
      const epoch = (name: string): number => brokers.controller.image.brokers.get(name)!.epoch;
      await brokers.until(() => brokers.partition("b2")?.log.logEndOffset === 3);
      const end = { logStartOffset: 0, lastEpoch: 0, endOffset: 3 };
      expect(await ask(brokers, "b2", epoch("b2"))).toEqual({ partition: TP, ok: true, ...end });
      const stale = await ask(brokers, "b2", epoch("b2") - 1);
      expect(stale).toMatchObject({ ok: false, error: { code: "STALE_BROKER_EPOCH" } });
      const elsewhere = await ask(brokers, "b3", epoch("b3"));
      expect(elsewhere).toMatchObject({ ok: false, error: { code: "NOT_LEADER_OR_FOLLOWER" } });
    });
  });

  const log = (inspection: Pick<LogInspection, "logStartOffset" | "logEndOffset" | "epochs">): PartitionLog =>
    ({ inspect: () => inspection }) as unknown as PartitionLog;

  it("is of its last batch's epoch: one that begins there has none, and one that is empty knows none", () => {
    const epochs = [
      { epoch: 3, startOffset: 0 },
      { epoch: 7, startOffset: 10 },
    ];
    const end = (logStartOffset: number, logEndOffset: number): unknown =>
      logEnd(log({ logStartOffset, logEndOffset, epochs })).lastEpoch;
    expect(end(0, 10)).toBe(3);
    expect(end(0, 11)).toBe(7);
    expect(end(0, 0)).toBe(-1);
  });
});
