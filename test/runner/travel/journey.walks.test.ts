/** Wherever one comes from, a place in a run is the same place. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeHost } from "#runner/host.js";
import { Journey } from "#runner/travel/journey.js";
import { digestOf } from "#runner/travel/step.js";
import type { Scenario } from "#sim/scenario.js";
import { subjectFor } from "./support.js";

/** Two nodes that count, and send what they have counted. */
const COUNTERS: Scenario = {
  name: "counters",
  summary: "two nodes that count",
  parameters: {},
  faults: { pause: { minPpm: 100_000, maxPpm: 300_000 }, crash: { minPpm: 100_000, maxPpm: 300_000 } },
  mustReach: [],
  coverageSeeds: 100,
  strikeEveryCalls: 10,
  async drive({ world }) {
    const nodes = ["a", "b"].map((name) => world.addNode(name));
    for (let life = 0; life < 3; life++) {
      await Promise.all(
        nodes.map(
          (node) =>
            world.boot(node, async (env, self) => {
              let count = 0;
              self.inspect = () => ({ count });
              const file = await env.disk.open("count", "create");
              for (; count < 12; count++) {
                file.write(0, new Uint8Array([count]));
                await env.clock.sleep(100 + env.random.below(50));
                env.observe({ kind: "counters/counted" });
              }
            }).exited,
        ),
      );
    }
  },
};

interface Seen {
  readonly digest: number;
  readonly counts: readonly unknown[];
}

/** Each place of the run, from going through it once. */
async function everyPlace(seed: number): Promise<Seen[]> {
  const journey = new Journey(subjectFor(COUNTERS, seed));
  const seen: Seen[] = [];
  const next = { needsRun: false, matcher: () => ({ begin: () => {}, matches: () => true }) };
  while ((await journey.forward(next)) === "found") seen.push(await look(journey));
  await journey.close();
  return seen;
}

async function look(journey: Journey): Promise<Seen> {
  const run = (await journey.run())!;
  return {
    digest: digestOf(journey.here!),
    counts: run.world.nodes.map(({ incarnation }) => incarnation?.inspect()),
  };
}

describe("a walk to and fro", () => {
  test.each([1, 2, 3])("seed %i", async (seed) => {
    const places = await everyPlace(seed);
    expect(places.length).toBeGreaterThan(50);
    const positions = fc.array(fc.integer({ min: 1, max: places.length }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(positions, fc.integer({ min: 1, max: 30 }), async (walk, keptSteps) => {
        const journey = new Journey(subjectFor(COUNTERS, seed), keptSteps);
        for (const position of walk) {
          expect(await journey.goTo(position)).toBe("found");
          expect(journey.here!.position).toBe(position);
          expect(digestOf(journey.here!)).toBe(places[position - 1]!.digest);
          if (position % 2 === 0) expect(await look(journey)).toEqual(places[position - 1]);
        }
        await journey.close();
      }),
      { seed: 7, numRuns: 20 },
    );
  });
});

test("looking changes nothing: the trace hash is that of a plain run", async () => {
  const subject = subjectFor(COUNTERS, 5);
  const { traceHash, events } = await subject.run({ host: nodeHost() });
  const journey = new Journey(subject, 5);
  const next = { needsRun: true, matcher: () => ({ begin: () => {}, matches: () => true }) };
  while ((await journey.forward(next)) === "found") await look(journey);
  expect(journey.report).toMatchObject({ traceHash, events });
  expect(journey.isAtEnd).toBe(true);
  await journey.close();
});

test("searches find the same places from either side, whatever is kept", async () => {
  const isCount = {
    begin: () => {},
    matches: (step: { notes: readonly { type: string }[] }) =>
      step.notes.some(({ type }) => type === "observed"),
  };
  const counted = { needsRun: false, matcher: () => isCount };
  const forward: number[] = [];
  const there = new Journey(subjectFor(COUNTERS, 1), 4);
  while ((await there.forward(counted)) === "found") forward.push(there.position);
  expect(forward.length).toBeGreaterThan(20);
  const backward: number[] = [];
  await there.goTo(there.report!.events);
  while ((await there.backward(counted)) === "found") backward.push(there.position);
  expect(backward.toReversed()).toEqual(forward);
  await there.close();
});

test("a run that is another one the second time is found out", async () => {
  let runs = 0;
  const fickle: Scenario = {
    ...COUNTERS,
    async drive(run) {
      runs++;
      run.world.addNode(runs > 1 ? "late" : "a");
      for (let i = 0; i < 20; i++) await run.world.sleep(i === 10 && runs > 1 ? 7 : 5);
    },
  };
  const journey = new Journey(subjectFor(fickle, 1));
  await journey.goTo(15);
  await journey.goTo(3);
  await expect(journey.run().then(() => journey.goTo(15).then(() => journey.run()))).rejects.toThrow(
    "RUNS_DIFFER",
  );
  await journey.close();
});

test("a long way can be interrupted, and gone on from there", async () => {
  const endless: Scenario = {
    ...COUNTERS,
    faults: {},
    async drive({ world }) {
      for (let i = 0; i < 30_000; i++) await world.sleep(1);
    },
  };
  const journey = new Journey(subjectFor(endless, 1));
  const never = { needsRun: false, matcher: () => ({ begin: () => {}, matches: () => false }) };
  const way = journey.forward(never);
  setTimeout(() => journey.interrupt(), 1);
  expect(await way).toBe("interrupted");
  const stopped = journey.position;
  expect(stopped).toBeGreaterThan(0);
  expect(stopped).toBeLessThan(30_000);
  expect(await journey.forward(never)).toBe("end");
  expect(journey.report!.events).toBe(30_001);
  await journey.close();
});
