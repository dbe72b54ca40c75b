import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReproStore, type CorpusEntry } from "#runner/corpus/index.js";
import type { Order } from "#runner/crew.js";
import { Behaviours } from "#runner/fuzz/behaviour.js";
import { CorpusWork } from "#runner/corpus/index.js";
import { FairWork } from "#runner/fuzz/fair-work.js";
import { Failures, type Failure } from "#runner/fuzz/failures.js";
import { Strand, type FuzzTarget } from "#runner/fuzz/strand.js";
import { statusLine } from "#runner/fuzz/words.js";
import { nodeHost } from "#runner/host.js";
import { scenarioPath, supportScenario } from "../support/load.js";
import { failingReport, seedReport } from "../support/reports.js";

async function target(name = "trouble", parameters: Record<string, string> = {}): Promise<FuzzTarget> {
  const scenario = { ...(await supportScenario("trouble")), name };
  const reference = scenarioPath("trouble");
  return {
    scenario,
    input: {
      scenario: reference,
      parameters: new Map(Object.entries(parameters)),
      switches: new Map(),
      program: "seedstorm",
    },
  };
}

describe("the work of a session", () => {
  test("gives each scenario the same time, however long its seeds take, and no seed twice", async () => {
    const seedMs = [5, 30, 1_500];
    const targets = await Promise.all(seedMs.map((ms) => target(`takes-${ms}`)));
    const indexOf = ({ scenarioName }: Order): number =>
      targets.findIndex(({ scenario }) => scenario.name === scenarioName);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(3), async (workers, lossEvery) => {
        const strands = targets.map((each) => new Strand(each, 1_000, workers));
        const ran = strands.map(() => ({ seeds: new Set<number>(), last: 0, twice: 0 }));
        const work = new FairWork(strands, workers, () => {});
        const underWay: { order: Order; endMs: number }[] = [];
        for (let nowMs = 0, orders = 0; nowMs < 60_000;) {
          while (underWay.length < workers) {
            const order = work.take()!;
            underWay.push({ order, endMs: nowMs + seedMs[indexOf(order)]! * order.seeds.length });
          }
          underWay.sort((a, b) => b.endMs - a.endMs);
          const { order, endMs } = underWay.pop()!;
          nowMs = endMs;
          // Now and then a worker dies over the first seed of an order.
          const isLost = lossEvery > 0 && ++orders % (10 * lossEvery) === 0;
          const done = isLost ? order.seeds.slice(0, 1) : order.seeds;
          work.took(order, done.length * seedMs[indexOf(order)]!, !isLost);
          if (isLost) work.putBack(order, order.positions.slice(1));
          const strand = ran[indexOf(order)]!;
          for (const seed of done) {
            if (strand.seeds.has(seed)) strand.twice++;
            strand.seeds.add(seed);
            strand.last = Math.max(strand.last, seed);
          }
        }
        const busyMs = strands.map((strand) => strand.busyMs);
        // What is under way, and one order of the slowest, are all that shares may differ by.
        expect(Math.max(...busyMs) - Math.min(...busyMs)).toBeLessThan((workers + 1) * 1_700);
        for (const [at, { seeds, last, twice }] of ran.entries()) {
          expect(twice).toBe(0);
          expect(seeds.has(1_000)).toBe(true);
          expect(last - 1_000 - seeds.size).toBeLessThan((workers + 1) * 64);
          expect(seeds.size).toBeGreaterThan(10_000 / seedMs[at]!);
        }
      }),
      { seed: 4, numRuns: 8 },
    );
  });

  test("runs each file of the corpus, and tells what became of it", () => {
    const entry = (invariant: string, seed: number): CorpusEntry =>
      ({
        path: `${seed}.json`,
        repro: { scenario: "sample", seed, failure: { invariant, place: "" } },
      }) as unknown as CorpusEntry;
    const told: string[] = [];
    const entries = [entry("sample/a", 1), entry("sample/b", 2), entry("sample/c", 3)];
    const work = new CorpusWork(entries, ({ path }, outcome) => told.push(`${path} ${outcome}`));
    const [first, second, third] = [work.take()!, work.take()!, work.take()!];
    expect([first, second, third].map(({ seeds }) => seeds)).toEqual([[1], [2], [3]]);
    expect(work.take()).toBeUndefined();
    work.putBack(second, second.positions);
    expect(work.done).toBe(false);
    work.put(third, third.positions[0]!, seedReport(3));
    work.put(first, first.positions[0]!, failingReport(1, "sample/a"));
    const again = work.take()!;
    expect(again.seeds).toEqual([2]);
    work.put(again, again.positions[0]!, failingReport(2, "sample/other"));
    expect(told).toEqual(["3.json fixed", "1.json same", "2.json otherwise"]);
    expect(work.done).toBe(true);
  });
});

