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
  });

  it("cuts a long one in the middle", async () => {
    const text = storyText(await recorded("raft", 1));
    expect(text.some((line) => /^ {2}\.\.\. [\d,]+ lines left out$/.test(line))).toBe(true);
    expect(text.length).toBeLessThan(150);
    expect(text.at(-1)).toBe("Nothing broke.");
  });
});

describe("the words for a fault", () => {
  it.each(ALL_FAULT_KINDS)("%s", (kind) => {
    const words = faultWords(kind, "TARGET $& $1");
    expect(words).toMatch(/^[a-z]/);
    if (!kind.startsWith("clock-")) expect(words).toContain("TARGET $& $1");
  });
});
