/** What the checks read from a disk, against a journal that was written there. */
import { assert, type Env } from "#engines/env/index.js";
import { Journal } from "#engines/raft/journal/index.js";
import type { Persist } from "#engines/raft/storage.js";
import type { LogPosition } from "#engines/raft/types.js";
import { EntryTree, readDiskRecords, type DiskFile, type DiskRecords } from "#scenarios/raft/checks/index.js";
import type { Node } from "#sim/process.js";
import { expect, test } from "vitest";
import { testWorld } from "../../../support/world.js";
import { ABC, entry } from "./tape.js";

const NOTHING: Persist = { hardState: undefined, entries: [], rebase: undefined, repaired: false };

/** A node on which this was written, and no process runs any more. */
async function written(write: (journal: Journal, env: Env) => Promise<void>): Promise<Node> {
  const world = testWorld();
  const node = world.addNode("n1");
  await world.run(async () => {
    await world.boot(node, async (env) => {
      const journal = new Journal(env, { wal: { segmentBytes: 4_096 } });
      await journal.recover();
      await write(journal, env);
    }).exited;
    world.powerLoss(node);
  });
  expect(world.findings).toEqual([]);
  return node;
}

function records(files: readonly DiskFile[]): DiskRecords {
  const found = readDiskRecords(files);
  assert(found !== undefined, "the disk is whole");
  return found;
}

function holds(found: DiskRecords, position: LogPosition): boolean {
  return found.holds(new EntryTree().place(position));
}

test("entries, what replaced them, and the hard state", async () => {
  const node = await written(async (journal) => {
    await journal.persist({
      ...NOTHING,
      hardState: { term: 1, vote: "n2" },
      entries: [entry(1, 1), entry(2, 1, "x")],
    });
    await journal.persist({ ...NOTHING, entries: [entry(3, 1, "y")] });
    await journal.persist({
      ...NOTHING,
      hardState: { term: 2, vote: undefined },
      entries: [entry(2, 2, "z")],
    });
  });
  const found = records(node.disk.durableFiles());
  expect(found.hardState).toEqual({ term: 2, vote: undefined });
  const held = [1, 2, 3].map((index) => [1, 2].filter((term) => holds(found, { index, term })));
  expect(held).toEqual([[1], [2], []]);
  const tree = new EntryTree();
  const first = tree.append(tree.root, entry(1, 1), () => {});
  expect(found.holds(tree.append(first, entry(2, 2, "z"), () => {}))).toBe(true);
  expect(found.holds(tree.append(first, entry(2, 2, "other"), () => {}))).toBe(false);
});

test("a snapshot covers what a rebase dropped, over many segments", async () => {
  const node = await written(async (journal) => {
    for (let index = 1; index <= 200; index++) {
      await journal.persist({ ...NOTHING, entries: [entry(index, 1, "x".repeat(100))] });
      if (index % 50 !== 0) continue;
      const meta = { index: index - 10, term: 1, configuration: ABC };
      await journal.saveSnapshot({ meta, digest: 1, chunks: [new Uint8Array(10)] });
      await journal.persist({ ...NOTHING, rebase: { index: index - 20, term: 1, keepsLog: true } });
    }
  });
  const found = records(node.disk.durableFiles());
  expect(found.snapshot).toMatchObject({ index: 190, term: 1 });
  expect([1, 100, 189, 190, 191, 200, 201].map((index) => holds(found, { index, term: 1 }))).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(holds(found, { index: 190, term: 2 })).toBe(false);
});

test("a snapshot takes the place of the whole log", async () => {
  const node = await written(async (journal) => {
    await journal.persist({ ...NOTHING, entries: [entry(1, 1), entry(2, 1)] });
    const meta = { index: 5, term: 3, configuration: ABC };
    await journal.saveSnapshot({ meta, digest: 1, chunks: [] });
    await journal.persist({ ...NOTHING, rebase: { index: 5, term: 3, keepsLog: false } });
    await journal.persist({ ...NOTHING, entries: [entry(6, 3)] });
  });
  const found = records(node.disk.durableFiles());
  expect([5, 6, 7].map((index) => holds(found, { index, term: 3 }))).toEqual([true, true, false]);
});

test("any flipped byte that says something is noticed, or takes records away", async () => {
  const node = await written(async (journal) => {
    for (let index = 1; index <= 5; index++)
      await journal.persist({ ...NOTHING, entries: [entry(index, 1, "x")] });
  });
  const whole = node.disk.durableFiles().map(({ path, bytes }) => ({ path, bytes: bytes.slice() }));
  const log = whole.find(({ path }) => path.endsWith(".wal"))!;
  const end = log.bytes.findLastIndex((byte) => byte !== 0) + 1;
  const harmless: number[] = [];
  for (let at = 0; at < end; at++) {
    log.bytes[at]! ^= 1;
    const found = readDiskRecords(whole);
    if (found !== undefined && [1, 2, 3, 4, 5].every((index) => holds(found, { index, term: 1 })))
      harmless.push(at);
    log.bytes[at]! ^= 1;
  }
  // Only the last batch, which says nothing but that the ones before it are durable, can go without harm.
  expect(harmless[0]).toBeGreaterThan(end - 40);
  expect(harmless).toHaveLength(end - harmless[0]!);
});

test("no journal, no records", () => {
  expect(records([]).holds(new EntryTree().place({ index: 1, term: 1 }))).toBe(false);
});
