import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { measureLoad, type Load } from "#runner/bench/wal-loads.js";

const BRIEF_MS = 20;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-bench-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe("a load of the benchmark", () => {
  const loads: Load[] = [
    { kind: "floor", floor: "append", writers: 1 },
    { kind: "floor", floor: "append + fdatasync", writers: 1 },
    { kind: "floor", floor: "group commit", writers: 8 },
    { kind: "wal", policy: { kind: "each" }, preallocate: false, writers: 8 },
    { kind: "wal", policy: { kind: "group" }, preallocate: true, writers: 8 },
    { kind: "wal", policy: { kind: "interval", intervalUs: 1_000 }, preallocate: false, writers: 1 },
    { kind: "wal", policy: { kind: "none" }, preallocate: false, writers: 8 },
  ];

  it.each(loads)(
    "counts acknowledgements, orders its percentiles, and leaves nothing behind: %j",
    async (load) => {
      const { acksPerSecond, p50Us, p99Us } = await measureLoad(directory, load, BRIEF_MS);
      expect(acksPerSecond).toBeGreaterThan(0);
      expect(p50Us).toBeGreaterThan(0);
      expect(p99Us).toBeGreaterThanOrEqual(p50Us);
      expect(readdirSync(directory)).toEqual([]);
    },
  );
});
