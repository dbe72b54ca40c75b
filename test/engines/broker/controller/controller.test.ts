import { describe, expect, test } from "vitest";
import {
  ALLOCATE_PRODUCER_IDS,
  ALTER_PARTITION,
  CREATE_TOPIC,
  ELECT_LEADER,
  FETCH_METADATA,
  REASSIGN,
} from "#engines/broker/protocol/index.js";
import { ControllerChannel } from "#engines/broker/controller/index.js";
import { GROUPS_TOPIC, TRANSACTIONS_TOPIC } from "#engines/broker/coordinator/index.js";
import type { CleanupPolicy } from "#engines/broker/log/index.js";
import { EMPTY_IMAGE, applyRecords } from "#engines/broker/metadata/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot } from "../../rpc/support.js";
import { CONFIG, P0 } from "../metadata/support.js";
import { NAMES, SESSION_US, withControllers } from "./support.js";

describe("registration and heartbeats", () => {
  test("a broker is unfenced once it has seen its registration", () =>
    withControllers(async (cluster) => {
      const broker = await cluster.broker("b1");
      await broker.register(1);
      expect(await broker.heartbeat(broker.epoch)).toEqual({ isFenced: true, mayShutDown: false });
      expect(await broker.heartbeat(broker.epoch + 1)).toEqual({ isFenced: false, mayShutDown: false });
      broker.epoch += 5;
      await expect(broker.heartbeat()).rejects.toMatchObject({ code: "STALE_BROKER_EPOCH" });
    }));

  test("who is silent for a session is fenced, and others lead; it comes back by a heartbeat", () =>
    withControllers(async (cluster) => {
      const [b1, b2] = await cluster.brokers("b1", "b2");
      await b1!.createTopic([["b1", "b2"]]);
      b1!.isSilent = true;
      await cluster.world.sleep(SESSION_US / 2);
      expect(await cluster.state()).toMatchObject({ leader: "b1" });
      await cluster.world.sleep(SESSION_US);
      expect(await cluster.state()).toMatchObject({ leader: "b2", isr: ["b2"], elr: ["b1"] });
      // One that was sent before, and is late, says nothing of now.
      const { fencedAt } = cluster.of(await cluster.active()).image.brokers.get("b1")!;
      expect(await b1!.heartbeat(fencedAt)).toMatchObject({ isFenced: true });
      expect(await b1!.heartbeat(fencedAt + 1)).toMatchObject({ isFenced: false });
      b2!.isSilent = true;
    }));

  test("a shutdown in order: leaderships first, then it may go", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1", "b2");
      await b1!.createTopic([
        ["b1", "b2"],
        ["b2", "b1"],
      ]);
      b1!.isSilent = true;
      expect(await b1!.heartbeat(undefined, true)).toEqual({ isFenced: true, mayShutDown: true });
      expect(await cluster.state()).toMatchObject({ leader: "b2", isr: ["b2"] });
      expect(await b1!.heartbeat(undefined, true)).toEqual({ isFenced: true, mayShutDown: true });
    }));

  test("a leader waits with its shutdown for somebody who could take over", () =>
    withControllers(async (cluster) => {
      const [b1, b2] = await cluster.brokers("b1", "b2");
      await b1!.createTopic([["b1", "b2"]]);
      await b2!.register(7);
      await b2!.heartbeat();
      expect(await cluster.state()).toMatchObject({ leader: "b1", isr: ["b1"] });
      b1!.isSilent = true;
      expect(await b1!.heartbeat(undefined, true)).toEqual({ isFenced: false, mayShutDown: false });
      b2!.isSilent = true;
      await cluster.until(() => cluster.of(NAMES[0]!).image.brokers.get("b2")?.isFenced);
      expect(await b1!.heartbeat(undefined, true)).toEqual({ isFenced: true, mayShutDown: true });
    }));
});

