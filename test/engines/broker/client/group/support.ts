/** Members of a group over fake brokers, and what they went through. */
import { expect } from "vitest";
import {
  ClusterView,
  GroupConsumer,
  SUBSCRIPTION,
  type GroupConsumerEvent,
  type GroupConsumerOptions,
  type PolledRecords,
  type Subscription,
} from "#engines/broker/client/index.js";
import { encodeBatch } from "#engines/broker/record/index.js";
import type { TopicPartition } from "#engines/broker/index.js";
import type { Env, Observation } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { boot, withTimerCount } from "../../../rpc/support.js";
import { FakeCluster, type FakePartition } from "../../support/fake-broker.js";
import { FakeConsumerGroup } from "../../support/fake-consumer-group.js";
import type { FakeCoordinator, Heard } from "../../support/fake-coordinator.js";
import { FakeGroup } from "../../support/fake-group.js";
import { NAMES, utf8 } from "../support.js";

export const at = (partition: number): TopicPartition => ({ topic: "t", partition });

/** Partitions of `t`, ascending. */
export const numbers = (partitions: readonly { readonly partition: number }[]): number[] =>
  partitions.map(({ partition }) => partition).toSorted((a, b) => a - b);

export interface Member {
  readonly consumer: GroupConsumer;
  readonly env: Env;
  /** `assigned 0 1`, `revoked 0`, `lost 1`, in the order in which callbacks were called. */
  readonly calls: string[];
  readonly events: GroupConsumerEvent[];
  readonly marks: string[];
  readonly timers: () => number;
  /** Instead of nothing, in a callback. */
  onCall: (call: string) => void | Promise<void>;
  /** Polls again and again, until `stop`; what came, by partition. */
  readonly records: Map<number, number[]>;
}

export interface GroupSetting<Group> {
  readonly world: World;
  readonly brokers: FakeCluster;
  readonly group: Group;
  /** Boots a node with a member, which subscribes to `t`. */
  readonly member: (name: string, options?: Partial<GroupConsumerOptions>) => Promise<Member>;
}

type Options = Partial<GroupConsumerOptions>;

/** A group whose members assign. Four partitions of `t` with ten records each. */
export function settleGroup(world: World): Promise<GroupSetting<FakeGroup>> {
  return settle(world, new FakeGroup(), {
    heartbeatIntervalUs: 100_000,
    sessionTimeoutUs: 1_000_000,
    assignors: ["cooperative-sticky"],
  });
}

/** The same where the coordinator assigns. */
export function settleConsumerGroup(world: World): Promise<GroupSetting<FakeConsumerGroup>> {
  return settle(world, new FakeConsumerGroup(), { protocol: "consumer" });
}

async function settle<Group extends FakeCoordinator>(
  world: World,
  group: Group,
  usual: Options,
): Promise<GroupSetting<Group>> {
  const brokers = await FakeCluster.boot(world, NAMES, { t: 4 }, (server) => group.serve(server));
  for (const partition of [0, 1, 2, 3]) fill(brokers.partition("t", partition), 10);
  const member = async (name: string, options: Options = {}): Promise<Member> => {
    const { env, timers } = withTimerCount(await boot(world, name));
    const events: GroupConsumerEvent[] = [];
    const marks: string[] = [];
    const observed: Env = {
      ...env,
      observe: (event: Observation) => void events.push(event as GroupConsumerEvent),
      reached: (mark: string) => void marks.push(mark),
    };
    const rpc = new RpcClient(observed);
    const cluster = new ClusterView(rpc, { bootstrap: ["b1"], maxAgeUs: 1_000_000 });
    const consumer = new GroupConsumer(rpc, {
      cluster,
      group: "g",
      offsetReset: "earliest",
      maxPollIntervalUs: 3_000_000,
      maxPollRecords: 4,
      isAutoCommit: false,
      ...usual,
      ...options,
    });
    const calls: string[] = [];
    const made: Member = {
      consumer,
      env: observed,
      calls,
      events,
      marks,
      // Of the member alone: the cluster's view has one, too.
      timers: () => {
        cluster.close();
        return timers();
      },
      onCall: () => undefined,
      records: new Map(),
    };
    const note = (what: string, partitions: readonly TopicPartition[]): void | Promise<void> => {
      const call = [what, ...numbers(partitions)].join(" ");
      calls.push(call);
      return made.onCall(call);
    };
    consumer.subscribe(["t"], {
      onPartitionsAssigned: (partitions) => note("assigned", partitions),
      onPartitionsRevoked: (partitions) => note("revoked", partitions),
      onPartitionsLost: (partitions) => note("lost", partitions),
    });
    return made;
  };
  return { world, brokers, group, member };
}

export function fill(partition: FakePartition, count: number): void {
  const records = Array.from({ length: count }, (_, index) => ({
    key: null,
    value: utf8(`${partition.endOffset + index}`),
    timestampMs: 1_000,
  }));
  partition.append(encodeBatch(records, undefined));
}

function keep(member: Member, polled: readonly PolledRecords[]): void {
  for (const { partition, records } of polled) {
    const known = member.records.get(partition.partition) ?? [];
    member.records.set(partition.partition, [...known, ...records.map(({ offset }) => offset)]);
  }
}

export async function poll(member: Member, timeoutUs = 50_000): Promise<void> {
  keep(member, await member.consumer.poll(timeoutUs));
}

/** Has all of them poll, in turn, until it is so. */
export async function pollUntil(
  members: readonly Member[],
  isSo: () => boolean,
  what = "what was polled for",
): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn === 400) expect.fail(`${what} never came to be`);
    await Promise.all(members.map((member) => poll(member)));
  }
}

/** Between them they have everything, each its share, and have heard of the present generation. */
export const isSettled = (members: readonly Member[], group: FakeGroup, partitions = 4): (() => boolean) => {
  return () => {
    const loads = members.map(({ consumer }) => consumer.assignment.length);
    const all = loads.reduce((sum, load) => sum + load, 0);
    const isUpToDate = members.every(({ events }) => {
      const last = events.findLast(({ kind }) => kind === "consumer/assigned");
      return last?.generation === group.generation;
    });
    const isBalanced = all === partitions && Math.max(...loads) - Math.min(...loads) <= 1;
    return group.state === "stable" && isBalanced && isUpToDate;
  };
};

/** The same where the coordinator assigns. */
export const areShared = (members: readonly Member[], group: FakeConsumerGroup): (() => boolean) => {
  return () => {
    const loads = members.map(({ consumer }) => consumer.assignment.length);
    const isBalanced = Math.max(...loads) - Math.min(...loads) <= 1;
    const isUpToDate = [...group.members.values()].every(({ epoch }) => epoch === group.epoch);
    return loads.reduce((sum, load) => sum + load, 0) === 4 && isBalanced && isUpToDate;
  };
};

export function subscriptionOf({ request }: Heard): Subscription {
  return SUBSCRIPTION.decode(request.protocols![0]!.metadata);
}
