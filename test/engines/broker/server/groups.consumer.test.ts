// KIP-848 at whole brokers: metadata makes partitions, another coordinator goes on, and two members share.
import { describe, expect, it } from "vitest";
import {
  CONSUMER_HEARTBEAT,
  JOIN_GROUP,
  OFFSET_COMMIT,
  type ConsumerHeartbeatRequest,
  type ConsumerHeartbeatResponse,
  type JoinGroupRequest,
} from "#engines/broker/protocol/index.js";
import { NO_EPOCH, partitionName } from "#engines/broker/types.js";
import { GroupClient, NOBODY, OPTIONS } from "./group-client.js";
import { BROKERS, TOPIC, TP, withBrokers, type TestBrokers } from "./support.js";

class HeartbeatClient {
  readonly #client: GroupClient;
  readonly id: string;
  epoch = 0;
  owned: ConsumerHeartbeatResponse["assignment"] = [];

  constructor(client: GroupClient, id: string) {
    this.#client = client;
    this.id = id;
  }

  get has(): string {
    return (this.owned ?? []).map(partitionName).join(" ");
  }

  async beat(changes: Partial<ConsumerHeartbeatRequest> = {}): Promise<string> {
    const answer = await this.#client.ask(CONSUMER_HEARTBEAT, {
      group: this.#client.group,
      memberId: this.id,
      instanceId: undefined,
      memberEpoch: this.epoch,
      rebalanceTimeoutUs: 20_000_000,
      topics: [TOPIC],
      assignor: undefined,
      owned: this.owned,
      ...changes,
    });
    if (!answer.ok) return answer.code;
    this.epoch = answer.value.memberEpoch;
    this.owned = answer.value.assignment;
    return "ok";
  }

  async commit(generation: number, offset: number): Promise<string> {
    const { group } = this.#client;
    const offsets = [{ partition: TP, offset, leaderEpoch: NO_EPOCH, metadata: "" }];
    const stamp = { group, memberId: this.id, instanceId: undefined, generation };
    const answer = await this.#client.ask(OFFSET_COMMIT, { ...stamp, offsets });
    return answer.ok ? "ok" : answer.code;
  }
}

async function pair(brokers: TestBrokers): Promise<[GroupClient, HeartbeatClient, HeartbeatClient]> {
  const client = new GroupClient(brokers);
  return [client, new HeartbeatClient(client, "a"), new HeartbeatClient(client, "b")];
}

describe("a group that its coordinator assigns", () => {
  it("hears of topics that come, and passes partitions from one to the other", async () => {
    await withBrokers(async (brokers) => {
      const [, a, b] = await pair(brokers);
      expect(await a.beat()).toBe("ok");
      expect([a.has, a.epoch]).toEqual(["", 2]);
      await brokers.createTopic(BROKERS);
      for (let tries = 0; a.has === "" && tries < 50; tries++) {
        await brokers.world.sleep(50_000);
        await a.beat();
      }
      expect([a.has, a.epoch]).toEqual([partitionName(TP), 4]);
      await b.beat();
      expect(await a.beat({ memberEpoch: -1 })).toBe("ok");
      await b.beat();
      expect([b.has, b.epoch]).toEqual([partitionName(TP), 8]);
    }, OPTIONS);
  });

  it("goes on at another coordinator as it was, and commits count there by the same epochs", async () => {
    const cluster = await withBrokers(async (brokers) => {
      const [client, a, b] = await pair(brokers);
      await brokers.createTopic(BROKERS);
      await a.beat();
      await b.beat();
      for (let tries = 0; (a.has === "" || a.epoch < b.epoch) && tries < 50; tries++) {
        await brokers.world.sleep(50_000);
        await a.beat();
        await b.beat();
      }
      const { epoch } = a;
      brokers.crash((await client.find())!);
      expect(await a.beat({ topics: undefined, rebalanceTimeoutUs: undefined })).toBe("ok");
      expect(a.epoch).toBe(epoch);
      await b.beat();
      expect(b.has).toBe("");
      expect(await client.ask(JOIN_GROUP, joinRequest())).toMatchObject({
        code: "INCONSISTENT_GROUP_PROTOCOL",
      });
      expect(await client.commit(NOBODY, 3)).toMatchObject({ code: "UNKNOWN_MEMBER_ID" });
      for (const generation of [epoch, 1, epoch + 1]) {
        expect(await a.commit(generation, 3)).toBe(generation === epoch ? "ok" : "STALE_MEMBER_EPOCH");
      }
      expect(await b.commit(b.epoch, 3)).toBe("STALE_MEMBER_EPOCH");
    }, OPTIONS);
    const kinds = cluster.events.map(({ event }) => event.kind);
    expect(kinds).toContain("group/member-epoch");
    expect(kinds.filter((kind) => kind === "group/loaded").length).toBeGreaterThan(2);
  });
});

function joinRequest(): JoinGroupRequest {
  const protocols = [{ name: "range", metadata: new Uint8Array([1]) }];
  const times = { sessionTimeoutUs: 30_000_000, rebalanceTimeoutUs: 30_000_000 };
  return { group: "g", memberId: "", instanceId: undefined, ...times, protocols };
}