describe("a change of the active controller", () => {
  test("another takes over with all that was agreed on, and fences nobody who is there", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1", "b2");
      await b1!.createTopic([["b1", "b2"]]);
      const first = await cluster.active();
      const before = cluster.of(first).image;
      cluster.crash(first);
      const rest = NAMES.filter((name) => name !== first);
      const second = await cluster.active(rest);
      expect(cluster.of(second).image).toEqual(before);
      await cluster.world.sleep(2 * SESSION_US);
      expect(cluster.of(second).image).toEqual(before);
      const kinds = cluster.events.map(({ event }) => event.kind);
      expect(kinds.filter((kind) => kind === "controller/activated")).toHaveLength(2);
    }));

  test("all of them come back with it after a power loss", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1", "b2");
      await b1!.createTopic([["b1", "b2"]]);
      const before = cluster.of(await cluster.active()).image;
      for (const name of NAMES) {
        cluster.controllers.delete(name);
        cluster.world.powerLoss(cluster.world.node(name)!);
      }
      await cluster.world.sleep(1_000);
      for (const name of NAMES) cluster.boot(name);
      expect(cluster.of(await cluster.active()).image).toEqual(before);
    }));

  test("one that was replaced grants nothing, also not what is in force (KAFKA-14154)", () =>
    withControllers(async (cluster) => {
      const [b1, b2] = await cluster.brokers("b1", "b2");
      await b1!.createTopic([["b1", "b2"]]);
      const old = await cluster.active();
      const state = await cluster.state();
      const isr = [b1!, b2!].map(({ name, epoch }) => ({ broker: name, epoch }));
      const about = { broker: "b1", brokerEpoch: b1!.epoch, partition: P0, isr };
      const request = { ...about, leaderEpoch: state.leaderEpoch, partitionEpoch: state.partitionEpoch };
      await b1!.call(ALTER_PARTITION, request);
      for (const name of NAMES)
        if (name !== old) {
          cluster.world.network.cut(name, old);
          cluster.world.network.cut(old, name);
        }
      const near = new ControllerChannel(new RpcClient(await boot(cluster.world, "near")), {
        controllers: [old],
      });
      await expect(near.call(ALTER_PARTITION, request, 2_000_000)).rejects.toMatchObject({
        code: "REQUEST_TIMED_OUT",
      });
      await cluster.active(NAMES.filter((name) => name !== old));
      expect(cluster.of(old).isActive).toBe(false);
      const granted = await b1!.call(ALTER_PARTITION, request);
      expect(granted).toMatchObject({ isr: ["b1", "b2"], leader: "b1" });
      near.close();
      await expect(near.call(ALTER_PARTITION, request, 1_000)).rejects.toMatchObject({ code: "CLOSED" });
    }));
});

describe("metadata for brokers", () => {
  test("any controller gives it, whole commands in order, and wakes who waits", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1", "b2");
      const { image } = cluster.of(await cluster.active());
      // A follower hears of what is committed with the next heartbeat.
      await cluster.world.sleep(100_000);
      for (const name of NAMES) {
        const channel = new ControllerChannel(new RpcClient(await boot(cluster.world, `to-${name}`)), {
          controllers: [name],
        });
        const all = await channel.call(FETCH_METADATA, { offset: 0, maxWaitUs: 500_000 }, 1_000_000);
        if (all.kind !== "records") throw new Error("all of the records are there");
        expect(applyRecords(EMPTY_IMAGE, all.records)).toEqual(image);
      }
      const waiting = b1!.fetch(image.offset, 10_000_000);
      await cluster.world.sleep(300_000);
      await b1!.createTopic([["b1", "b2"]]);
      expect(await waiting).toMatchObject({
        kind: "records",
        offset: image.offset,
        records: [{ kind: "topic" }, { kind: "partition" }],
      });
    }));

  test("who is ahead waits, and gets nothing", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1");
      const startUs = cluster.world.nowUs;
      expect(await b1!.fetch(100, 700_000)).toEqual({ kind: "records", offset: 100, records: [] });
      expect(cluster.world.nowUs - startUs).toBeGreaterThanOrEqual(700_000);
    }));

  test("who is too far behind gets the image", () =>
    withControllers(
      async (cluster) => {
        const [b1] = await cluster.brokers("b1", "b2", "b3");
        const { image } = cluster.of(await cluster.active());
        expect(await b1!.fetch(0)).toEqual({ kind: "image", image });
      },
      { retainedRecords: 1 },
    ));
});

