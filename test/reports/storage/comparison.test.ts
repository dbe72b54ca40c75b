import { expect, it } from "vitest";
import {
  storageCsv,
  storagePage,
  storageTables,
  summarize,
  type StorageFacts,
  type StorageRow,
} from "#reports/storage/index.js";

const FACTS: StorageFacts = {
  engines: ["lsm", "btree"],
  workloads: ["load", "read", "synced"],
  keys: 1_000,
  keyBytes: 16,
  valueBytes: 100,
  cacheBytes: 64_000_000,
  rounds: 3,
  interrupted: false,
  nodeVersion: "v20.0.0",
};

function row(round: number, workload: string, engine: string, perSecond: number): StorageRow {
  return {
    round,
    workload,
    engine,
    operations: 1_000,
    operationsPerSecond: perSecond,
    p50Us: 2,
    p99Us: 10,
    maxUs: 100,
    flushMs: 5,
    amplification: workload === "load" ? { write: round + 0.5, space: 1.25 } : { read: 2, deviceReads: 0 },
    slowedWrites: 0,
    stalledWrites: 0,
    fileBytes: 145_000,
    memoryBytes: 3_000_000,
    peakRssBytes: 90_000_000 + round * 1_000_000,
    baseRssBytes: 50_000_000,
    ...(workload === "synced" ? { floorPerSecond: 2 * perSecond } : {}),
  };
}

const ROWS = [3, 1, 2].flatMap((round) => [
  row(round, "load", "lsm", round * 100_000),
  row(round, "load", "btree", round * 50_000),
  row(round, "read", "lsm", 1_000),
  row(round, "synced", "lsm", 1_000),
]);

it("takes medians workload by workload, and leaves out what was not measured", () => {
  const results = summarize(FACTS, ROWS);
  expect(results.map(({ workload, engine }) => `${workload} ${engine}`)).toEqual([
    "load lsm",
    "load btree",
    "read lsm",
    "synced lsm",
  ]);
  const [load, , read, synced] = results;
  expect(load!.perSecond).toEqual({ median: 200_000, min: 100_000, max: 300_000 });
  expect(load!.amplification).toEqual({ write: 2.5, space: 1.25 });
  expect(read!.amplification).toEqual({ read: 2, deviceReads: 0 });
  expect(load!.peakRssBytes).toBe(93_000_000);
  expect(load!.floorRatio).toBeUndefined();
  expect(synced!.floorRatio).toBe(0.5);
});

it("prints one line a workload, with a gap where an engine has nothing", () => {
  const [rates, , amplification, memory] = storageTables(FACTS, summarize(FACTS, ROWS));
  expect(rates!.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    [
      "operations/s",
      "lsm",
      "lsm min..max",
      "btree",
      "btree min..max",
      "lsm/btree",
      "lsm/floor",
      "btree/floor",
    ],
    ["load", "200,000", "100,000..300,000", "100,000", "50,000..150,000", "2.00"],
    ["read", "1,000", "1,000..1,000", "-", "-", "-", "-"],
    ["synced", "1,000", "1,000..1,000", "-", "-", "-", "0.50", "-"],
  ]);
  expect(amplification![1]!.trim().split(/\s+/)).toEqual(["load", "2.50", "1.25", "2.50", "1.25"]);
  expect(memory![1]!.trim().split(/\s+/)).toEqual(["lsm", "64.0", "3.00", "93.0"]);
});

it("writes every measurement as a row, with empty cells for what has no meaning", () => {
  const [header, first, ...others] = storageCsv(FACTS, [
    { ...ROWS[0]!, workload: 'a "b", c' },
    ROWS[2]!,
  ]).split("\n");
  expect(header!.split(",").slice(0, 7)).toEqual([
    "round",
    "workload",
    "engine",
    "keys",
    "cacheBytes",
    "operations",
    "operationsPerSecond",
  ]);
  expect(first).toBe(
    '3,"a ""b"", c",lsm,1000,64000000,1000,300000,2,10,100,5,3.5,,,1.25,0,0,145000,3000000,50000000,93000000,',
  );
  expect(others).toHaveLength(2);
});

it("draws a page of nothing but itself, with a table beside each chart, and escapes names", () => {
  const facts = { ...FACTS, engines: ["lsm", "<b>"] };
  const page = storagePage(facts, summarize(facts, [...ROWS, row(1, "load", "<b>", 1)]));
  expect(page).not.toContain("<b>&lt;");
  expect(page).not.toContain("<td><b>");
  expect(page).toContain("&lt;b&gt;");
  expect(page).not.toMatch(/<script|https?:|url\(/);
  const sections = page.match(/<section /g)!.length;
  expect(sections).toBe(6);
  expect(page.match(/<table/g)).toHaveLength(sections);
  // The longest bar of a workload is as wide as the chart, the other one in proportion.
  expect(page).toContain('<rect class="engine-0" x="0" y="0" width="100" height="10"/>');
  expect(page).toContain('<rect class="engine-1" x="0" y="13" width="0.5" height="10"/>');
});
