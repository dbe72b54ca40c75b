// Coordinators of groups at whole brokers: found, asked, and taken over.
import { describe, expect, it } from "vitest";
import { GROUPS_TOPIC, coordinatorPartition } from "#engines/broker/coordinator/index.js";
import { GROUP_HEARTBEAT, OFFSET_COMMIT, OFFSET_FETCH, PRODUCE } from "#engines/broker/protocol/index.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { NO_EPOCH } from "#engines/broker/types.js";
import { AT, GroupClient, NOBODY, OPTIONS, PARTITIONS } from "./group-client.js";
import { BROKERS, withBrokers, type TestBrokers } from "./support.js";

function kinds(cluster: TestBrokers): string[] {
  return cluster.events.map(({ event }) => event.kind as string);
}

describe("the coordinator of a group", () => {
  it("is found at the first question, which makes its topic", async () => {
    const cluster = await withBrokers(async (brokers) => {
      const client = new GroupClient(brokers);
      await brokers.until(() => brokers.controller?.image.brokers.size === 3);
      expect(brokers.controller.image.topics.has(GROUPS_TOPIC)).toBe(false);
      expect(await client.commit(NOBODY, 5)).toEqual({ ok: true, value: undefined });
      const topic = brokers.controller.image.topics.get(GROUPS_TOPIC)!;
      expect(topic).toMatchObject({
        partitions: PARTITIONS,
        config: { cleanup: "compact", minInsyncReplicas: 2 },
      });
      const name = `${GROUPS_TOPIC}-${coordinatorPartition("g", PARTITIONS)}`;
      const { leader } = brokers.controller.image.partitions.get(name)!.state;
      expect(await client.find()).toBe(leader);
      for (const other of BROKERS.filter((broker) => broker !== leader)) {
        const refused = await client.askOnce(other, OFFSET_FETCH, {
          group: "g",
          partitions: undefined,
          requiresStable: false,
        });
        expect(refused).toMatchObject({ ok: false, code: "NOT_COORDINATOR" });
      }
    }, OPTIONS);
    expect(kinds(cluster)).toContain("group/offset-committed");
  });

  it("keeps what nobody but a coordinator may write", async () => {
    await withBrokers(async (brokers) => {
      const client = new GroupClient(brokers);
      await client.commit(NOBODY, 5);
      const partition = { topic: GROUPS_TOPIC, partition: coordinatorPartition("g", PARTITIONS) };
      const batch = encodeBatch([{ key: new Uint8Array([9]), value: null, timestampMs: 1 }]);
      const request = { acks: 1 as const, timeoutUs: 1_000, partitions: [{ partition, batch }] };
      const leader = (await client.find())!;
      const { promise } = brokers.client.call(leader, PRODUCE, request, { timeoutUs: 1_000_000 });
      expect((await promise).partitions[0]).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
      expect(await client.offset()).toBe(5);
    }, OPTIONS);
  });

  it("is taken over with all that it knew: the members, their generation, and the offsets", async () => {
    const cluster = await withBrokers(async (brokers) => {
      const client = new GroupClient(brokers);
      const stamp = await client.enter();
      for (let offset = 1; offset <= 30; offset++) {
        expect(await client.commit(stamp, offset)).toMatchObject({ ok: true });
      }
      const before = (await client.find())!;
      brokers.crash(before);
      expect(await client.offset()).toBe(30);
      expect(await client.find()).not.toBe(before);
      expect(await client.ask(GROUP_HEARTBEAT, stamp)).toMatchObject({ ok: true });
      expect(await client.commit({ ...stamp, generation: stamp.generation - 1 }, 3)).toMatchObject({
        code: "ILLEGAL_GENERATION",
      });
      expect(await client.commit(stamp, 31)).toMatchObject({ ok: true });
      // And back again, from what the other one wrote.
      brokers.boot(before);
      await brokers.until(() => brokers.controller.image.brokers.get(before)?.isFenced === false);
      await brokers.world.sleep(2_000_000);
      brokers.powerLoss((await client.find())!);
      expect(await client.offset()).toBe(31);
    }, OPTIONS);
    expect(kinds(cluster).filter((kind) => kind === "group/loaded").length).toBeGreaterThan(PARTITIONS);
  });

  it("answers nothing that is not committed: a coordinator that nobody follows any more can't", async () => {
    await withBrokers(async (brokers) => {
      const client = new GroupClient(brokers);
      await client.commit(NOBODY, 5);
      const leader = (await client.find())!;
      for (const other of BROKERS.filter((broker) => broker !== leader)) brokers.crash(other);
      const offsets = [{ partition: AT, offset: 6, leaderEpoch: NO_EPOCH, metadata: "" }];
      const late = await client.askOnce(leader, OFFSET_COMMIT, { group: "g", ...NOBODY, offsets });
      expect(late).toMatchObject({ ok: false, code: "REQUEST_TIMED_OUT" });
      const request = { group: "g", partitions: [AT], requiresStable: true };
      const read = await client.askOnce(leader, OFFSET_FETCH, request);
      expect(read).toMatchObject({ ok: false, code: "REQUEST_TIMED_OUT" });
      for (const other of BROKERS.filter((broker) => broker !== leader)) brokers.boot(other);
      expect([5, 6]).toContain(await client.offset());
    }, OPTIONS);
  });

  it("goes on elsewhere after an orderly end, and hears its waiters out", async () => {
    await withBrokers(async (brokers) => {
      const client = new GroupClient(brokers);
      const stamp = await client.enter();
      await client.commit(stamp, 4);
      const leader = (await client.find())!;
      await brokers.brokers.get(leader)!.close();
      expect(await client.ask(GROUP_HEARTBEAT, stamp)).toMatchObject({ ok: true });
      expect(await client.offset()).toBe(4);
    }, OPTIONS);
  });
});