describe("failures", () => {
  async function withStore(use: (store: ReproStore) => Promise<void>): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
    try {
      await use(new ReproStore(directory));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  test("are told of once, and counted from then on; those of a known one are not told of", async () => {
    await withStore(async (store) => {
      const told: Failure[] = [];
      const failures = new Failures(store, nodeHost(), (failure) => told.push(failure));
      const here = await target();
      failures.know("trouble", failingReport(1, "trouble/known"), "known.json");
      for (let seed = 1; seed <= 50; seed++) {
        failures.add(here, failingReport(seed, seed % 2 === 0 ? "trouble/known" : "trouble/new"));
      }
      await failures.settled();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({ key: "trouble/new", isKnown: false, count: 25, first: { seed: 1 } });
      const [known] = failures.all();
      expect(known).toMatchObject({ isKnown: true, count: 25, recorded: { path: "known.json" } });
    });
  });

  test("are one over all scenarios where their place is known, and one each where it is not", async () => {
    await withStore(async (store) => {
      const failures = new Failures(store, nodeHost(), () => {});
      const [here, there] = [await target("here"), await target("there")];
      const placed = (seed: number) => {
        const report = failingReport(seed, "engine/broken");
        return { ...report, findings: [{ ...report.findings[0]!, place: "engines/x f" }] };
      };
      failures.add(here, placed(1));
      failures.add(there, placed(2));
      failures.add(here, failingReport(3, "limits/events"));
      failures.add(there, failingReport(4, "limits/events"));
      failures.hurry();
      await failures.settled();
      expect(failures.all().map(({ key, count }) => [key, count])).toEqual([
        ["engine/broken at engines/x f", 2],
        ["limits/events", 1],
        ["limits/events", 1],
      ]);
    });
  });

  test("without an end don't take the memory", async () => {
    await withStore(async (store) => {
      const failures = new Failures(store, nodeHost(), () => {});
      const here = await target();
      for (let seed = 0; seed < 5_000; seed++) {
        failures.add(here, { ...failingReport(seed, `trouble/${seed}`), verdict: "hung" });
      }
      await failures.settled();
      expect(failures.all()).toHaveLength(1_000);
      expect(failures.uncounted).toBe(4_000);
    });
  });
});

test("the status is one line", async () => {
  const strand = new Strand(await target(), 1, 1);
  for (let seed = 1; seed <= 1_500; seed++) strand.add(seedReport(seed, { counts: { operations: seed } }));
  const failure = (isKnown: boolean) =>
    ({ key: "x/y", isKnown, count: 1, first: undefined, recorded: undefined }) as const;
  const corpus = { same: 1, otherwise: 0, fixed: 0 };
  const figures = { strands: [strand], failures: [failure(true), failure(false)], corpus, uncounted: 0 };
  expect(statusLine({ ...figures, wallMs: 30_000, nothingNewMs: 48_100 })).toBe(
    "1,500 seeds, 50.0/s, 1 new failure, 1 known, 11 behaviours, the last new one 48.1 s ago",
  );
});

test("behaviours are counts in powers of two, and bounded", () => {
  const behaviours = new Behaviours();
  const run = (times: number): number => behaviours.add({ marks: { "a/b": times }, faults: {}, counts: {} });
  expect([run(1), run(1), run(2), run(3), run(4), run(2)]).toEqual([1, 0, 1, 0, 1, 0]);
  // 2 and 3 are one behaviour, which three runs showed.
  expect([behaviours.seenIn(1), behaviours.seenIn(2)]).toEqual([1, 1]);
  const faults = { crash: { planned: 1, refused: 0, injected: 1, reached: 1, changed: 1 } };
  expect(behaviours.add({ marks: {}, faults, counts: { operations: 5 } })).toBe(6);
  const endless = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`m/${i}`, 1]));
  behaviours.add({ marks: endless, faults: {}, counts: {} });
  expect(behaviours.count).toBe(100_000);
});
