import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvParse, tsvParse } from "d3-dsv";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AtomicFile, makeDirectory, ReportNotWritten } from "#reports/atomic-file.js";
import { BatchFiles } from "#reports/batch-files.js";
import { seedRow } from "#reports/csv.js";
import { linesOf } from "#reports/spool.js";
import { BatchTally } from "#reports/tally.js";
import { batchFacts, failingReport, seedReport } from "../support/reports.js";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a file shows up when it is committed, not before", () => {
  const path = join(directory, "a.txt");
  writeFileSync(path, "old");
  const file = new AtomicFile(path);
  file.write("new");
  file.flush();
  expect(readFileSync(path, "utf8")).toBe("old");
  file.commit();
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readdirSync(directory)).toEqual(["a.txt"]);
});

test("what is discarded leaves nothing, and what stood there before stays", () => {
  const path = join(directory, "a.txt");
  writeFileSync(path, "old");
  const file = new AtomicFile(path);
  file.write("new".repeat(100_000));
  file.discard();
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(directory)).toEqual(["a.txt"]);
});

test("a file that is over takes nothing more", () => {
  const committed = new AtomicFile(join(directory, "a.txt"));
  committed.commit();
  const discarded = new AtomicFile(join(directory, "b.txt"));
  discarded.discard();
  for (const file of [committed, discarded]) {
    expect(() => file.write("more")).toThrow(/before it is committed or discarded/);
    expect(() => file.flush()).toThrow(/before it is committed or discarded/);
  }
});

test("a directory, or a place that is not there, is refused at once", () => {
  expect(() => new AtomicFile(directory)).toThrow(ReportNotWritten);
  expect(() => new AtomicFile(join(directory, "missing", "a.txt"))).toThrow(ReportNotWritten);
  writeFileSync(join(directory, "file"), "");
  expect(() => makeDirectory(join(directory, "file", "below"))).toThrow(ReportNotWritten);
  expect(() => makeDirectory(join(directory, "file"))).toThrow(ReportNotWritten);
  makeDirectory(join(directory, "a", "b", "c"));
  expect(existsSync(join(directory, "a", "b", "c"))).toBe(true);
});

test.runIf(process.platform === "linux")("a device is refused by what it is, and not as a directory", () => {
  expect(() => new AtomicFile("/dev/full")).toThrow(
    "found a device, a pipe or a socket, at /dev/full; choose a plain file",
  );
});

test("lines come back whole, across the borders of the buffer and of characters", () => {
  const lines = Array.from({ length: 5_000 }, (_, i) => `${i} ${"ä€😀".repeat(i % 40)}`);
  writeFileSync(join(directory, "lines"), lines.join("\n"));
  expect([...linesOf(join(directory, "lines"))]).toEqual(lines);
});

test("a batch leaves six files; CSV and TSV have a column for every figure that any seed counted", () => {
  const out = join(directory, "out");
  const files = new BatchFiles(out);
  const tally = new BatchTally();
  for (const report of [seedReport(0), seedReport(1, { counts: { late: 3 } }), failingReport(2)]) {
    tally.add(report);
    files.add(seedRow(report));
  }
  files.finish(tally, batchFacts());
  expect(readdirSync(out).sort()).toEqual([
    "batch.html",
    "junit.xml",
    "seeds.csv",
    "seeds.tsv",
    "summary.json",
    "summary.txt",
  ]);
  const rows = csvParse(readFileSync(join(out, "seeds.csv"), "utf8"));
  expect(rows.columns.slice(7)).toEqual(["operations", "late"]);
  expect(rows.map((row) => [row["seed"], row["verdict"], row["operations"], row["late"]])).toEqual([
    ["0", "pass", "5", "0"],
    ["1", "pass", "0", "3"],
    ["2", "fail", "5", "0"],
  ]);
  expect([...tsvParse(readFileSync(join(out, "seeds.tsv"), "utf8"))]).toEqual([...rows]);
  expect(readFileSync(join(out, "summary.txt"), "utf8")).toContain(
    "seed 2  FAIL  sample/broken  seedstorm replay",
  );
});

test("a batch whose directory cannot take all files leaves none", () => {
  mkdirSync(join(directory, "summary.json"));
  expect(() => new BatchFiles(directory)).toThrow(ReportNotWritten);
  expect(readdirSync(directory)).toEqual(["summary.json"]);
});
