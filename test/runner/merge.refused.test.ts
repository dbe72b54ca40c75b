/** What is no complete set of shards of one batch is refused in one line. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SeedstormError } from "#engines/env/index.js";
import type { BatchFacts } from "#reports/batch/facts.js";
import { ReproStore } from "#runner/corpus/index.js";
import { errorLine } from "#runner/errors.js";
import type { Repro } from "#runner/repro/index.js";
import { batchFacts, failingReport, seedReport } from "../support/reports.js";
import { mergeInto, writeShard } from "../support/shards.js";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Writes shard `index` of three of the seeds 0 to 9; seed 4 fails. */
function shard(index: number, over: Partial<BatchFacts> = {}, name = String(index)): string {
  const seeds = { first: index - 1, stride: 3, count: index === 1 ? 4 : 3 };
  const facts = { range: { first: 0, last: 9 }, shard: { index, of: 3 }, seeds, ...over };
  return writeShard(join(directory, name), facts, (seed) =>
    seed === 4 ? failingReport(seed) : seedReport(seed),
  );
}

/** The line that the command line prints. */
function refusal(...directories: string[]): string {
  try {
    mergeInto(directory, directories);
  } catch (error) {
    expect(error).toBeInstanceOf(SeedstormError);
    expect(["USAGE", "REPORT_NOT_READ"]).toContain((error as SeedstormError).code);
    return errorLine(error as SeedstormError).replaceAll(`${directory}/`, "");
  }
  throw new Error("it was merged");
}

