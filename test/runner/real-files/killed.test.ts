// Processes that append to real files and are killed. When the kills come differs from run to run; what is
// checked does not depend on it.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killRounds, logSeries, recordedImages } from "#runner/real-files/index.js";

const FORGETS = new URL("log-that-forgets.mjs", import.meta.url).href;
const NEVER_SYNCS = new URL("log-that-never-syncs.mjs", import.meta.url).href;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-killed-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe("a process that is killed while it appends", () => {
  it("loses nothing that was acknowledged, round after round on the same files", async () => {
    const report = await killRounds(logSeries, { rounds: 3, seed: 1, directory, operations: 80 });
    expect(report.finding).toBeUndefined();
    expect(report.rounds).toBe(3);
    expect(report.kills.lives).toBe(3);
    // A process that is not killed at its opening has had one answer at least.
    expect(report.counts["acknowledged"]).toBeGreaterThanOrEqual(3 - report.kills.killedOpening);
    expect(report.counts["recoveries"]).toBeGreaterThanOrEqual(3 - report.kills.killedOpening);
    expect(readdirSync(directory)).toEqual(["root"]);
  });

  it("is found out where its log acknowledges before it writes", async () => {
    const report = await killRounds(logSeries, {
      rounds: 3,
      seed: 1,
      directory,
      operations: 80,
      engine: FORGETS,
    });
    expect(report.finding?.rule).toBe("acknowledged-lost");
  });

  it("may as well never sync: that is not what a kill can show", async () => {
    const report = await killRounds(logSeries, {
      rounds: 2,
      seed: 1,
      directory,
      operations: 80,
      engine: NEVER_SYNCS,
    });
    expect(report.finding).toBeUndefined();
  });

  it("is reported where it dies of something else", async () => {
    const engine = new URL("there-is-no-such-log.mjs", import.meta.url).href;
    const report = await killRounds(logSeries, { rounds: 2, seed: 1, directory, operations: 80, engine });
    expect(report.finding?.rule).toBe("died");
    expect(report.finding?.message).toContain("there-is-no-such-log");
    expect(report.rounds).toBe(1);
  });
});

describe("every image that a power loss leaves of what such a process did to its disk", () => {
  const options = { runs: 1, seed: 1, operations: 16, imagesPerPoint: 50 };

  it("holds what was promised until then", async () => {
    const report = await recordedImages(logSeries, { ...options, directory });
    expect(report.findings).toEqual([]);
    expect(report.lives).toBe(2);
    expect(report.profiles.map(({ profile }) => profile)).toEqual(["journaled", "adversarial"]);
    for (const { points, distinct, checked } of report.profiles) {
      // Both ends of both lives, at least; and the first life's log was made from nothing.
      expect(points).toBe(report.operations + 2);
      expect(distinct).toBeGreaterThan(10);
      expect(checked).toBeGreaterThanOrEqual(distinct);
    }
  });

  it("loses it where syncs do nothing", async () => {
    const report = await recordedImages(logSeries, { ...options, directory, engine: NEVER_SYNCS });
    expect(report.findings.map(({ rule }) => rule)).toContain("wal/acknowledged-lost");
  });
});
