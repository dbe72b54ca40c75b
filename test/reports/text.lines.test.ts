import { describe, expect, test } from "vitest";
import type { TraceRecord } from "#sim/trace.js";
import type { BatchFacts } from "#reports/batch/facts.js";
import { summaryJson } from "#reports/batch/summary-json.js";
import { rowsHeader, rowText, seedRow } from "#reports/csv.js";
import { exploreCommand, failureLine, replayCommand, type RunInput } from "#reports/failure-line.js";
import { clockTime, duration, thousands } from "#reports/format.js";
import { paletteFor } from "#reports/palette.js";
import { jsonLine, unfinished } from "#reports/seed-report.js";
import { summaryText } from "#reports/summary.js";
import { BatchTally } from "#reports/tally.js";
import { findingText, timelineLine } from "#reports/timeline.js";
import { batchFacts, failingReport, seedReport } from "../support/reports.js";

const INPUT: RunInput = {
  scenario: "sample",
  parameters: new Map<string, number | string>([["size", 7]]),
  switches: new Map([
    ["crash", true],
    ["pause", false],
  ]),
  program: "seedstorm",
};

const FACTS: BatchFacts = batchFacts({
  input: INPUT,
  mustReach: ["sample/rare", "sample/never"],
  range: { first: 1, last: 5 },
  shard: { index: 1, of: 2 },
  seeds: { first: 1, stride: 2, count: 3 },
  vacuous: ["mark sample/never was never reached"],
  judged: true,
});