describe("the administrator's calls", () => {
  test("topics of coordinators are compacted: retention would take the offsets of groups", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1");
      const create = (topic: string, cleanup: CleanupPolicy): Promise<number> => {
        const about = { topic, partitions: 1, replicationFactor: 1, assignments: [["b1"]] };
        return b1!.call(CREATE_TOPIC, { ...about, config: { ...CONFIG, cleanup } });
      };
      for (const topic of [GROUPS_TOPIC, TRANSACTIONS_TOPIC]) {
        for (const cleanup of ["delete", "compact,delete"] as const) {
          await expect(create(topic, cleanup)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
        }
        await create(topic, "compact");
      }
    }));

  test("a topic without assignments is placed; too few brokers are refused", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1");
      await expect(b1!.createTopic(undefined, 6)).rejects.toMatchObject({
        code: "INVALID_REPLICA_ASSIGNMENT",
      });
      await cluster.brokers("b2", "b3");
      await b1!.createTopic(undefined, 6);
      const { partitions } = cluster.of(await cluster.active()).image;
      const states = [...partitions.values()].map(({ state }) => state);
      for (const broker of ["b1", "b2", "b3"]) {
        expect(states.filter(({ replicas }) => replicas.includes(broker))).toHaveLength(4);
        expect(states.filter(({ leader }) => leader === broker)).toHaveLength(2);
      }
    }));

  test("reassignment, election and producer ids", () =>
    withControllers(async (cluster) => {
      const [b1] = await cluster.brokers("b1", "b2", "b3");
      await b1!.createTopic([["b1", "b2"]]);
      await b1!.call(REASSIGN, { partition: P0, replicas: ["b3", "b1"] });
      expect(await cluster.state()).toMatchObject({ adding: ["b3"], removing: ["b2"] });
      await expect(b1!.call(ELECT_LEADER, { partition: P0, mode: "preferred" })).rejects.toMatchObject({
        code: "ELIGIBLE_LEADERS_NOT_AVAILABLE",
      });
      await b1!.call(REASSIGN, { partition: P0, replicas: undefined });
      const ids = { broker: "b1", epoch: b1!.epoch, count: 100 };
      expect(await b1!.call(ALLOCATE_PRODUCER_IDS, ids)).toBe(0);
      expect(await b1!.call(ALLOCATE_PRODUCER_IDS, ids)).toBe(100);
    }));

  test("partitions go back to their preferred leaders, so many at once", () =>
    withControllers(
      async (cluster) => {
        const [b1, b2] = await cluster.brokers("b1", "b2");
        await b1!.createTopic([
          ["b1", "b2"],
          ["b1", "b2"],
        ]);
        await b1!.register(9);
        await b1!.heartbeat();
        for (const partition of [0, 1]) {
          const { leaderEpoch, partitionEpoch } = await cluster.state(`orders-${partition}`);
          const isr = [b1!, b2!].map(({ name, epoch }) => ({ broker: name, epoch }));
          const about = { broker: "b2", brokerEpoch: b2!.epoch, partition: { topic: "orders", partition } };
          await b2!.call(ALTER_PARTITION, { ...about, leaderEpoch, partitionEpoch, isr });
        }
        const leaders = async (): Promise<unknown[]> => [
          (await cluster.state("orders-0")).leader,
          (await cluster.state("orders-1")).leader,
        ];
        expect(await leaders()).toEqual(["b2", "b2"]);
        await cluster.until(
          () => cluster.of(NAMES[0]!).image.partitions.get("orders-0")?.state.leader === "b1",
        );
        expect(await leaders()).toEqual(["b1", "b2"]);
        await cluster.until(
          () => cluster.of(NAMES[0]!).image.partitions.get("orders-1")?.state.leader === "b1",
        );
      },
      { preferredLeaderIntervalUs: 2_000_000, preferredLeadersAtOnce: 1 },
    ));
});
