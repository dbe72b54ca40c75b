// Processes that write to a store on real files and are killed. When the kills come differs from run to run; what is
// checked does not depend on it.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killRounds, recordedImages, storeSeries } from "#runner/real-files/index.js";

const moduleOf = (name: string): string => new URL(name, import.meta.url).href;
const FORGETS = moduleOf("store-that-forgets.mjs");
const TEARS = moduleOf("store-that-tears.mjs");
const SOUND = moduleOf("../../support/log-store.mjs");

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-killed-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe.each(["lsm", "btree"] as const)(
  "a process that is killed while it writes to a store: %s",
  (name) => {
    it("loses nothing that was acknowledged, round after round on the same files", async () => {
      const report = await killRounds(storeSeries(name), { rounds: 3, seed: 1, directory, operations: 150 });
      expect(report.finding).toBeUndefined();
      expect(report.rounds).toBe(3);
      const whole = 3 - report.kills.killedOpening;
      // A process that is not killed at its opening has had one answer at least.
      expect(report.counts["acknowledged"]).toBeGreaterThanOrEqual(whole);
      expect(report.counts["recoveries"]).toBeGreaterThanOrEqual(whole);
      expect(readdirSync(directory)).toEqual(["root"]);
    });

    it("holds what was promised on every image that a power loss leaves of what it did to its disk", async () => {
      const options = { runs: 1, seed: 1, operations: 5, imagesPerPoint: 2, directory };
      const report = await recordedImages(storeSeries(name), options);
      expect(report.findings).toEqual([]);
      expect(report.lives).toBe(2);
      for (const { points, distinct } of report.profiles) {
        expect(points).toBe(report.operations + 2);
        expect(distinct).toBeGreaterThan(10);
      }
    });
  },
);

describe("a store with a mistake", () => {
  const options = { rounds: 4, seed: 1, operations: 150 };
  const kill = (engine: string) => killRounds(storeSeries("lsm"), { ...options, directory, engine });

  it("is not what a sound one is taken for", async () => {
    expect((await kill(SOUND)).finding).toBeUndefined();
  });

  it("is found out where it acknowledges before it writes", async () => {
    expect((await kill(FORGETS)).finding?.rule).toBe("acknowledged-lost");
  });

  it("is found out where it tears batches apart", async () => {
    expect((await kill(TEARS)).finding?.rule).toMatch(/^(hole|torn-batch|order|snapshot-changed)$/);
  });

  it("is reported where the process dies of something else", async () => {
    const report = await kill(moduleOf("there-is-no-such-store.mjs"));
    expect(report.finding?.rule).toBe("died");
    expect(report.finding?.message).toContain("there-is-no-such-store");
  });
});