describe("lines", () => {
  test("a failing seed is one line with the command that runs it again", () => {
    expect(failureLine(failingReport(42), INPUT)).toBe(
      "seed 42  FAIL  sample/broken  seedstorm replay sample --seed 42 --param size=7 --faults=+crash,-pause",
    );
  });

  test("what a shell would take apart is quoted", () => {
    const input = { ...INPUT, scenario: "./it's mine.js", parameters: new Map(), switches: new Map() };
    expect(replayCommand(input, 1)).toBe(String.raw`seedstorm replay './it'\''s mine.js' --seed 1`);
  });

  test("the command of an exploration has what was given", () => {
    expect(exploreCommand(INPUT, 3, 8)).toBe(
      "seedstorm run sample --explore crashpoints --seed 3 --images 8 --param size=7",
    );
    expect(exploreCommand({ ...INPUT, parameters: new Map() }, 3)).toBe(
      "seedstorm run sample --explore crashpoints --seed 3",
    );
  });

  test("control characters are escaped, so that a line stays one line and the terminal as it is", () => {
    const odd = failingReport(1, "a/\u001b[2J\nb", "x\r\n\u009by");
    expect(failureLine(odd, INPUT)).toContain(String.raw`FAIL  a/\u001b[2J\nb  seedstorm`);
    expect(findingText(odd.findings[0]!)).toContain(String.raw`  x\r\n\u009by`);
    const tally = new BatchTally();
    tally.add(odd);
    expect(summaryText(tally, FACTS)).toContain(String.raw`a/\u001b[2J\nb: 1 seed; seed 1: x\r\n\u009by`);
    const input = { ...INPUT, scenario: "./two\nlines.js", parameters: new Map(), switches: new Map() };
    expect(replayCommand(input, 1)).toBe(String.raw`seedstorm replay $'./two\nlines.js' --seed 1`);
  });

  test("JSON has the promised fields, and the finding of a failing seed", () => {
    expect(JSON.parse(jsonLine(seedReport(3)))).toEqual({
      scenario: "sample",
      seed: 3,
      verdict: "pass",
      traceHash: "0000000000000003",
      events: 10,
      simTimeUs: 1_000,
      counts: { operations: 5 },
    });
    expect(JSON.parse(jsonLine(failingReport(3)))).toMatchObject({
      verdict: "fail",
      invariant: "sample/broken",
      message: "it broke",
      node: "n1",
    });
    expect(jsonLine(failingReport(3, "a/b", "two\nlines")).trimEnd()).not.toContain("\n");
  });

  test("CSV has stable columns, then the figures; a hung seed has none", () => {
    const figures = ["operations", "crashes"];
    expect(rowsHeader("csv", figures)).toBe(
      "scenario,seed,verdict,invariant,traceHash,events,simTimeUs,operations,crashes\n",
    );
    expect(rowText("csv", seedRow(seedReport(1)), figures)).toBe(
      "sample,1,pass,,0000000000000001,10,1000,5,0\n",
    );
    expect(rowText("csv", seedRow(unfinished("sample", 2, "hung", "slow")), figures)).toBe(
      "sample,2,hung,limits/hung,,,,,\n",
    );
    expect(rowText("tsv", seedRow(seedReport(1)), figures)).toBe(
      "sample\t1\tpass\t\t0000000000000001\t10\t1000\t5\t0\n",
    );
    expect(rowText("csv", seedRow(failingReport(3, 'odd,"name"')), figures)).toContain('"odd,""name"""');
  });

  test("numbers and times in words", () => {
    expect([0, 999, 1_000, 1_234_567].map(thousands)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([5, 1_500, 4_912_345, 90_000_000, 7_200_000_000].map(duration)).toEqual([
      "5 us",
      "1.50 ms",
      "4.91 s",
      "1.50 min",
      "2.00 h",
    ]);
    expect(clockTime(12_000_345)).toBe("12.000345s");
  });

  test("colours only for a terminal, never against NO_COLOR, always with FORCE_COLOR", () => {
    const red = (isTerminal: boolean, env: NodeJS.ProcessEnv): string => paletteFor(isTerminal, env).red("x");
    expect(red(false, {})).toBe("x");
    expect(red(false, { CI: "1" })).toBe("x");
    expect(red(true, { TERM: "xterm" })).not.toBe("x");
    expect(red(true, { NO_COLOR: "1" })).toBe("x");
    expect(red(true, { TERM: "dumb" })).toBe("x");
    expect(red(false, { FORCE_COLOR: "1" })).not.toBe("x");
  });
});

describe("summary", () => {
  function tallied(): BatchTally {
    const tally = new BatchTally();
    const counts = { planned: 3, refused: 1, injected: 2, reached: 2, changed: 1 };
    tally.add(seedReport(1, { enabled: ["crash"], faults: { crash: counts }, marks: { "sample/rare": 4 } }));
    tally.add(seedReport(3));
    tally.add(failingReport(5));
    return tally;
  }

  test("in words", () => {
    const text = summaryText(tallied(), FACTS);
    expect(text).toContain("sample: 3 seeds (1..5 by 2), 2 pass, 1 fail\n");
    expect(text).toContain("1.50 s on 2 workers, 2.00 seeds/s; 30 events, 3.00 ms simulated\n");
    expect(text).toContain("sample/broken: 1 seed; seed 5: it broke\n");
    expect(text).toMatch(/operations +5 +5 +5\n/);
    expect(text).toMatch(/crash +1 +3 +1 +2 +2 +1\n/);
    expect(text).toMatch(/sample\/rare +4\n/);
    expect(text).toMatch(/sample\/never +0 +missing\n/);
    expect(text).toContain("vacuous: mark sample/never was never reached\n");
    expect(text).toContain("1 seed failed\n");
    expect(text).not.toContain("held");
  });

  test("says held only where nothing speaks against it", () => {
    const tally = new BatchTally();
    tally.add(seedReport(1));
    const facts = { ...FACTS, vacuous: [] };
    expect(summaryText(tally, facts)).toContain("held: 1 seed\n");
    expect(summaryText(tally, FACTS)).not.toContain("held");
    expect(summaryText(tally, { ...facts, verify: { same: 0, divergent: 1 } })).not.toContain("held");
  });

  test("does not say held after an interruption", () => {
    expect(summaryText(new BatchTally(), { ...FACTS, vacuous: [], end: "interrupted" })).not.toContain(
      "held",
    );
  });

  test("as data, complete enough to be joined with that of another shard", () => {
    const summary = JSON.parse(summaryJson(tallied(), FACTS)) as Record<string, unknown>;
    expect(summary).toMatchObject({
      format: "seedstorm/summary/2",
      seeds: { first: 1, stride: 2, count: 3 },
      verdicts: { pass: 2, fail: 1, hung: 0, died: 0 },
      coverage: { seeds: 3, enabled: { crash: 1 }, marks: { "sample/rare": 4 } },
      figures: { operations: { min: 5, median: 5, histogram: [[5, 3]] } },
      failures: [{ failure: "sample/broken", invariant: "sample/broken", count: 1, first: [{ seed: 5 }] }],
    });
  });
});

const RECORDS: readonly TraceRecord[] = [
  {
    type: "event",
    timeUs: 5,
    id: 1,
    cause: 0,
    node: "n1",
    incarnation: 1,
    kind: "process/boot",
    sizeBytes: 0,
    detail: "",
    digest: 1,
  },
  {
    type: "effect",
    timeUs: 5,
    id: 1,
    cause: 0,
    node: "n1",
    incarnation: 1,
    kind: "disk/write",
    sizeBytes: 512,
    detail: "log@0",
    digest: 2,
  },
  {
    type: "event",
    timeUs: 5,
    id: 2,
    cause: 1,
    node: "n2",
    incarnation: 3,
    kind: "network/deliver",
    sizeBytes: 0,
    detail: "",
    digest: 3,
  },
];

describe("traces", () => {
  test("the timeline shows time, process, kind, size, detail and cause", () => {
    const [boot, write, deliver] = RECORDS.map((record) => timelineLine(record));
    expect(boot).toMatch(/^ +0\.000005s +1 +n1#1 +process\/boot$/);
    expect(write).toMatch(/^ +0\.000005s +n1#1 +disk\/write +512 +log@0$/);
    expect(deliver).toMatch(/n2#3 +network\/deliver +<- 1$/);
  });

  test("a finding shows its stack", () => {
    const finding = { ...failingReport(1).findings[0]!, stack: "Error: x\n    at f (a.js:1:2)" };
    expect(findingText(finding)).toBe(
      "FAIL  sample/broken  at 0.001000s on n1, event 10\n  it broke\n    at f (a.js:1:2)\n",
    );
  });
});
