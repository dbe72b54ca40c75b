import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReportNotWritten } from "#reports/atomic-file.js";
import {
  isSameRun,
  Probe,
  recordFailure,
  recordFailures,
  reproName,
  ReproStore,
  type Keeps,
  type Recorded,
} from "#runner/corpus/index.js";
import { nodeHost } from "#runner/host.js";
import type { Repro } from "#runner/repro/index.js";
import type { RunInput } from "#reports/failure-line.js";
import { scenarioPath, supportScenario } from "../support/load.js";
import { failingReport } from "../support/reports.js";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function repro(invariant: string, over: Partial<Repro> = {}): Repro {
  return {
    format: "seedstorm/repro/1",
    seedstorm: "0.0.0",
    scenario: "sample",
    seed: 1,
    parameters: {},
    swarm: {},
    planVersion: 1,
    plan: {},
    overrides: {},
    faults: [],
    failure: { invariant, place: "", message: "it broke", node: "", timeUs: 0, eventId: 0 },
    traceHash: "0123456789abcdef",
    events: 10,
    ...over,
  };
}

describe("a repro's name", () => {
  test.each([
    ["raft", "raft/leader-completeness", "raft-leader-completeness"],
    ["raft-disks", "raft/leader-completeness", "raft-disks-leader-completeness"],
    ["raft", "rafting/sunk", "raft-rafting-sunk"],
    ["raft", "liveness/no-progress", "raft-liveness-no-progress"],
    ["wal", "odd\u001b[2J/../../etc", "wal-odd-2j-etc"],
    ["wal", "../..", "wal"],
  ])("of %s, %s begins with %s", (scenario, invariant, beginning) => {
    const name = reproName(scenario, { invariant, place: "" });
    expect(name).toMatch(new RegExp(`^${beginning}-[0-9a-f]{6}$`));
  });

  test("tells places apart, and is the same every time", () => {
    const at = (place: string): string => reproName("raft", { invariant: "raft/x", place });
    expect(at("engines/a f")).not.toBe(at("engines/a g"));
    expect(at("engines/a f")).toBe(at("engines/a f"));
  });

  test("is one that every file system takes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (scenario, invariant) => {
        expect(reproName(scenario, { invariant, place: "" })).toMatch(/^[a-z0-9-]{1,130}$/);
      }),
      { seed: 3, numRuns: 50 },
    );
  });
});

describe("the store", () => {
  test("knows what is there of a failure", () => {
    const store = new ReproStore(join(directory, "below", "it"));
    const { failure } = repro("sample/broken");
    expect(store.known("sample", failure)).toEqual([]);
    const path = store.add("sample", repro("sample/broken", { seed: 1 }));
    store.add("sample", repro("sample/other"));
    expect(store.known("sample", failure)).toEqual([{ path, repro: repro("sample/broken", { seed: 1 }) }]);
    expect(store.known("elsewhere", failure)).toEqual([]);
  });

  test("gives the next name where one is taken, by whatever it is", () => {
    const store = new ReproStore(directory);
    const path = store.add("sample", repro("sample/broken"));
    const beside = store.add("sample", repro("sample/broken", { seed: 2 }));
    expect(beside).toBe(path.replace(".json", "-2.json"));
    writeFileSync(path, "somebody's notes");
    writeFileSync(beside, JSON.stringify(repro("sample/other")));
    const third = store.add("sample", repro("sample/broken", { seed: 3 }));
    expect(third).toBe(path.replace(".json", "-3.json"));
    expect(readFileSync(path, "utf8")).toBe("somebody's notes");
    const known = store.known("sample", repro("sample/broken").failure);
    expect(known.map((entry) => entry.path)).toEqual([third]);
  });

  test.runIf(process.platform !== "win32")("waits for no pipe", () => {
    const store = new ReproStore(directory);
    execFileSync("mkfifo", [join(directory, "pipe.json"), join(directory, "findings.txt")]);
    const bad: string[] = [];
    expect(store.entries((error) => bad.push(error.parts.where))).toEqual([]);
    expect(bad).toEqual([join(directory, "pipe.json")]);
    expect(() => store.note("a line")).toThrow(ReportNotWritten);
  });

  test("takes no file that is nested beyond reason for a repro", () => {
    const store = new ReproStore(directory);
    writeFileSync(join(directory, "deep.json"), "[".repeat(200_000));
    const bad: string[] = [];
    expect(store.entries((error) => bad.push(error.parts.where))).toEqual([]);
    expect(bad).toEqual([join(directory, "deep.json")]);
  });

  test("lists what can be read, and says what can't", () => {
    const store = new ReproStore(directory);
    store.add("sample", repro("sample/a"));
    store.add("sample", repro("sample/b"));
    writeFileSync(join(directory, "bad.json"), "{");
    writeFileSync(join(directory, ".half.json.7.tmp"), "{");
    writeFileSync(join(directory, "README"), "hello");
    const bad: string[] = [];
    const entries = store.entries((error) => bad.push(error.parts.where));
    expect(entries.map(({ repro: { failure } }) => failure.invariant)).toEqual(["sample/a", "sample/b"]);
    expect(bad).toEqual([join(directory, "bad.json")]);
    store.note("seed 1  FAIL  x  replay");
    store.note("seed 2  FAIL  y  replay");
    expect(readFileSync(join(directory, "findings.txt"), "utf8").split("\n")).toHaveLength(3);
  });

  test("a place that can't be written is said, and nothing is left half", () => {
    writeFileSync(join(directory, "file"), "");
    const store = new ReproStore(join(directory, "file"));
    expect(() => store.add("sample", repro("sample/a"))).toThrow(ReportNotWritten);
    expect(() => new ReproStore("/proc/nothing/here").open()).toThrow(ReportNotWritten);
    expect(readdirSync(directory)).toEqual(["file"]);
  });
});

