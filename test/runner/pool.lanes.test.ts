import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { finished, type SeedReport } from "#reports/seed-report.js";
import { PoolFailed } from "#runner/errors.js";
import type { Lane, LaneListener, OpenLane } from "#runner/lane.js";
import { Pool, type PoolEnd } from "#runner/pool.js";
import type { Job } from "#runner/protocol.js";
import { SeedSequence } from "#runner/seeds.js";
import { failingReport, seedReport } from "../support/reports.js";

interface Behaviour {
  /** Seeds at which a lane never goes on. */
  readonly hangs?: ReadonlySet<number>;
  /** Seeds at which a lane ends. */
  readonly dies?: ReadonlySet<number>;
  readonly fails?: ReadonlySet<number>;
  /** Posts reports only so often, so that a dead lane takes some with it. */
  readonly postEvery?: number;
  readonly neverReady?: boolean;
  /** An order with this seed can't be given. */
  readonly refuses?: number;
}

const JOB: Job = { reference: "sample", parameters: [], switches: [] };

const pools: Pool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

/** A lane in this thread that does what it is told to do at a seed, a macrotask a seed. */
class FakeLane implements Lane {
  #begun = 0;
  #closed = false;
  readonly #behaviour: Behaviour;
  readonly #listener: LaneListener;
  readonly ran: number[];

  constructor(behaviour: Behaviour, listener: LaneListener, ran: number[]) {
    this.#behaviour = behaviour;
    this.#listener = listener;
    this.ran = ran;
    if (behaviour.neverReady === true) setImmediate(() => listener.ended("not today"));
    else setImmediate(() => this.#closed || listener.ready());
  }

  run(seeds: readonly number[]): void {
    if (seeds.includes(this.#behaviour.refuses ?? -1)) throw new RangeError("too deep to be copied");
    void this.#carryOut(seeds);
  }

  begun(): number {
    return this.#begun;
  }

  close(): void {
    this.#closed = true;
  }

  async #carryOut(seeds: readonly number[]): Promise<void> {
    const { hangs, dies, fails, postEvery = 1 } = this.#behaviour;
    let reports: SeedReport[] = [];
    for (const seed of seeds) {
      await new Promise(setImmediate);
      if (this.#closed) return;
      this.#begun++;
      this.ran.push(seed);
      if (hangs?.has(seed) === true) return;
      if (dies?.has(seed) === true) {
        this.#listener.ended("it fell over");
        return;
      }
      reports.push(fails?.has(seed) === true ? failingReport(seed) : seedReport(seed));
      if (reports.length < postEvery) continue;
      this.#listener.reports(reports);
      reports = [];
    }
    if (reports.length > 0) this.#listener.reports(reports);
    this.#listener.idle();
  }
}

function fakePool(
  behaviour: Behaviour,
  workers: number,
): { pool: Pool; ran: number[]; opened: () => number } {
  const ran: number[] = [];
  let lanes = 0;
  const open: OpenLane = (listener) => {
    lanes++;
    return new FakeLane(behaviour, listener, ran);
  };
  const pool = new Pool({ open, workers, watchdogMs: 40, scenarioName: "sample", job: JOB });
  pools.push(pool);
  return { pool, ran, opened: () => lanes };
}

async function runAll(
  behaviour: Behaviour,
  workers: number,
  seeds: SeedSequence,
): Promise<{ reports: SeedReport[]; end: PoolEnd }> {
  const { pool } = fakePool(behaviour, workers);
  const reports: SeedReport[] = [];
  const end = await pool.run(seeds, (report) => reports.push(report));
  return { reports, end };
}

describe("the pool", () => {
  test("reports every seed once, in order, whatever the number of lanes and whoever falls over", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        fc.uniqueArray(fc.nat(60), { maxLength: 4 }),
        fc.integer({ min: 1, max: 10 }),
        async (workers, length, deaths, postEvery) => {
          const dies = new Set(deaths);
          const { reports, end } = await runAll({ dies, postEvery }, workers, new SeedSequence(0, 1, length));
          expect(reports.map(({ seed }) => seed)).toEqual(Array.from({ length }, (_, i) => i));
          expect(end).toEqual({ finished: length, beyond: [] });
          for (const { seed, verdict } of reports) expect(verdict).toBe(dies.has(seed) ? "died" : "pass");
        },
      ),
      { seed: 6, numRuns: 30 },
    );
  });

  test("calls a seed hung where its lane does not go on, and loses no other", async () => {
    const hangs = new Set([3, 11]);
    const { reports } = await runAll({ hangs, postEvery: 4 }, 2, new SeedSequence(0, 1, 20));
    expect(reports).toHaveLength(20);
    for (const report of reports) {
      expect(report.verdict).toBe(hangs.has(report.seed) ? "hung" : "pass");
      expect(finished(report)).toBe(!hangs.has(report.seed));
    }
    expect(reports[3]!.findings[0]!.invariant).toBe("limits/hung");
  });

  test("calls the seeds of an order that can't be given died, and goes on with the others", async () => {
    const { reports } = await runAll({ refuses: 4 }, 2, new SeedSequence(0, 1, 400));
    expect(reports).toHaveLength(400);
    const died = reports.filter(({ verdict }) => verdict === "died");
    expect(died.map(({ seed }) => seed)).toContain(4);
    expect(died.length).toBeLessThan(400);
    expect(died[0]!.findings[0]!.message).toContain("RangeError: too deep to be copied");
  });

  test("opens no more lanes than there is work, and keeps them for the next sequence", async () => {
    const { pool, opened } = fakePool({}, 4);
    await pool.run(new SeedSequence(0, 1, 2), () => {});
    expect(opened()).toBeLessThanOrEqual(2);
    await pool.run(new SeedSequence(2, 1, 2), () => {});
    expect(opened()).toBeLessThanOrEqual(2);
  });

  test("gives up where no lane ever begins a seed", async () => {
    await expect(runAll({ neverReady: true }, 2, new SeedSequence(0, 1, 5))).rejects.toThrow(PoolFailed);
  });

  test("rejects with what the listener throws", async () => {
    const { pool } = fakePool({}, 2);
    const full = new Error("disk full");
    const running = pool.run(new SeedSequence(0, 1, 50), ({ seed }) => {
      if (seed === 7) throw full;
    });
    await expect(running).rejects.toBe(full);
  });

  test("after a stop ends what is under way and reports a prefix without a hole", async () => {
    const { pool, ran } = fakePool({}, 3);
    const reports: SeedReport[] = [];
    const end = await pool.run(new SeedSequence(0, 1, Infinity), (report) => {
      reports.push(report);
      if (reports.length === 40) pool.stop(1_000);
    });
    expect(end.finished).toBe(reports.length);
    expect(reports.map(({ seed }) => seed)).toEqual(Array.from({ length: reports.length }, (_, i) => i));
    expect(new Set(ran).size).toBe(ran.length);
    expect(end.finished + end.beyond.length).toBe(ran.length);
  });

  test("a stop does not wait longer than its grace, and gives what is known beyond the hole", async () => {
    const { pool } = fakePool({ hangs: new Set([5]), fails: new Set([6]) }, 3);
    const reports: SeedReport[] = [];
    const running = pool.run(new SeedSequence(0, 1, 12), (report) => reports.push(report));
    setTimeout(() => pool.stop(5), 10);
    const end = await running;
    expect(end.finished).toBe(5);
    expect(reports).toHaveLength(5);
    for (const { seed } of end.beyond) expect(seed).toBeGreaterThan(5);
  });
});
