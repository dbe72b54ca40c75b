// The benchmark itself, on stores that are no more than a log and a map: what it measures, prints and writes.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvParse } from "d3-dsv";
import { afterEach, beforeEach, expect, it } from "vitest";
import { compareStores } from "#runner/bench/storage.js";
import { WORKLOADS } from "#runner/bench/storage-workloads.js";
import { PLAIN } from "#reports/palette.js";

const STORE = new URL("../../support/log-store.mjs", import.meta.url).href;
const ENGINES = ["one", "other"];
const CONTENDERS = ENGINES.map((engine) => ({ engine, module: STORE }));

const LIMITS = { workloadMs: 5_000, syncedMs: 50 };

let directory: string;
let out: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-bench-"));
  out = "";
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const output = {
  out: (text: string): void => void (out += text),
  err: (): void => {},
  outPalette: PLAIN,
  errPalette: PLAIN,
  errTerminal: undefined,
  program: "seedstorm",
};

it("measures every workload on both, writes both files, and leaves no store behind", async () => {
  const [csv, html] = [join(directory, "all.csv"), join(directory, "all.html")];
  const options = { runs: 1, keys: 1_000, dir: directory, csv, html };
  expect(await compareStores(CONTENDERS, options, output, LIMITS)).toBe(0);
  expect(readdirSync(directory).sort()).toEqual(["all.csv", "all.html"]);

  for (const workload of WORKLOADS) expect(out).toContain(workload);
  const rows = csvParse(readFileSync(csv, "utf8"));
  for (const name of ENGINES) {
    const ofIt = rows.filter(({ engine }) => engine === name);
    expect(ofIt.map(({ workload }) => workload)).toEqual([...WORKLOADS]);
  }
  for (const row of rows) {
    const isSynced = row["workload"]!.startsWith("synced");
    if (!isSynced) expect(Number(row["operations"])).toBe(1_000);
    expect(Number(row["operationsPerSecond"])).toBeGreaterThan(0);
    expect(Number(row["p99Us"])).toBeGreaterThanOrEqual(Number(row["p50Us"]));
    expect(Number(row["peakRssBytes"])).toBeGreaterThan(Number(row["baseRssBytes"]));
    expect(Number(row["floorPerSecond"]) > 0).toBe(isSynced);
  }
  const load = rows.find(({ workload }) => workload === "load, random")!;
  // Each batch of the log-store's is its key and value in JSON: somewhat more than these.
  expect(Number(load["writeAmplification"])).toBeGreaterThan(1);
  expect(Number(load["spaceAmplification"])).toBeGreaterThan(1);
  expect(load["readAmplification"]).toBe("");
  const read = rows.find(({ workload }) => workload === "read, random")!;
  expect(Number(read["readAmplification"])).toBe(1);

  const page = readFileSync(html, "utf8");
  expect(page).toContain('<h2 id="write">Write amplification</h2>');
});

it("gives one object for each workload and engine", async () => {
  const options = { runs: 1, keys: 1_000, dir: directory, json: true };
  expect(await compareStores(CONTENDERS.slice(0, 1), options, output, LIMITS)).toBe(0);
  const lines = out.trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { workload: string }).workload)).toEqual([...WORKLOADS]);
});

it("wants a file of its own for the table and for the page, before it measures anything", async () => {
  const options = { runs: 1, keys: 1_000, dir: directory, csv: join(directory, "all") };
  const html = join(directory, ".", "all");
  await expect(compareStores(CONTENDERS, { ...options, html }, output, LIMITS)).rejects.toThrow("--html");
  expect(out).toBe("");
  expect(readdirSync(directory)).toEqual([]);
});

it("says what is wrong with an engine, and leaves nothing behind", async () => {
  const missing = [{ engine: "none", module: "file:///nowhere/store.mjs" }];
  const csv = join(directory, "all.csv");
  await expect(compareStores(missing, { runs: 1, dir: directory, csv }, output, LIMITS)).rejects.toThrow(
    "nowhere",
  );
  expect(readdirSync(directory)).toEqual([]);
});
