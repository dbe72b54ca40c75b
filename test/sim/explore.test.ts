// Crash points: counts of what was visited, and mistakes that only the exploration of states finds.
import { describe, expect, it } from "vitest";
import { nodeHost } from "#runner/host.js";
import { findScenario } from "#scenarios/index.js";
import { LogOracle } from "#sim/check/index.js";
import { HONEST_PROFILE } from "#sim/disk/index.js";
import { exploreCrashPoints, type Explorable } from "#sim/explore/index.js";
import type { Scenario } from "#sim/scenario.js";

/** One record at a time into one file; `order` says what is synced before the record is acknowledged. */
function tinyLog(order: readonly ("file" | "name")[]): Scenario {
  const record = (key: number): Uint8Array => new Uint8Array(8).fill(key);
  return {
    name: "tiny-log",
    summary: "for the test",
    parameters: {},
    faults: {},
    mustReach: [],
    coverageSeeds: 1,
    drive: async () => {},
    explore(): Explorable {
      const told: ((oracle: LogOracle) => void)[] = [];
      return {
        profile: HONEST_PROFILE,
        position: () => told.length,
        program: async (env) => {
          for (let key = 1; key <= 3; key++) {
            told.push((oracle) => void oracle.sent(0, [record(key)]));
            const file = await env.disk.open(`record-${key}`, "exclusive");
            file.write(0, record(key));
            if (order.includes("file")) await file.sync();
            if (order.includes("name")) await env.disk.syncDir("");
            told.push((oracle) => oracle.durable(key));
          }
        },
        recover: (world, position) => async (env) => {
          const oracle = new LogOracle({ keyOf: (bytes) => bytes[0] ?? -1, lyingDisk: false });
          for (const tell of told.slice(0, position)) tell(oracle);
          const found = [];
          for (const name of await env.disk.list("")) {
            const bytes = await (await env.disk.open(name, "existing")).read(0, 8);
            if (bytes.length < 8 || bytes.some((byte) => byte !== bytes[0] || byte === 0)) break;
            found.push({ lsn: found.length + 1, bytes });
          }
          const broken = oracle.recovered(found, found.length, false);
          if (broken !== undefined) world.fail(`tiny/${broken.rule}`, broken.message);
        },
      };
    },
  };
}

async function explore(scenario: Scenario): ReturnType<typeof exploreCrashPoints> {
  return exploreCrashPoints(scenario, { seed: 1, host: nodeHost("sync"), imagesPerPoint: 64 });
}

describe("crash points", () => {
  it("find a record that was acknowledged before it was synced, and where", async () => {
    const { findings } = await explore(tinyLog(["name"]));
    expect(findings.map(({ finding }) => finding.invariant)).toContain("tiny/acknowledged-lost");
    expect(findings[0]!.operation).toMatch(/^(write of 8 bytes|sync-dir-end)/);
  });

  it("find nothing where it was synced before", async () => {
    const { findings, counts, operations } = await explore(tinyLog(["file", "name"]));
    expect(counts.points).toBe(operations + 1);
    expect(findings).toEqual([]);
  });

  it("hold for the write-ahead log, and visit the same states every time", async () => {
    const scenario = findScenario("wal")!;
    const first = await explore(scenario);
    expect(first.findings).toEqual([]);
    expect(first.counts.checked).toBeGreaterThan(300);
    expect(await explore(scenario)).toEqual(first);
  });
});
