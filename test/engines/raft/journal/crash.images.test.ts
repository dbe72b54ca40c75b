/** Every state that a power loss could leave, at every operation of a run that does all that a journal can do. */
import { expect, test } from "vitest";
import type { Disk } from "#engines/env/index.js";
import type { DiskOp } from "#engines/env/recording-disk.js";
import { recordDisk } from "#engines/env/recording-disk.js";
import { Journal, type JournalOptions } from "#engines/raft/journal/index.js";
import { nodeHost } from "#runner/host.js";
import { ADVERSARIAL_PROFILE } from "#sim/disk/index.js";
import { checkImages, type ImageCheck } from "#sim/explore/index.js";
import type { Program } from "#sim/process.js";
import type { World } from "#sim/world.js";
import { testWorld } from "../../../support/world.js";
import { EMPTY, Ledger, show } from "./model.js";
import { entries, give, giveAll, put, rebase, snapshotAt, voted, type Step } from "./support.js";

const OPTIONS: JournalOptions = { wal: { segmentBytes: 512 } };

/** A log that grows, is replaced, compacted, and gives way to a snapshot from elsewhere. */
const STEPS: readonly (readonly Step[])[] = [
  [voted(1, "n1"), put({ entries: entries(1, 8, 1) })],
  [put({ entries: entries(9, 12, 1) }), put({ entries: entries(13, 14, 1) }), voted(2)],
  [put({ hardState: { term: 3, vote: undefined }, entries: entries(10, 12, 3) })],
  [snapshotAt(9, 1)],
  [rebase(7, 1, true), put({ entries: entries(13, 20, 3) })],
  [snapshotAt(15, 3)],
  [rebase(14, 3, true)],
  [snapshotAt(30, 4)],
  [
    put({
      hardState: { term: 5, vote: undefined },
      rebase: { index: 30, term: 4, keepsLog: false },
      entries: entries(31, 33, 5),
    }),
  ],
  [put({ entries: entries(34, 36, 5) }), voted(6, "n2")],
];

/** A repair, up to the removal of the damaged files. */
const REPAIR: readonly (readonly Step[])[] = [
  [voted(4), voted(5)],
  [snapshotAt(20, 4)],
  [rebase(20, 4, false), put({ entries: entries(21, 24, 5) })],
  [put({ repaired: true }), put({ entries: entries(25, 26, 5) })],
  [snapshotAt(25, 5)],
  [rebase(25, 5, true)],
];

interface Recorded {
  readonly ops: DiskOp[];
  readonly positions: number[];
  foundOps: number;
  /** What may be found, by position. */
  readonly candidates: ReadonlySet<string>[];
}

/** Runs the steps, each row at once, and notes after every change what a crash may leave. */
async function record(prepare: Program, steps: readonly (readonly Step[])[]): Promise<Recorded> {
  const recorded: Recorded = { ops: [], positions: [], foundOps: 0, candidates: [] };
  const { ops, positions, candidates } = recorded;
  const ledger = new Ledger();
  const world = testWorld();
  const node = world.addNode("n1", ADVERSARIAL_PROFILE);
  const note = (): number => candidates.push(ledger.candidates());
  await world.run(async () => {
    await world.boot(node, prepare).exited;
    await world.boot(node, async (env) => {
      const disk = recordDisk(env.disk, (op) => {
        positions.push(candidates.length - 1);
        ops.push(op);
      });
      const files = await filesOf(disk);
      for (const path of files) await (await disk.open(path, "existing")).close();
      recorded.foundOps = ops.length;
      if (files.length > 0) ledger.begin({ ...EMPTY, snapshot: undefined, isRepairing: true });
      note();
      const journal = new Journal({ ...env, disk }, OPTIONS);
      const state = await journal.recover();
      expect(ledger.candidates()).toContain(show(state));
      for (const row of steps) {
        const given = row.map((step) => give(journal, ledger, step).then(note));
        note();
        await Promise.all(given);
      }
      await journal.close();
    }).exited;
  });
  expect(world.findings).toEqual([]);
  positions.push(candidates.length - 1);
  return recorded;
}

async function filesOf(disk: Disk): Promise<string[]> {
  const files: string[] = [];
  for (const generation of await disk.list("")) {
    for (const part of await disk.list(generation)) {
      const directory = `${generation}/${part}`;
      for (const name of await disk.list(directory)) files.push(`${directory}/${name}`);
    }
  }
  return files;
}

/** What is found has to be allowed; what a second recovery finds on what the first made durable, the same. */
function recoverIn({ candidates }: Recorded): ImageCheck["recover"] {
  return (world: World, position: number): Program => {
    let first: string | undefined;
    return async (env) => {
      const journal = new Journal(env, OPTIONS);
      const state = show(await journal.recover());
      if (first === undefined && !candidates[position]!.has(state)) world.fail("journal/state", state);
      if (first !== undefined && first !== state) world.fail("journal/second", `${state} after ${first}`);
      first = state;
    };
  };
}

async function explore(recorded: Recorded, imagesPerPoint: number): Promise<number> {
  const check: ImageCheck = {
    seed: 1,
    host: nodeHost(),
    profile: ADVERSARIAL_PROFILE,
    imagesPerPoint,
    recover: recoverIn(recorded),
  };
  const { counts, findings } = await checkImages(recorded, check);
  expect(findings).toEqual([]);
  return counts.checked;
}

test("a journal survives a power loss at any operation", async () => {
  const recorded = await record(() => Promise.resolve(), STEPS);
  expect(await explore(recorded, 5)).toBeGreaterThan(200);
});

test("a repair survives a power loss at any operation", async () => {
  const recorded = await record(async (env) => {
    const journal = new Journal(env, OPTIONS);
    await journal.recover();
    await giveAll(journal, new Ledger(), [put({ entries: entries(1, 9, 1) }), snapshotAt(8, 1)]);
    await journal.close();
    const file = await env.disk.open("raft-1/log/00000001.wal", "existing");
    file.write(80, Uint8Array.of(0xff, 0, 0xff));
    await file.sync();
    await file.close();
  }, REPAIR);
  expect(recorded.foundOps).toBeGreaterThan(1);
  expect(await explore(recorded, 5)).toBeGreaterThan(150);
});
