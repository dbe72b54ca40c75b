// A member of a group whose coordinator assigns (KIP-848); the historic mistakes by their numbers in Kafka's tracker.
import { describe, expect, test } from "vitest";
import type { GroupConsumerOptions } from "#engines/broker/client/index.js";
import { inWorld } from "../../../rpc/support.js";
import type { GroupCall, Heard } from "../../support/fake-coordinator.js";
import { failureOf } from "../support.js";
import { areShared, at, numbers, poll, pollUntil, settleConsumerGroup, type Member } from "./support.js";

const lost = ({ calls }: Member): string[] => calls.filter((call) => call.startsWith("lost"));

/** Says everything that there is to say. */
const isFull = ({ request }: Heard): boolean =>
  request.topics !== undefined && request.owned !== undefined && request.rebalanceTimeoutUs !== undefined;

describe("a member of a group whose coordinator assigns", () => {
  test("joins under an id of its own, reads everything, commits, leaves, and leaves no timer", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1", { serverAssignor: "range" });
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      const [joined, acknowledged, bare] = group.of("heartbeat");
      const { memberId } = joined!.request;
      expect(memberId).toMatch(/^[0-9a-f]{32}$/);
      expect(joined!.request).toMatchObject({
        group: "g",
        instanceId: undefined,
        memberEpoch: 0,
        rebalanceTimeoutUs: 3_000_000,
        topics: ["t"],
        assignor: "range",
        owned: [],
      });
      expect(acknowledged!.request).toMatchObject({ memberId, memberEpoch: 1, topics: undefined });
      expect(numbers(acknowledged!.request.owned!)).toEqual([0, 1, 2, 3]);
      await poll(one, 200_000);
      expect((bare ?? group.of("heartbeat").at(-1)!).request).toMatchObject({
        memberEpoch: 1,
        owned: undefined,
      });
      await one.consumer.commitSync(1_000_000);
      expect(one.consumer.stamp).toEqual({ group: "g", memberId, instanceId: undefined, generation: 1 });
      await one.consumer.close(1_000_000);
      expect(one.calls).toEqual(["assigned 0 1 2 3", "revoked 0 1 2 3"]);
      expect(group.heard.at(-1)!.request.memberEpoch).toBe(-1);
      expect(group.members.size).toBe(0);
      expect(one.timers()).toBe(0);
      expect(one.events.map(({ kind, generation }) => [kind, generation])).toEqual([
        ["consumer/assigned", 1],
        ["consumer/committed", 1],
        ["consumer/revoked", 1],
      ]);
    }));

  test("gets what another has given up, once that has said so; and hears no more of what stays", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1");
      await pollUntil([one], areShared([one], group));
      const two = await member("c2");
      one.onCall = async (call) => {
        if (!call.startsWith("revoked")) return;
        // Heartbeats go on, and give up nothing yet.
        await one.env.clock.sleep(500_000);
        expect(two.consumer.assignment).toEqual([]);
        await one.consumer.commitSync(1_000_000, [{ partition: at(2), offset: 5 }]);
      };
      await pollUntil([one, two], areShared([one, two], group));
      expect(one.calls).toEqual(["assigned 0 1 2 3", "revoked 2 3", "assigned"]);
      expect(two.calls).toEqual(["assigned", "assigned 2 3"]);
      await pollUntil([one, two], () => two.records.get(3)?.length === 10);
      expect(two.records.get(2)![0]).toBe(5);
      await two.consumer.close(1_000_000);
      await pollUntil([one], areShared([one], group));
      expect(one.calls.at(-1)).toBe("assigned 2 3");
    }));

  test("hears that it has nothing, where there is nothing for it", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const all = [];
      for (const name of ["c1", "c2", "c3", "c4", "c5"]) all.push(await member(name));
      await pollUntil(all, areShared(all, group));
      expect(all.filter(({ calls }) => calls.join() === "assigned")).toHaveLength(1);
    }));

  test("commits before it gives up, where that is automatic", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1", { isAutoCommit: true });
      await pollUntil([one], () => [...one.records.values()].flat().length === 40);
      const two = await member("c2");
      await pollUntil([one, two], areShared([one, two], group));
      await poll(two, 200_000);
      expect(["t-2", "t-3"].map((name) => group.committed.get(name)?.offset)).toEqual([10, 10]);
      expect(two.records.size).toBe(0);
    }));

  test("tells at once what it subscribes to now", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1");
      await pollUntil([one], areShared([one], group));
      one.consumer.subscribe(["t", "u"]);
      await one.env.clock.sleep(20_000);
      const last = group.of("heartbeat").at(-1)!;
      expect(isFull(last)).toBe(true);
      expect(last.request).toMatchObject({ memberEpoch: 1, topics: ["t", "u"] });
    }));

  test("may commit under the epoch of the call after it went up (KIP-1251)", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1");
      await pollUntil([one], areShared([one], group));
      group.mishap = (call, count) =>
        call === "commit" && count === 0 ? { refuse: "COORDINATOR_LOAD_IN_PROGRESS" } : undefined;
      const committing = one.consumer.commitSync(2_000_000, [{ partition: at(0), offset: 3 }]);
      const [{ memberId } = { memberId: "" }] = group.members.values();
      group.epoch++;
      await committing;
      expect(group.committed.get("t-0")?.offset).toBe(3);
      await pollUntil([one], areShared([one], group));
      expect(group.members.get(memberId)?.epoch).toBe(2);
      expect(group.of("commit").map(({ request }) => request.generation)).toEqual([1, 1]);
    }));
});

