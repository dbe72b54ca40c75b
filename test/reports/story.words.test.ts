/** Runs in words: everything that happened to somebody, in its order. */
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { loadScenario } from "#runner/load-scenario.js";
import { Recorder, type Recording } from "#reports/recording/index.js";
import { faultWords, storyLines, storyText } from "#reports/story/index.js";
import { ALL_FAULT_KINDS } from "#sim/faults/index.js";
import { runSeed } from "#sim/run-seed.js";

async function recorded(reference: string, seed: number): Promise<Recording> {
  const { scenario } = await loadScenario(reference);
  const recorder = new Recorder(scenario);
  const { onRun, sink: traceSink } = recorder;
  return recorder.finish(await runSeed(scenario, { seed, host: nodeHost(), onRun, traceSink }));
}

describe("the story of a run", () => {
  it("tells what was asked, what struck and what broke", async () => {
    const text = storyText(await recorded("docs/examples/careless-log.mjs", 0));
    expect(text.slice(-14).join("\n")).toMatchInlineSnapshot(`
      "    0.001525s  client    is answered LSN 11: append record 11
          0.001625s  client    asks: append record 12
          0.001625s  client    is answered LSN 12: append record 12
          0.001725s  client    asks: append record 13
          0.001725s  client    is answered LSN 13: append record 13
          0.001825s  client    asks: append record 14
          0.001825s  client    is answered LSN 14: append record 14
          0.001925s  client    asks: append record 15
          0.001925s  client    is answered LSN 15: append record 15
      !   0.002018s  n1        loses its power, at its call 66
          0.002421s  client    asks: append record 16

      Then careless-log/acknowledged-lost broke on n1, at 0.002421s:
        the log ends at LSN 13, but promised to keep everything up to 15"
    `);
  });

  it("has every fault that struck and every operation, in the order of time", async () => {
    const recording = await recorded("raft", 1);
    const lines = storyLines(recording);
    expect(lines.map(({ timeUs }) => timeUs)).toEqual(
      lines.map(({ timeUs }) => timeUs).toSorted((a, b) => a - b),
    );
    expect(lines.filter(({ kind }) => kind === "asked")).toHaveLength(recording.operations.length);
    expect(recording.operations.length).toBeGreaterThan(50);
    const struck = recording.faults.filter(({ state }) => state !== "refused");
    const told = lines.filter(({ kind }) => kind === "fault");
    const more = told.map(({ what }) => Number(/^and (\d+) more such$/.exec(what)?.[1] ?? 1));
    expect(more.reduce((sum, count) => sum + count, 0)).toBe(struck.length);
    expect(lines.some(({ what }) => /^becomes leader of term \d+$/.test(what))).toBe(true);
    expect(lines.some(({ who, what }) => / /.test(who) && what.startsWith("appends entry"))).toBe(true);
  });

  it("keeps of a long one what shows the violation, and what led to it", async () => {
    const recording = await recorded("raft", 1);
    const early = recording.operations[20]!;
    const findings = [
      { invariant: "x/y", message: "m", node: "", timeUs: recording.simTimeUs, eventId: 0, place: "" },
    ];
    const violation = { operations: [early.id], linearized: [], state: "" };
    const text = storyText({ ...recording, verdict: "fail", findings, violation });
    expect(text.filter((line) => /^ {2}\.\.\. [\d,]+ lines? left out$/.test(line)).length).toBeGreaterThan(0);
    expect(text.length).toBeLessThan(200);
    const marked = text.filter((line) => line.startsWith(">"));
    expect(marked).toHaveLength(early.ended === undefined ? 1 : 2);
    expect(marked[0]).toContain(early.asked);
    expect(text.at(-1)).toContain(`about ${early.client}'s ${early.asked}`);
    // And nothing is accused where the run held.
    expect(storyText({ ...recording, violation }).some((line) => line.startsWith(">"))).toBe(false);
  });

  it("tells what a process did before what ended it", () => {
    const base = { incarnation: 1, node: "n1", timeUs: 5, eventId: 1 };
    const recording: Recording = {
      ...EMPTY,
      records: [{ ...base, type: "event", id: 1, cause: 0, kind: "k", sizeBytes: 0, detail: "", digest: 0 }],
      observations: [{ ...base, kind: "e", told: "believes to be safe", status: undefined }],
      faults: [{ ...base, id: "f", kind: "power-loss", target: "call 3", state: "changed" }],
    };
    expect(storyLines(recording).map(({ what }) => what)).toEqual([
      "believes to be safe",
      "loses its power, at its call 3",
    ]);
  });
});

const EMPTY: Recording = {
  scenario: "s",
  seed: 1,
  verdict: "pass",
  traceHash: "",
  events: 0,
  simTimeUs: 0,
  findings: [],
  nodes: [],
  records: [],
  windowFromUs: 0,
  observations: [],
  notes: [],
  states: [],
  tracks: { names: [], changes: [] },
  operations: [],
  violation: undefined,
  faults: [],
  clients: [],
  decode: (value) => value,
};

describe("the words for a fault", () => {
  it.each(ALL_FAULT_KINDS)("%s", (kind) => {
    const words = faultWords(kind, "TARGET $& $1");
    expect(words).toMatch(/^[a-z]/);
    if (!kind.startsWith("clock-")) expect(words).toContain("TARGET $& $1");
  });
});
