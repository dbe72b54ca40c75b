// A member of a group that something befalls; the historic mistakes by their numbers in Kafka's tracker.
import { describe, expect, test } from "vitest";
import { inWorld } from "../../../rpc/support.js";
import type { GroupCall } from "../../support/fake-coordinator.js";
import { failureOf } from "../support.js";
import { at, fill, isSettled, poll, pollUntil, settleGroup, subscriptionOf, type Member } from "./support.js";

const CALLS: readonly GroupCall[] = ["find", "join", "sync", "heartbeat", "commit", "fetch"];

const lost = ({ calls }: Member): string[] => calls.filter((call) => call.startsWith("lost"));

describe("what passes by itself leaves a member what it is (KAFKA-13214)", () => {
  for (const call of CALLS) {
    for (const mishap of [
      { refuse: "COORDINATOR_LOAD_IN_PROGRESS" },
      { refuse: "NOT_COORDINATOR" },
      { refuse: "COORDINATOR_NOT_AVAILABLE" },
      { silent: "before" },
      { silent: "after" },
    ] as const) {
      test(`${call}: ${"refuse" in mishap ? mishap.refuse : `no answer, ${mishap.silent} it was done`}`, () =>
        inWorld(async (world) => {
          const { group, member } = await settleGroup(world);
          // The first of all, and one in between.
          group.mishap = (each, count) =>
            each === call && (count === 0 || count === 3) ? mishap : undefined;
          const [one, two] = [await member("c1"), await member("c2")];
          await pollUntil([one, two], isSettled([one, two], group));
          for (const each of [one, two]) await each.consumer.commitSync(5_000_000);
          group.rebalance();
          await pollUntil([one, two], isSettled([one, two], group));
          for (const each of [one, two]) await each.consumer.commitSync(5_000_000);
          expect([...lost(one), ...lost(two)]).toEqual([]);
          // But where the very first answer was lost, that gives a new member its id.
          expect(group.members.size).toBe(2);
          expect(new Set(group.of("heartbeat").map(({ request }) => request.memberId)).size).toBe(2);
        }));
    }
  }

  test("it follows the coordinator", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], isSettled([one], group));
      group.coordinator = "b3";
      await one.consumer.commitSync(1_000_000);
      expect(group.of("commit").map(({ broker }) => broker)).toEqual(["b2", "b3"]);
      expect(one.marks).toEqual(["consumer/coordinator-changed"]);
      await pollUntil([one], () => group.of("heartbeat").some(({ broker }) => broker === "b3"));
      expect(one.calls).toEqual(["assigned 0 1 2 3"]);
    }));
});

