// A member of a group that goes well: it joins, shares, commits and leaves.
import { describe, expect, test } from "vitest";
import { inWorld } from "../../../rpc/support.js";
import { failureOf } from "../support.js";
import { at, fill, isSettled, numbers, poll, pollUntil, settleGroup, subscriptionOf } from "./support.js";

describe("a member of a group", () => {
  test("joins under the id it is given, reads everything, commits, leaves, and leaves no timer", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      expect(group.of("join").map(({ request }) => request.memberId)).toEqual(["", "m1"]);
      expect(one.calls).toEqual(["assigned 0 1 2 3"]);
      for (const offsets of one.records.values()) expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      await one.consumer.commitSync(1_000_000);
      expect([...group.committed.values()].map(({ offset, leaderEpoch }) => [offset, leaderEpoch])).toEqual(
        Array.from({ length: 4 }, () => [10, 0]),
      );
      await one.consumer.close(1_000_000);
      expect(one.calls.at(-1)).toBe("revoked 0 1 2 3");
      expect(group.members.size).toBe(0);
      expect(one.timers()).toBe(0);
      expect(await failureOf(one.consumer.poll(0))).toMatchObject({ code: "CLOSED" });
      expect(one.events.map(({ kind }) => kind)).toEqual([
        "consumer/assigned",
        "consumer/committed",
        "consumer/revoked",
      ]);
    }));

  test("has nothing to commit before it has joined, which is no error; naming a partition it has not is one", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      const codes: unknown[] = [];
      await one.consumer.commitSync(1_000_000);
      await one.consumer.commitSync(1_000_000, []);
      one.consumer.commitAsync(undefined, (error) => codes.push(error));
      expect(await failureOf(one.consumer.commitSync(0, [{ partition: at(0), offset: 1 }]))).toMatchObject({
        code: "INVALID_REQUEST",
      });
      expect(codes).toEqual([undefined]);
      expect(group.of("commit")).toEqual([]);
      // What it has from here on is committed, and not while it joins anew.
      await pollUntil([one], () => one.records.size === 4);
      await one.consumer.commitSync(1_000_000);
      expect(group.committed.size).toBe(4);
      group.remove(one.events[0]!.memberId);
      expect(await failureOf(one.consumer.commitSync(1_000_000))).toMatchObject({
        code: "UNKNOWN_MEMBER_ID",
      });
      expect(await failureOf(one.consumer.commitSync(1_000_000, []))).toMatchObject({
        code: "UNKNOWN_MEMBER_ID",
      });
    }));

  test("begins at what is committed, and elsewhere as the reset policy says", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      group.committed.set("t-1", { partition: at(1), offset: 7, leaderEpoch: 0, metadata: "" });
      const one = await member("c1", { offsetReset: "latest" });
      await pollUntil([one], () => one.records.get(1)?.length === 3 && one.consumer.position(at(0)) === 10);
      expect([...one.records]).toEqual([[1, [7, 8, 9]]]);
      const strict = await settleStrict(member);
      expect(strict).toMatchObject({ code: "OFFSET_OUT_OF_RANGE" });
    }));

  test("waits for offsets that a transaction may change (KIP-447)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      group.mishap = (call, count) =>
        call === "fetch" && count < 3 ? { refuse: "UNSTABLE_OFFSET_COMMIT" } : undefined;
      const one = await member("c1");
      await poll(one);
      expect(one.consumer.position(at(0))).toBeUndefined();
      await pollUntil([one], () => one.records.size === 4);
      expect(one.marks).toContain("consumer/unstable-offset");
    }));

  test("cooperative: who joins gets what the other has given up, which goes on with the rest", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      await pollUntil([one], () => one.consumer.assignment.length === 4);
      const two = await member("c2");
      one.onCall = async (call) => {
        if (!call.startsWith("revoked")) return;
        expect(two.consumer.assignment).toEqual([]);
        await one.consumer.commitSync(1_000_000, [{ partition: at(2), offset: 5 }]);
      };
      await pollUntil([one, two], isSettled([one, two], group));
      expect(one.calls).toEqual(["assigned 0 1 2 3", "revoked 2 3", "assigned", "assigned"]);
      expect(two.calls).toEqual(["assigned", "assigned 2 3"]);
      await pollUntil([one, two], () => two.records.get(3)?.length === 10);
      expect(two.records.get(2)![0]).toBe(5);
      expect(one.records.get(0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      // When the second leaves, all goes back without a second round.
      const { generation } = group;
      await two.consumer.close(1_000_000);
      await pollUntil([one], isSettled([one], group));
      expect(group.generation).toBe(generation + 1);
      expect(one.calls.at(-1)).toBe("assigned 2 3");
    }));

  test("eager: gives up all before it joins, having committed it", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const options = { assignors: ["sticky", "range"] as const, isAutoCommit: true };
      const one = await member("c1", options);
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      const two = await member("c2", options);
      await pollUntil([one, two], isSettled([one, two], group));
      expect(one.calls).toEqual(["assigned 0 1 2 3", "revoked 0 1 2 3", "assigned 0 1"]);
      expect([...group.committed.values()].map(({ offset }) => offset)).toEqual([10, 10, 10, 10]);
      const joined = group.of("join").findLast(({ request }) => request.memberId === "m1")!;
      expect(subscriptionOf(joined)).toMatchObject({ generation: 1, owned: [at(0), at(1), at(2), at(3)] });
      expect(two.records.size).toBe(0);
    }));

  test("what is paused stays paused through a rebalance; what comes back does not", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1");
      one.onCall = (call) => {
        if (call !== "assigned 0 1 2 3") return;
        for (const partition of [0, 2]) one.consumer.pause(at(partition));
      };
      await pollUntil([one], () => one.records.get(3)?.length === 10);
      const two = await member("c2");
      await pollUntil([one, two], () => two.records.get(2)?.length === 10);
      await two.consumer.close(1_000_000);
      await pollUntil([one], isSettled([one], group));
      await pollUntil([one], () => one.records.get(2)?.length === 10);
      expect(one.records.has(0)).toBe(false);
      one.consumer.resume(at(0));
      await pollUntil([one], () => one.records.get(0)?.length === 10);
      one.consumer.seek(at(0), 8);
      await pollUntil([one], () => one.records.get(0)?.length === 12);
      expect(() => one.consumer.pause(at(9))).toThrow("assigned partition");
    }));

  test("the leader assigns anew when a topic has grown", () =>
    inWorld(async (world) => {
      const { brokers, group, member } = await settleGroup(world);
      const [one, two] = [await member("c1"), await member("c2")];
      await pollUntil([one, two], isSettled([one, two], group));
      for (const partition of [4, 5]) brokers.addPartition("t", partition);
      fill(brokers.partition("t", 5), 3);
      await pollUntil([one, two], isSettled([one, two], group, 6), "six partitions");
      await pollUntil([one, two], () => (one.records.get(5) ?? two.records.get(5))?.length === 3);
      expect(numbers([...one.consumer.assignment, ...two.consumer.assignment])).toEqual([0, 1, 2, 3, 4, 5]);
    }));

  test("commits by itself what earlier polls gave out, and nothing of the present one", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1", { isAutoCommit: true, autoCommitIntervalUs: 100_000 });
      await pollUntil([one], () => [...one.records.values()].flat().length >= 4);
      const given = [...one.records.values()].flat().length;
      await one.env.clock.sleep(200_000);
      expect(group.count("commit")).toBe(0);
      await poll(one);
      await one.env.clock.sleep(10_000);
      const committed = (): number =>
        [...group.committed.values()].reduce((sum, { offset }) => sum + offset, 0);
      expect(committed()).toBe(given);
      expect([...one.records.values()].flat().length).toBeGreaterThan(given);
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      await one.consumer.close(1_000_000);
      expect(committed()).toBe(40);
    }));

  test("a poll that `close` ends gives nothing out, and commits none of what came", () =>
    inWorld(async (world) => {
      const { brokers, group, member } = await settleGroup(world);
      const one = await member("c1", { isAutoCommit: true });
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      const polling = failureOf(one.consumer.poll(5_000_000));
      await one.env.clock.sleep(10_000);
      fill(brokers.partition("t", 0), 1);
      const closing = one.consumer.close(1_000_000);
      brokers.wake();
      expect(await polling).toMatchObject({ code: "CLOSED" });
      await closing;
      expect(group.committed.get("t-0")!.offset).toBe(10);
    }));

  test("what a callback throws, poll rejects with, and the rebalance is done all the same", () =>
    inWorld(async (world) => {
      const { member } = await settleGroup(world);
      const one = await member("c1");
      one.onCall = () => {
        throw new Error("a callback's");
      };
      await expect(pollUntil([one], () => false)).rejects.toThrow("a callback's");
      expect(one.consumer.assignment.length).toBe(4);
      await pollUntil([one], () => one.records.size === 4);
    }));

  test("a static member does not leave; its next life has the same partitions under another id (KIP-345)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleGroup(world);
      const one = await member("c1", { instanceId: "i1" });
      await pollUntil([one], isSettled([one], group));
      await one.consumer.close(1_000_000);
      expect(group.count("leave")).toBe(0);
      expect(group.of("join").map(({ request }) => request.memberId)).toEqual([""]);
      const again = await member("c2", { instanceId: "i1" });
      await pollUntil([again], isSettled([again], group));
      expect([...group.members.keys()]).toEqual(["m2"]);
    }));

  test("a static leader that comes back notices that topics have changed meanwhile (KIP-814)", () =>
    inWorld(async (world) => {
      const { brokers, group, member } = await settleGroup(world);
      const one = await member("c1", { instanceId: "i1" });
      await pollUntil([one], isSettled([one], group));
      await one.consumer.close(1_000_000);
      brokers.addPartition("t", 4);
      const again = await member("c2", { instanceId: "i1" });
      await pollUntil([again], isSettled([again], group, 5), "five partitions");
    }));
});

async function settleStrict(
  member: Awaited<ReturnType<typeof settleGroup>>["member"],
): Promise<{ code: string }> {
  const one = await member("strict", { offsetReset: "none", instanceId: "strict" });
  return failureOf(pollUntil([one], () => false));
}
