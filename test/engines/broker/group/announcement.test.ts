// What a coordinator found in its log: told once, when all of it is committed, however long that takes.
import { expect, it } from "vitest";
import { BrokerError, type BrokerErrorCode } from "#engines/broker/errors.js";
import { settle } from "../../support/memory-env.js";
import { GroupBench, TestMember, settledGroup } from "./support.js";

async function failedOver(code: BrokerErrorCode): Promise<{ bench: GroupBench; told: () => string[] }> {
  const bench = new GroupBench();
  await settledGroup(bench, [new TestMember(bench, "a")]);
  await settle();
  const before = bench.events.length;
  const error = new BrokerError(code, { expected: "", found: "", where: "", todo: "" });
  const gate = Promise.reject(error);
  gate.catch(() => undefined);
  // The read that has begun fails; the next one does not.
  bench.failOver(gate);
  bench.shard.gate = Promise.resolve();
  const told = (): string[] => bench.events.slice(before).map(({ kind }) => kind);
  expect(told()).toEqual([]);
  await settle();
  return { bench, told };
}

it("is told after a second look where the first took too long", async () => {
  const { told } = await failedOver("REQUEST_TIMED_OUT");
  expect(told()).toEqual(["group/loaded"]);
});

it("is not told where the leadership was over before, but for what is committed after all", async () => {
  const { bench, told } = await failedOver("NOT_COORDINATOR");
  expect(told()).toEqual([]);
  await bench.groups.commit({
    group: "other",
    memberId: "",
    instanceId: undefined,
    generation: -1,
    offsets: [{ partition: { topic: "t", partition: 0 }, offset: 1, leaderEpoch: -1, metadata: "" }],
  });
  expect(told()).toEqual(["group/loaded", "group/offset-committed"]);
});