describe("a failing seed", () => {
  const input = (parameters: Record<string, number | string>): RunInput => ({
    scenario: scenarioPath("trouble"),
    parameters: new Map(Object.entries(parameters)),
    switches: new Map([["crash", false]]),
    program: "seedstorm",
  });

  const record = async (
    failing: ReturnType<typeof failingReport>,
    store: ReproStore,
    keeps: Keeps,
  ): Promise<Recorded> => {
    const scenario = await supportScenario("trouble");
    return recordFailure(scenario, input({ kind: "breaks" }), failing, nodeHost(), store, keeps);
  };

  test("gets a file that tells what it is, and another one where that will not do", async () => {
    const store = new ReproStore(directory);
    const seven = failingReport(7, "trouble/broken");
    const asked: string[] = [];
    const keeps =
      (answer: boolean): Keeps =>
      (there, found) => {
        asked.push(there.path);
        expect(isSameRun(there.repro, found)).toBe(true);
        return Promise.resolve(answer);
      };
    const first = await record(seven, store, keeps(true));
    expect(asked).toEqual([]);
    expect(await record(seven, store, keeps(true))).toEqual(first);
    const second = await record(seven, store, keeps(false));
    expect(second).toEqual({ path: asked[0]!.replace(".json", "-2.json") });
    const [entry] = store.entries(() => {});
    expect(entry!.repro).toMatchObject({
      seed: 7,
      scenario: scenarioPath("trouble"),
      failure: { invariant: "trouble/broken" },
    });
  });

  test("has none where those before it took too long", async () => {
    const scenario = await supportScenario("trouble");
    const first = [failingReport(7, "trouble/broken")];
    const groups = [{ key: "trouble/broken", count: 1, first }];
    const told: Recorded[] = [];
    const probe = new Probe(1_000);
    const left = await recordFailures(
      scenario,
      input({ kind: "breaks" }),
      groups,
      new ReproStore(directory),
      probe,
      new AbortController().signal,
      (_, recorded) => told.push(recorded),
      { files: 100, totalMs: -1 },
    );
    expect(left).toBe(1);
    expect(told).toEqual([{ reason: "running seeds again takes too long" }]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    ["hung", 7, "the seed never ends"],
    ["died", 7, "the seed ends its process"],
    ["fail", 8, "not deterministic: the seed held when it ran again; see run --verify"],
    ["fail", 7, "not deterministic: the seed broke trouble/broken when it ran again; see run --verify"],
  ] as const)("that %s (seed %i) has none: %s", async (verdict, seed, reason) => {
    const failing = { ...failingReport(seed), verdict };
    const recorded = await record(failing, new ReproStore(directory), () => Promise.resolve(true));
    expect(recorded).toEqual({ reason });
    expect(readdirSync(directory)).toEqual([]);
  });
});
