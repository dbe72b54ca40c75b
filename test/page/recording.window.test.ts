// What a recorder keeps: the last belief before a death, and of a long run its end.
import { beforeAll, describe, expect, it } from "vitest";
import { Recorder, type Recording } from "#reports/recording/index.js";
import { nodeHost } from "#runner/host.js";
import { runSeed } from "#sim/run-seed.js";
import type { Run, Scenario } from "#sim/scenario.js";

const scenario: Scenario = {
  name: "beliefs",
  summary: "a node dies in the event in which it began to believe",
  parameters: {},
  faults: {},
  mustReach: [],
  coverageSeeds: 1,
  narration: {
    status: ({ kind }) => (kind === "belief/new" ? "believer" : undefined),
    decode: (value) => (isBelief(value) ? { believes: value.belief } : undefined),
  },
  drive,
};

function isBelief(value: unknown): value is { readonly belief: string } {
  return typeof value === "object" && value !== null && "belief" in value;
}

async function drive(run: Run): Promise<void> {
  const { world } = run;
  const node = world.addNode("n1");
  await world.boot(node, async (env, self) => {
    let belief = "none";
    self.inspect = () => ({ belief });
    await env.clock.sleep(100);
    belief = "I lead";
    env.observe({ kind: "belief/new" });
    world.crash(node);
    await env.clock.sleep(1);
  }).exited;
  run.note("it starts again");
  await world.boot(node, async (env, self) => {
    let naps = 0;
    self.inspect = () => {
      if (naps === 3) throw new Error("in the middle of a change");
      return { naps };
    };
    for (; naps < 100; naps++) {
      await env.clock.sleep(100);
      env.observe({ kind: "belief/nap" });
    }
  }).exited;
}

async function record(maxRecords?: number): Promise<Recording> {
  const recorder = new Recorder(scenario, {
    states: true,
    ...(maxRecords === undefined ? {} : { maxRecords }),
  });
  const { onRun, sink: traceSink } = recorder;
  return recorder.finish(await runSeed(scenario, { seed: 1, host: nodeHost(), onRun, traceSink }));
}

describe("a recording", () => {
  let whole: Recording;
  beforeAll(async () => {
    whole = await record();
  });

  it("has what a node believed in the event in which it died, in the scenario's words", () => {
    expect(whole.verdict).toBe("pass");
    const first = whole.states.filter(({ incarnation }) => incarnation === 1).map(({ state }) => state);
    expect(first).toEqual([{ believes: "none" }, { believes: "I lead" }]);
  });

  it("survives a node that can't tell its state", () => {
    const texts = whole.states.map(({ state }) => JSON.stringify(state));
    expect(texts).toContain('"its state could not be read: Error: in the middle of a change"');
    expect(texts).toContain('{"naps":4}');
  });

  it("keeps so many records, and of what else there was what belongs to their time", async () => {
    const end = await record(50);
    expect(end.records).toEqual(whole.records.slice(-50));
    expect(end.windowFromUs).toBe(end.records[0]!.timeUs);
    expect(end.notes).toEqual([]);
    const before = (each: { readonly timeUs: number }): boolean => each.timeUs < end.windowFromUs;
    expect(end.observations.filter(before).map(({ status }) => status)).toEqual(["believer"]);
    expect(end.states.filter(before)).toEqual(whole.states.filter(before).slice(-1));
    expect(end.observations.filter((each) => !before(each))).toEqual(
      whole.observations.filter(({ timeUs }) => timeUs >= end.windowFromUs),
    );
  });
});
