// KIP-848, request by request: epochs, reconciliation, and what members are told.
import { describe, expect, it } from "vitest";
import { settle } from "../../support/memory-env.js";
import { TestConsumer, rest } from "./consumer-support.js";
import { GroupBench } from "./support.js";

async function pair(): Promise<{ bench: GroupBench; a: TestConsumer; b: TestConsumer }> {
  const bench = new GroupBench();
  const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
  await rest(bench, [a, b]);
  return { bench, a, b };
}

describe("joining", () => {
  it("gives the first one everything at once", async () => {
    const bench = new GroupBench();
    const a = new TestConsumer(bench, "a");
    const sent = a.send();
    await settle();
    expect(sent.value).toMatchObject({ memberId: "a", memberEpoch: 2, heartbeatUs: 5_000_000 });
    expect(sent.value!.assignment).toHaveLength(4);
    a.take(sent);
    expect(bench.state).toBe("stable 2");
  });

  it("gives the second one only what the first has given up", async () => {
    const bench = new GroupBench();
    const [a, b] = [new TestConsumer(bench, "a"), new TestConsumer(bench, "b")];
    await a.beat();
    await a.beat();
    await b.beat();
    expect([a.has, b.has, b.epoch]).toEqual(["t-0 t-1 t-2 t-3", "", 4]);
    await a.beat();
    expect([a.has, a.epoch]).toEqual(["t-0 t-1", 3]);
    await b.beat();
    expect(b.has).toBe("");
    await a.beat();
    expect(a.epoch).toBe(4);
    expect(bench.state).toBe("reconciling 4");
    await b.beat();
    expect([b.has, b.epoch]).toEqual(["t-2 t-3", 4]);
    expect(bench.state).toBe("stable 4");
  });
});

it("stays as it is", async () => {
  const { bench, a, b } = await pair();
  const written = bench.log.entries.length;
  for (let round = 0; round < 3; round++) {
    for (const member of [a, b]) {
      const sent = member.send();
      await settle();
      expect(sent.value).toMatchObject({ memberEpoch: 4, assignment: undefined });
    }
  }
  expect(bench.log.entries.length).toBe(written);
});