describe("what passes by itself leaves a member what it is (KAFKA-13214), and it says all there is to say (KAFKA-16190)", () => {
  const calls: readonly GroupCall[] = ["find", "heartbeat", "commit", "fetch"];
  for (const call of calls) {
    for (const mishap of [
      { refuse: "COORDINATOR_LOAD_IN_PROGRESS" },
      { refuse: "NOT_COORDINATOR" },
      { silent: "before" },
      { silent: "after" },
    ] as const) {
      test(`${call}: ${"refuse" in mishap ? mishap.refuse : `no answer, ${mishap.silent} it was done`}`, () =>
        inWorld(async (world) => {
          const { group, member } = await settleConsumerGroup(world);
          // In the midst of the join, the acknowledgement, and later.
          group.mishap = (each, count) => (each === call && [0, 2, 5].includes(count) ? mishap : undefined);
          const [one, two] = [await member("c1"), await member("c2")];
          await pollUntil([one, two], areShared([one, two], group));
          for (const each of [one, two]) await each.consumer.commitSync(5_000_000);
          group.epoch++;
          await pollUntil([one, two], areShared([one, two], group));
          for (const each of [one, two]) await each.consumer.commitSync(5_000_000);
          expect([...lost(one), ...lost(two)]).toEqual([]);
          expect(group.members.size).toBe(2);
          if (call !== "heartbeat") return;
          const ids = group.of("heartbeat").map(({ request }) => request.memberId);
          for (const unheard of [0, 2, 5]) {
            const next = ids.indexOf(ids[unheard], unheard + 1);
            expect(isFull(group.of("heartbeat")[next]!)).toBe(true);
          }
          expect([...one.marks, ...two.marks]).toContain("consumer/heartbeat-repeated");
        }));
    }
  }

  test("what was given up is acknowledged again where nobody heard", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1");
      await pollUntil([one], areShared([one], group));
      const [mine] = group.members.keys();
      const two = await member("c2");
      let unheard: number | undefined;
      group.mishap = (_, count, memberId) => {
        if (unheard !== undefined || memberId !== mine || one.calls.at(-1) !== "assigned") return undefined;
        unheard = count;
        return { silent: "before" };
      };
      await pollUntil([one, two], areShared([one, two], group));
      expect(numbers(group.of("heartbeat")[unheard!]!.request.owned!)).toEqual([0, 1]);
      expect([...lost(one), ...lost(two)]).toEqual([]);
    }));
});

describe("a member that is told that it is none", () => {
  for (const how of ["heartbeat", "commit"] as const) {
    test(`by its ${how}, is silent until it has lost all, and then joins with all there is to say (KAFKA-16251)`, () =>
      inWorld(async (world) => {
        const { group, member } = await settleConsumerGroup(world);
        const one = await member("c1");
        await pollUntil([one], () => one.records.size > 0);
        const [memberId = ""] = group.members.keys();
        group.remove(memberId);
        if (how === "commit") await failureOf(one.consumer.commitSync(1_000_000));
        else await one.env.clock.sleep(200_000);
        const before = group.count("heartbeat");
        await one.env.clock.sleep(1_000_000);
        expect(group.count("heartbeat")).toBe(before);
        expect(await failureOf(one.consumer.commitSync(1_000_000))).toMatchObject({
          code: "UNKNOWN_MEMBER_ID",
        });
        one.onCall = (call) => {
          if (call.startsWith("lost")) expect(group.count("heartbeat")).toBe(before);
        };
        await pollUntil([one], () => one.calls.length === 3);
        expect(one.calls).toEqual(["assigned 0 1 2 3", "lost 0 1 2 3", "assigned 0 1 2 3"]);
        const again = group.of("heartbeat")[before]!;
        expect(isFull(again)).toBe(true);
        expect(again.request).toMatchObject({ memberEpoch: 0, owned: [] });
        // What it sent under the old id, and comes late, is another's.
        expect(again.request.memberId).not.toBe(memberId);
        expect(one.marks).toContain("consumer/generation-lost");
      }));
  }

  test("by an epoch that is not its own, the same", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1");
      await pollUntil([one], areShared([one], group));
      const [fenced] = group.members.values();
      fenced!.epoch = fenced!.previous = 9;
      await pollUntil([one], () => one.calls.length === 3);
      expect(one.calls.slice(1)).toEqual(["lost 0 1 2 3", "assigned 0 1 2 3"]);
    }));

  test("while it gives up something, loses all of it", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1");
      await pollUntil([one], areShared([one], group));
      const [memberId = ""] = group.members.keys();
      const two = await member("c2");
      one.onCall = async (call) => {
        if (!call.startsWith("revoked")) return;
        group.remove(memberId);
        await one.env.clock.sleep(300_000);
      };
      await pollUntil([one, two], areShared([one, two], group));
      expect(one.calls.slice(0, 3)).toEqual(["assigned 0 1 2 3", "revoked 2 3", "lost 0 1 2 3"]);
      // It was not told that it had given up anything.
      expect(one.events.map(({ kind }) => kind).slice(0, 3)).toEqual([
        "consumer/assigned",
        "consumer/lost",
        "consumer/assigned",
      ]);
    }));
});