describe("a member that is told that it is none", () => {
  test("loses what it had, commits nothing of it, and joins anew", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], () => one.records.size > 0);
      group.remove("m1");
      await one.env.clock.sleep(200_000);
      expect(await failureOf(one.consumer.commitSync(1_000_000))).toMatchObject({
        code: "UNKNOWN_MEMBER_ID",
      });
      expect(group.count("commit")).toBe(0);
      await pollUntil([one], () => one.calls.length === 3);
      expect(one.calls).toEqual(["assigned 0 1 2 3", "lost 0 1 2 3", "assigned 0 1 2 3"]);
      expect(group.of("join").at(-1)!.request.memberId).toBe("m2");
      expect(subscriptionOf(group.of("join").at(-1)!)).toMatchObject({ owned: [], generation: -1 });
    }));

  test("of a generation that is over keeps its id", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], isSettled([one], group));
      group.generation++;
      expect(await failureOf(one.consumer.commitSync(1_000_000))).toMatchObject({
        code: "ILLEGAL_GENERATION",
      });
      await pollUntil([one], () => one.calls.length === 3);
      expect(one.calls.slice(1)).toEqual(["lost 0 1 2 3", "assigned 0 1 2 3"]);
      expect([...group.members.keys()]).toEqual(["m1"]);
    }));

  test("fenced by its own next life: it is out for good, and silent (KAFKA-16251)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1", { instanceId: "i1" });
      await pollUntil([one], isSettled([one], group));
      const next = await member("c2", { instanceId: "i1" });
      await pollUntil([next], isSettled([next], group));
      await one.env.clock.sleep(300_000);
      const { heard } = group;
      const before = heard.filter(({ request }) => request.memberId === "m1").length;
      expect(await failureOf(one.consumer.commitSync(1_000_000))).toMatchObject({
        code: "FENCED_INSTANCE_ID",
      });
      for (let turn = 0; turn < 3; turn++) {
        expect(await failureOf(one.consumer.poll(200_000))).toMatchObject({ code: "FENCED_INSTANCE_ID" });
      }
      await one.env.clock.sleep(1_000_000);
      expect(heard.filter(({ request }) => request.memberId === "m1").length).toBe(before);
      expect(one.calls).toEqual(["assigned 0 1 2 3", "lost 0 1 2 3"]);
      await one.consumer.close(1_000_000);
      expect(group.count("leave")).toBe(0);
      expect(one.timers()).toBe(0);
    }));

  test("in a poll that waits, gives out nothing more", () =>
    inWorld(async (world) => {
      const { brokers, group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      // The broker answers the fetch and the heartbeat together.
      const polling = one.consumer.poll(10_000_000);
      group.remove("m1");
      await one.env.clock.sleep(150_000);
      fill(brokers.partition("t", 0), 1);
      brokers.wake();
      await polling;
      expect(one.calls.slice(1)).toEqual(["lost 0 1 2 3", "assigned 0 1 2 3"]);
    }));
});

describe("a program that does not poll in time", () => {
  test("its member leaves; what it had is lost and can't be committed, not even in the midst of a rebalance (librdkafka#5604)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1", { isAutoCommit: true, autoCommitIntervalUs: 1 });
      await pollUntil([one], () => one.records.size > 0);
      const commits = group.count("commit");
      group.rebalance();
      await one.env.clock.sleep(3_100_000);
      expect(group.of("leave").map(({ request }) => request.memberId)).toEqual(["m1"]);
      expect(await failureOf(one.consumer.commitSync(1_000_000))).toMatchObject({
        code: "UNKNOWN_MEMBER_ID",
      });
      await pollUntil([one], () => one.calls.length === 3);
      expect(one.calls.slice(1)).toEqual(["lost 0 1 2 3", "assigned 0 1 2 3"]);
      expect(group.count("commit")).toBe(commits);
      expect(one.marks).toContain("consumer/poll-too-late");
    }));

  test("a poll that waits for longer is none (KAFKA-16243)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      expect(await one.consumer.poll(10_000_000)).toEqual([]);
      await one.env.clock.sleep(2_900_000);
      await poll(one);
      expect(group.count("leave")).toBe(0);
      expect(one.calls).toEqual(["assigned 0 1 2 3"]);
    }));

  test("a callback that takes longer is one", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      one.onCall = async () => {
        if (one.calls.length === 1) await one.env.clock.sleep(4_000_000);
      };
      await pollUntil([one], () => one.calls.length === 3);
      expect(one.calls.slice(1)).toEqual(["lost 0 1 2 3", "assigned 0 1 2 3"]);
      expect(group.count("leave")).toBe(1);
    }));
});