function edit(path: string, change: (text: string) => string): void {
  const text = readFileSync(path, "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

test("all shards of a batch are merged", () => {
  const { code, out } = mergeInto(directory, [shard(3), shard(1), shard(2)]);
  expect(code).toBe(1);
  expect(out).toMatch(/^seed 4 {2}FAIL {2}sample\/broken {2}seedstorm replay sample --seed 4$/m);
  expect(out).toContain("sample: 10 seeds (0..9), 9 pass, 1 fail\n");
});

test("a shard whose repros are no directory has none", () => {
  const dirs = [shard(1), shard(2), shard(3)];
  writeFileSync(join(dirs[1]!, "repros"), "somebody's notes");
  const { code, out } = mergeInto(directory, dirs);
  expect(code).toBe(1);
  expect(out).toContain(`    no repro file: there is none in ${dirs[1]!}\n`);
});

test("what the shards found is said though it can't be written", () => {
  const dirs = [shard(1), shard(2), shard(3)];
  writeFileSync(join(directory, "merged"), "a file in the way");
  let out = "";
  expect(() => mergeInto(directory, dirs, (text) => (out += text))).toThrow("a place that can be written");
  expect(out).toContain("1 seed failed\n");
});

test("the repro of a shard goes beside one of another run, and only once", () => {
  const dirs = [shard(1), shard(2), shard(3)];
  new ReproStore(join(dirs[1]!, "repros")).add("sample", repro(4));
  const path = new ReproStore(join(directory, "merged", "repros")).add("sample", repro(1));
  for (let i = 0; i < 2; i++) {
    const { out } = mergeInto(directory, dirs);
    expect(out).toContain(`    seedstorm replay ${path.replace(".json", "-2.json")}\n`);
    expect(readdirSync(join(directory, "merged", "repros"))).toHaveLength(2);
  }
});

/** Of what seed 4 broke. */
function repro(seed: number): Repro {
  return {
    format: "seedstorm/repro/1",
    seedstorm: "0.0.0",
    scenario: "sample",
    seed,
    parameters: {},
    swarm: {},
    planVersion: 1,
    plan: {},
    overrides: {},
    faults: [],
    failure: {
      invariant: "sample/broken",
      place: "",
      message: "it broke",
      node: "",
      timeUs: 0,
      eventId: 0,
    },
    traceHash: "0123456789abcdef",
    events: 10,
  };
}

describe("refused", () => {
  test("a missing shard, or many", () => {
    expect(refusal(shard(1), shard(3))).toBe(
      "<dir..>: expected all 3 shards, found no shard 2/3; give its directory too",
    );
    expect(refusal(shard(3))).toContain("found no shard 1/3, and 1 more missing");
  });

  test("an --out that is one of the shards, by whatever name", () => {
    const dirs = [shard(1), shard(2), shard(3)];
    symlinkSync(dirs[0]!, join(directory, "merged"));
    const before = readFileSync(join(dirs[0]!, "summary.json"), "utf8");
    expect(refusal(...dirs)).toBe(
      "--out: expected another directory than the shards', found 1; choose one of its own",
    );
    expect(readFileSync(join(dirs[0]!, "summary.json"), "utf8")).toBe(before);
  });

  test("a summary that is nested beyond reason, and one that is a pipe", () => {
    const path = join(shard(1), "summary.json");
    writeFileSync(path, "[".repeat(200_000));
    expect(refusal(join(directory, "1"))).toContain("1/summary.json: expected at most 100 levels");
    rmSync(path);
    execFileSync("mkfifo", [path]);
    expect(refusal(join(directory, "1"))).toContain("found not a plain file");
  });

  test("a shard that comes twice", () => {
    expect(refusal(shard(1), shard(2), shard(3), shard(2, {}, "other"))).toBe(
      "<dir..>: expected each shard once, found shard 2/3 in 2 and in other; leave one out",
    );
  });

  test.each<[what: string, over: Partial<BatchFacts>, line: string]>([
    ["scenario", { scenario: "other" }, "2: expected the scenario of 1, sample, found other"],
    ["version", { version: "1.2.4" }, "the version of 1, 1.2.3, found 1.2.4"],
    [
      "parameters",
      { input: { ...batchFacts().input, parameters: new Map([["size", 7]]) } },
      "the parameters of 1, the defaults, found size=7",
    ],
    [
      "faults",
      { input: { ...batchFacts().input, switches: new Map([["crash", false]]) } },
      "the faults of 1, as drawn, found -crash",
    ],
    ["range", { range: { first: 0, last: 8 } }, "the seeds of 1, 0..9, found 0..8"],
    [
      "number of shards",
      { shard: { index: 2, of: 4 }, seeds: { first: 1, stride: 4, count: 3 } },
      "the number of shards of 1, 3, found 4",
    ],
    ["coverage asked for", { coverageSeeds: 7 }, "coverage is judged of 1, 100, found 7"],
    ["marks", { mustReach: ["a"] }, "the marks to reach of 1, , found a"],
  ])("a shard of another batch: %s", (_, over, line) => {
    const seeds = over.range === undefined ? {} : { seeds: { first: 1, stride: 3, count: 3 } };
    expect(refusal(shard(1), shard(2, { ...over, ...seeds }), shard(3))).toContain(line);
  });

  test("a directory that holds no shard", () => {
    expect(refusal(join(directory, "nowhere"))).toMatch(
      /^nowhere\/summary\.json: expected a file that can be read, found ENOENT; /,
    );
    writeFileSync(join(shard(1), "summary.json"), "{}");
    expect(refusal(join(directory, "1"))).toContain(
      "1/summary.json: format: expected seedstorm/summary/2, found nothing",
    );
  });

  test("a summary that was cut off, and one that does not agree with itself", () => {
    const path = join(shard(1), "summary.json");
    const whole = readFileSync(path, "utf8");
    const cut = (from: string, to: string): string => {
      writeFileSync(path, whole.replace(from, to));
      return refusal(join(directory, "1"), shard(2), shard(3));
    };
    writeFileSync(path, whole.slice(0, -100));
    expect(refusal(join(directory, "1"))).toContain("1/summary.json: expected JSON, found ");
    expect(cut('"pass": 4', '"pass": 5')).toContain("verdicts: expected 4 seeds");
    expect(cut('"pass": 4', '"pass": "4"')).toContain('verdicts.pass: expected an integer from 0, found "4"');
    expect(cut('"index": 1', '"index": 9')).toContain("shard.index: expected an integer that fits, found 9");
    expect(cut('"stride": 3', '"stride": 2')).toContain("expected the seeds of shard 1/3 of 0..9");
    expect(cut('"finished": 4', '"finished": 3')).toContain("verdicts: expected 3 seeds");
    expect(cut("[5, 4]", "[5, 4, 1]")).toContain(
      "figures.operations.histogram[0]: expected a value and a count",
    );
    expect(cut("[5, 4]", "[5, 9]")).toContain("histogram: expected 1 to 4 seeds");
    expect(cut('"enabled": {}', '"enabled": {"crsh": 1}')).toContain("enabled: expected a known name");
    expect(cut('"widthMs": 125', '"widthMs": 100')).toContain("rate.widthMs: expected the width");
  });

  test("a failure that is not what it says", () => {
    const path = join(shard(2), "summary.json");
    edit(path, (text) => text.replace('"failure": "sample/broken"', '"failure": "sample/other"'));
    expect(refusal(join(directory, "2"))).toContain(
      "failures[0].failure: expected the name of sample/broken",
    );
  });

  test("rows that were cut off, or are another file's", () => {
    const dirs = [shard(1), shard(2), shard(3)];
    const path = join(dirs[1]!, "seeds.csv");
    const line =
      "2/seeds.csv: expected the file that was written with summary.json, found another one, or a part of it; " +
      "give the directory that run --out wrote";
    edit(path, (text) => text.slice(0, -4));
    expect(refusal(...dirs)).toBe(line);
    writeFileSync(path, readFileSync(join(dirs[0]!, "seeds.csv")));
    expect(refusal(...dirs)).toBe(line);
    rmSync(path);
    expect(refusal(...dirs)).toContain("2/seeds.csv: expected a file that can be read, found ENOENT");
  });
});
