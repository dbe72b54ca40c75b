/** Asks whoever coordinates a group of a whole cluster, in plain requests. */
import { expect } from "vitest";
import {
  FIND_COORDINATOR,
  JOIN_GROUP,
  OFFSET_COMMIT,
  OFFSET_FETCH,
  SYNC_GROUP,
  type CoordinatorAnswer,
  type CoordinatorCall,
  type MemberStamp,
} from "#engines/broker/protocol/index.js";
import type { BrokerOptions } from "#engines/broker/server/index.js";
import { NO_EPOCH, type TopicPartition } from "#engines/broker/types.js";
import { BROKERS, type TestBrokers } from "./support.js";

export const PARTITIONS: number = 2;
export const OPTIONS: { readonly broker: Partial<BrokerOptions> } = {
  broker: {
    internalTopics: { partitions: PARTITIONS, segmentBytes: 1 << 20 },
    groups: { initialRebalanceDelayUs: 0, commitTimeoutUs: 1_000_000 },
  },
};

export const AT: TopicPartition = { topic: "t", partition: 0 };
export const NOBODY: Omit<MemberStamp, "group"> = { memberId: "", instanceId: undefined, generation: -1 };

export class GroupClient {
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