describe("rebalances that are interrupted", () => {
  test("a member that missed a round comes with the generation of what it has (KAFKA-12984, KAFKA-14639)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const [one, two] = [await member("c1"), await member("c2")];
      await pollUntil([one, two], isSettled([one, two], group));
      const { generation } = group;
      const [, follower] = group.members.keys();
      // What it is given in the next generation, it asks for when the one after that has begun.
      group.mishap = (call, _count, memberId) =>
        call === "sync" && memberId === follower && group.generation === generation + 1
          ? { delayUs: 300_000 }
          : undefined;
      group.rebalance();
      await pollUntil([one, two], () => group.generation === generation + 1 && group.state === "stable");
      group.rebalance();
      await pollUntil(
        [one, two],
        () => group.generation === generation + 2 && isSettled([one, two], group)(),
      );
      const claims = group
        .of("join")
        .filter(({ request }) => request.memberId === follower)
        .slice(-1)
        .map(subscriptionOf);
      expect(claims).toMatchObject([{ generation }]);
      expect(claims[0]!.owned.length).toBe(2);
      expect([...one.marks, ...two.marks]).toContain("consumer/sync-interrupted");
      expect([...lost(one), ...lost(two)]).toEqual([]);
    }));

  test("while it joins, a cooperative member goes on, but can't commit", () =>
    inWorld(async (world) => {
      const { brokers, group, member } = await settleGroup(world);
      const [one, two] = [await member("c1"), await member("c2")];
      await pollUntil([one, two], isSettled([one, two], group));
      const [mine] = one.consumer.assignment;
      await pollUntil([one, two], () => one.records.get(mine!.partition)!.length === 10);
      const joins = group.count("join");
      group.rebalance();
      await pollUntil([one], () => group.count("join") > joins);
      fill(brokers.partition("t", mine!.partition), 2);
      brokers.wake();
      await pollUntil([one], () => one.records.get(mine!.partition)!.length === 12);
      expect(await failureOf(one.consumer.commitSync(100_000))).toMatchObject({
        code: "REBALANCE_IN_PROGRESS",
      });
      await pollUntil([one, two], isSettled([one, two], group));
      await poll(one);
      expect(lost(one)).toEqual([]);
      await one.consumer.commitSync(1_000_000);
    }));

  test("what comes back is read from where others have committed it (librdkafka#1767)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      await one.consumer.commitSync(1_000_000);
      const two = await member("c2");
      await pollUntil([one, two], isSettled([one, two], group));
      await two.consumer.commitSync(
        1_000_000,
        two.consumer.assignment.map((partition) => ({ partition, offset: 3 })),
      );
      const [theirs] = two.consumer.assignment;
      await two.consumer.close(1_000_000);
      one.records.clear();
      await pollUntil([one], () => one.records.get(theirs!.partition)?.length === 7);
      expect(one.records.get(theirs!.partition)![0]).toBe(3);
    }));

  test("a commit that waited for its turn through a rebalance is not sent in the next generation", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], isSettled([one], group));
      group.mishap = (call, count) => (call === "commit" && count === 0 ? { delayUs: 900_000 } : undefined);
      const codes: unknown[] = [];
      one.consumer.commitAsync([{ partition: at(0), offset: 1 }]);
      one.consumer.commitAsync([{ partition: at(0), offset: 2 }], (error) => codes.push(error));
      const { generation } = group;
      group.rebalance();
      await pollUntil([one], () => group.generation === generation + 1 && isSettled([one], group)());
      await pollUntil([one], () => codes.length === 1);
      expect(codes).toMatchObject([{ code: "ILLEGAL_GENERATION" }]);
      expect(group.count("commit")).toBe(1);
      expect(lost(one)).toEqual([]);
    }));

  test("what is not assigned can't be committed", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const [one, two] = [await member("c1"), await member("c2")];
      await pollUntil([one, two], isSettled([one, two], group));
      const [theirs] = two.consumer.assignment;
      const commit = one.consumer.commitSync(100_000, [{ partition: theirs!, offset: 1 }]);
      expect(await failureOf(commit)).toMatchObject({ code: "INVALID_REQUEST" });
      expect(group.count("commit")).toBe(0);
    }));

  test("a group that can't agree says so", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      group.mishap = (call) => (call === "join" ? { refuse: "INCONSISTENT_GROUP_PROTOCOL" } : undefined);
      const one = await member("c1");
      expect(await failureOf(pollUntil([one], () => false))).toMatchObject({
        code: "INCONSISTENT_GROUP_PROTOCOL",
      });
    }));
});
