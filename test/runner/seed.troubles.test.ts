/** Seeds that go wrong, run in this process: what is found, and where it is said to be. */
import { describe, expect, test } from "vitest";
import { runSeed, type SeedResult } from "#sim/run-seed.js";
import type { TraceRecord } from "#sim/trace.js";
import { nodeHost, type Drain } from "#runner/host.js";
import { supportScenario } from "../support/load.js";

async function runTrouble(
  kind: string,
  seed = 7,
  drain: Drain = "sync",
  traceSink?: (record: TraceRecord) => void,
): Promise<SeedResult> {
  return runSeed(await supportScenario("trouble"), {
    seed,
    host: nodeHost(drain),
    parameters: new Map([["kind", kind]]),
    switches: new Map(kind === "none" ? [] : [["crash", false]]),
    ...(traceSink === undefined ? {} : { traceSink }),
  });
}

describe.each(["sync", "async"] as const)("over the %s drain", (drain) => {
  test.each([
    ["throws", "process/uncaught-error", "thrown on purpose"],
    ["rejects", "process/uncaught-error", "rejected on purpose"],
    ["breaks", "trouble/broken", "broken on purpose"],
    ["reads-clock", "determinism/forbidden-call", "Date.now"],
  ])("%s: %s, with node, time and stack", async (kind, invariant, message) => {
    const { verdict, findings } = await runTrouble(kind, 7, drain);
    expect(verdict).toBe("fail");
    expect(findings[0]).toMatchObject({ invariant, node: "n1" });
    expect(findings[0]!.message).toContain(message);
    expect(findings[0]!.timeUs).toBeGreaterThan(0);
    if (kind !== "breaks") expect(findings[0]!.stack).toContain("trouble.mjs");
  });

  test.each([
    ["event-loop", "limits/events"],
    ["never-answers", "liveness/stalled"],
  ])("%s: %s", async (kind, invariant) => {
    expect((await runTrouble(kind, 7, drain)).findings[0]).toMatchObject({ invariant });
  });

  test("other seeds hold", async () => {
    expect(await runTrouble("throws", 8, drain)).toMatchObject({ verdict: "pass", findings: [] });
  });
});

test("both drains, traced or not, give the same result", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const records: TraceRecord[] = [];
    const plain = await runTrouble("none", seed);
    expect(await runTrouble("none", seed, "async")).toEqual(plain);
    expect(await runTrouble("none", seed, "sync", (record) => records.push(record))).toEqual(plain);
    expect(records.filter(({ type }) => type === "event")).toHaveLength(plain.events);
  }
});

test("what ran before does not matter", async () => {
  const forwards: string[] = [];
  for (let seed = 0; seed < 10; seed++) forwards.push((await runTrouble("none", seed)).traceHash);
  const backwards: string[] = [];
  for (let seed = 9; seed >= 0; seed--) backwards.push((await runTrouble("none", seed)).traceHash);
  expect(backwards.reverse()).toEqual(forwards);
  expect(new Set(forwards).size).toBe(10);
});