describe("a static member", () => {
  test("leaves for a while, and its next life has its place", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1", { instanceId: "i1" });
      await pollUntil([one], areShared([one], group));
      await one.consumer.close(1_000_000);
      expect(group.heard.at(-1)!.request).toMatchObject({ memberEpoch: -2, instanceId: "i1" });
      const next = await member("c2", { instanceId: "i1" });
      await pollUntil([next], areShared([next], group));
      expect(next.calls).toEqual(["assigned 0 1 2 3"]);
    }));

  test("whose last life has not left is not let in, and says nothing when it closes", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1", { instanceId: "i1" });
      await pollUntil([one], areShared([one], group));
      const next = await member("c2", { instanceId: "i1" });
      for (let turn = 0; turn < 2; turn++) {
        expect(await failureOf(next.consumer.poll(200_000))).toMatchObject({
          code: "UNRELEASED_INSTANCE_ID",
        });
      }
      expect(next.marks).toContain("consumer/instance-fenced");
      await next.consumer.close(1_000_000);
      expect(group.heard.filter(({ request }) => (request.memberEpoch ?? 0) < 0)).toEqual([]);
      expect(next.timers()).toBe(0);
    }));
});

describe("a member whose program does not come back to poll", () => {
  for (const [kind, options, epoch] of [
    ["dynamic", {}, -1],
    ["static", { instanceId: "i1" }, -2],
  ] as const) {
    test(`${kind}: leaves, commits nothing any more, has lost all, and joins anew`, () =>
      inWorld(async (world) => {
        const { group, member } = await settleConsumerGroup(world);
        const one = await member("c1", options);
        await pollUntil([one], () => one.records.size > 0);
        await one.env.clock.sleep(3_100_000);
        expect(group.heard.at(-1)!.request.memberEpoch).toBe(epoch);
        const before = group.heard.length;
        expect(await failureOf(one.consumer.commitSync(1_000_000))).toMatchObject({
          code: "UNKNOWN_MEMBER_ID",
        });
        expect(group.heard.length).toBe(before);
        await pollUntil([one], () => one.calls.length === 3);
        expect(one.calls.slice(1)).toEqual(["lost 0 1 2 3", "assigned 0 1 2 3"]);
        expect(one.marks).toContain("consumer/poll-too-late");
      }));
  }

  test("joins no earlier than its leave came through", () =>
    inWorld(async (world) => {
      const { group, member } = await settleConsumerGroup(world);
      const one = await member("c1");
      await pollUntil([one], areShared([one], group));
      await one.env.clock.sleep(2_000_000);
      const before = group.count("heartbeat");
      group.mishap = (_, count) => (count >= before ? { delayUs: 400_000 } : undefined);
      await one.env.clock.sleep(1_050_000);
      await poll(one, 100_000);
      expect(one.calls.at(-1)).toBe("lost 0 1 2 3");
      group.mishap = () => undefined;
      await pollUntil([one], areShared([one], group));
      const epochs = group.of("heartbeat").map(({ request }) => request.memberEpoch);
      expect(epochs.slice(epochs.indexOf(-1), epochs.indexOf(-1) + 2)).toEqual([-1, 0]);
      expect(lost(one)).toHaveLength(1);
    }));
});

test("what nobody can do is refused for good", () =>
  inWorld(async (world) => {
    const { group, member } = await settleConsumerGroup(world);
    group.mishap = (call) => (call === "heartbeat" ? { refuse: "INCONSISTENT_GROUP_PROTOCOL" } : undefined);
    const one = await member("c1");
    for (let turn = 0; turn < 2; turn++) {
      expect(await failureOf(one.consumer.poll(200_000))).toMatchObject({
        code: "INCONSISTENT_GROUP_PROTOCOL",
      });
    }
    expect(group.count("heartbeat")).toBe(1);
  }));

test("options of the other protocol are refused", () =>
  inWorld(async (world) => {
    const { member } = await settleConsumerGroup(world);
    let nodes = 0;
    const refused = async (options: Partial<GroupConsumerOptions>): Promise<void> => {
      expect(await failureOf(member(`c${++nodes}`, options))).toMatchObject({ code: "INVALID_REQUEST" });
    };
    await refused({ assignors: ["range"] });
    await refused({ sessionTimeoutUs: 1_000_000 });
    await refused({ heartbeatIntervalUs: 1_000 });
    await refused({ protocol: "classic", serverAssignor: "range" });
    await refused({ serverAssignor: "sticky" as "range" });
  }));
