// Coordinators of groups at whole brokers: found, asked, and taken over.
import { describe, expect, it } from "vitest";
import { GROUPS_TOPIC, coordinatorPartition } from "#engines/broker/coordinator/index.js";
import {
  FIND_COORDINATOR,
  GROUP_HEARTBEAT,
  JOIN_GROUP,
  OFFSET_COMMIT,
  OFFSET_FETCH,
  PRODUCE,
  SYNC_GROUP,
  type CoordinatorAnswer,
  type CoordinatorCall,
  type MemberStamp,
} from "#engines/broker/protocol/index.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import { NO_EPOCH, type TopicPartition } from "#engines/broker/types.js";
import { BROKERS, withBrokers, type TestBrokers } from "./support.js";

const PARTITIONS = 2;
const OPTIONS = {
  broker: {
    internalTopics: { partitions: PARTITIONS, segmentBytes: 1 << 20 },
    groups: { initialRebalanceDelayUs: 0, commitTimeoutUs: 1_000_000 },
  },
} as const;

const AT: TopicPartition = { topic: "t", partition: 0 };
const NOBODY = { memberId: "", instanceId: undefined, generation: -1 };

class GroupClient {
  readonly group: string;
  readonly #cluster: TestBrokers;

  constructor(cluster: TestBrokers, group = "g") {
    this.#cluster = cluster;
    this.group = group;
  }

  /** Asks whoever coordinates the group, until it does not refuse for now. */
  async ask<Request, T>(type: CoordinatorCall<Request, T>, request: Request): Promise<CoordinatorAnswer<T>> {
    for (let tries = 0; tries < 200; tries++) {
      const broker = await this.find();
      const answer = broker === undefined ? undefined : await this.askOnce(broker, type, request);
      const isForNow = answer === undefined || (!answer.ok && /COORDINATOR|TIMED_OUT/u.test(answer.code));
      if (!isForNow) return answer;
      await this.#cluster.world.sleep(50_000);
    }
    throw new Error(`nobody coordinates ${this.group}`);
  }

  async find(): Promise<string | undefined> {
    for (const broker of BROKERS) {
      const found = await this.askOnce(broker, FIND_COORDINATOR, { kind: "group", id: this.group });
      if (found?.ok === true) return found.value.broker;
    }
    return undefined;
  }

  async askOnce<Request, T>(
    broker: string,
    type: CoordinatorCall<Request, T>,
    request: Request,
  ): Promise<CoordinatorAnswer<T> | undefined> {
    try {
      return await this.#cluster.client.call(broker, type, request, { timeoutUs: 1_500_000 }).promise;
    } catch {
      return undefined;
    }
  }

  commit(stamp: Omit<MemberStamp, "group">, offset: number): Promise<CoordinatorAnswer<undefined>> {
    const offsets = [{ partition: AT, offset, leaderEpoch: NO_EPOCH, metadata: "" }];
    return this.ask(OFFSET_COMMIT, { group: this.group, ...stamp, offsets });
  }

  async offset(): Promise<number | undefined> {
    const request = { group: this.group, partitions: [AT], requiresStable: true };
    const answer = await this.ask(OFFSET_FETCH, request);
    if (!answer.ok) throw new Error(answer.code);
    return answer.value.offsets[0]?.offset;
  }

  /** Is the only member of a stable group. */
  async enter(): Promise<MemberStamp> {
    const asked = { sessionTimeoutUs: 30_000_000, rebalanceTimeoutUs: 30_000_000 };
    const protocols = [{ name: "range", metadata: new Uint8Array([1]) }];
    const instanceId = undefined;
    const request = { group: this.group, memberId: "", instanceId, ...asked, protocols };
    const first = await this.ask(JOIN_GROUP, request);
    if (first.ok || first.memberId === undefined) throw new Error("no member id");
    const joined = await this.ask(JOIN_GROUP, { ...request, memberId: first.memberId });
    if (!joined.ok) throw new Error(joined.code);
    const { generation, memberId, protocol } = joined.value;
    const stamp = { group: this.group, memberId, instanceId, generation };
    const assignments = [{ memberId, assignment: new Uint8Array([7]) }];
    const synced = await this.ask(SYNC_GROUP, { ...stamp, protocol, assignments });
    expect(synced).toMatchObject({ ok: true, value: { assignment: new Uint8Array([7]) } });
    return stamp;
  }
}

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
