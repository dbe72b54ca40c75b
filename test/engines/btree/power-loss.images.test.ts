// Every point of a run at which the power could fail, with images that the platter could have then: torn pages too.
import { expect, test } from "vitest";
import { BtreeStore, type BtreeOptions } from "#engines/btree/index.js";
import { recordDisk, type DiskOp } from "#engines/env/recording-disk.js";
import type { WriteOperation } from "#engines/store/index.js";
import { nodeHost } from "#runner/host.js";
import { ADVERSARIAL_PROFILE, HONEST_PROFILE, type DiskProfile } from "#sim/disk/index.js";
import { checkImages, type RecordedRun } from "#sim/explore/index.js";
import type { Program } from "#sim/process.js";
import type { World } from "#sim/world.js";
import { testWorld } from "../../support/world.js";
import { TINY, batches, entriesAfter, entriesOf, problemsOf } from "./support.js";

/** Position n: all of the first n batches are acknowledged. */
async function record(
  options: BtreeOptions,
  all: WriteOperation[][],
  profile: DiskProfile,
): Promise<RecordedRun> {
  const world = testWorld();
  const ops: DiskOp[] = [];
  const positions: number[] = [];
  let acknowledged = 0;
  await world.run(async () => {
    const program: Program = async (env) => {
      const disk = recordDisk(env.disk, (op) => {
        positions.push(acknowledged);
        ops.push(op);
      });
      const store = await BtreeStore.open({ ...env, disk }, options);
      for (const batch of all) acknowledged = await store.write(batch);
      await store.close();
    };
    await world.boot(world.addNode("n1", profile), program).exited;
  });
  expect(world.findings).toEqual([]);
  positions.push(acknowledged);
  expect(acknowledged).toBe(all.length);
  return { ops, positions };
}

/** The store has to open, with a prefix of the batches that holds all the acknowledged ones, and to go on. */
function recovery(
  options: BtreeOptions,
  all: WriteOperation[][],
): (world: World, position: number) => Program {
  return (world, position) => async (env) => {
    try {
      const store = await BtreeStore.open(env, options);
      const { sequence } = store.inspect();
      if (sequence < position) world.fail("test/lost", `${sequence} of ${position} acknowledged`);
      const expected = entriesAfter(all, Math.min(sequence, all.length));
      const found = await entriesOf(store);
      if (found.join() !== expected.join()) world.fail("test/state", `not the state after ${sequence}`);
      const problems = await problemsOf(store);
      if (problems.length > 0) world.fail("test/verify", problems.join("; "));
    } catch (error) {
      world.fail("test/does-not-open", String(error));
    }
  };
}

const CASES: readonly (readonly [string, BtreeOptions, DiskProfile])[] = [
  ["small pages", TINY, HONEST_PROFILE],
  [
    "pages that are torn",
    { ...TINY, pageBytes: 4096, poolBytes: 16 * 4096, checkpointBytes: 12_000 },
    HONEST_PROFILE,
  ],
  ["names and sizes in any order", TINY, ADVERSARIAL_PROFILE],
];

for (const [name, options, profile] of CASES) {
  test(`power loss at every point, ${name}`, async () => {
    const all = batches(20, 30);
    const run = await record(options, all, profile);
    const check = { seed: 1, host: nodeHost(), profile, imagesPerPoint: 3, recover: recovery(options, all) };
    const { counts, findings } = await checkImages(run, check);
    expect(findings).toEqual([]);
    expect(counts.points).toBe(run.ops.length + 1);
    expect(counts.distinct).toBeGreaterThan(50);
  });
}
