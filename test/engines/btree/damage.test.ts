import { describe, expect, test } from "vitest";
import { BtreeStore } from "#engines/btree/index.js";
import { StoreDamagedError } from "#engines/store/index.js";
import { MemoryDisk, errorOf } from "../support/memory-env.js";
import {
  LiveEnv,
  TINY,
  UNHURRIED,
  batches,
  entriesAfter,
  entriesOf,
  fill,
  isStoreError,
  keyOf,
} from "./support.js";

const ALL = batches(60, 150);
const PAGE = 512;

/** A store that was closed: all of it stands in its pages. */
async function closed(): Promise<MemoryDisk> {
  const env = new LiveEnv();
  const store = await BtreeStore.open(env, TINY);
  await fill(store, ALL);
  await store.close();
  return env.memory.disk;
}

function pagesOf(disk: MemoryDisk): Uint8Array {
  return disk.files.get("db/pages")!.bytes;
}

async function opensDamaged(disk: MemoryDisk): Promise<boolean> {
  const opened = await BtreeStore.open(new LiveEnv(disk), TINY).catch((error: unknown) => error);
  if (opened instanceof BtreeStore) await opened.close();
  return isStoreError(opened, "STORE_DAMAGED");
}

/** What all reads of a store give or refuse. */
async function readAll(disk: MemoryDisk): Promise<{ refused: number; isRight: boolean; problems: number }> {
  const store = await BtreeStore.open(new LiveEnv(disk), { ...TINY, checkpointBytes: 1 << 30 });
  const expected = new Set(entriesAfter(ALL, ALL.length));
  let refused = 0;
  let isRight = true;
  const note = (error: unknown): void => {
    if (!(error instanceof StoreDamagedError)) throw error;
    refused++;
  };
  for (const reverse of [false, true]) {
    await entriesOf(store, { reverse }).then((found) => {
      isRight &&= found.length === expected.size && found.every((entry) => expected.has(entry));
    }, note);
  }
  for (let i = 0; i < 150; i++) {
    try {
      await store.get(keyOf(i));
    } catch (error) {
      note(error);
    }
  }
  const { problems } = await store.verify();
  return { refused, isRight, problems: problems.length };
}

describe("bytes that are not what was written", () => {
  test("in any page are refused, or make no difference", async () => {
    const disk = await closed();
    const count = pagesOf(disk).length / PAGE;
    let refusals = 0;
    for (let page = 2; page < count; page++) {
      const damaged = disk.copy();
      pagesOf(damaged)[page * PAGE + ((page * 37) % PAGE)]! ^= 1 << (page % 8);
      if (await opensDamaged(damaged.copy())) {
        refusals++;
        continue;
      }
      const { refused, isRight, problems } = await readAll(damaged);
      // A page on the free list is missed by nobody but the check.
      expect(isRight || refused > 0).toBe(true);
      expect(problems).toBeGreaterThan(0);
      if (refused > 0) refusals++;
    }
    expect(refusals).toBeGreaterThan(5);
  });

  test("that belong to another page are refused", async () => {
    const disk = await closed();
    const bytes = pagesOf(disk);
    const count = bytes.length / PAGE;
    for (let page = 3; page < count; page++) {
      const damaged = disk.copy();
      const from = page === count - 1 ? 3 : page + 1;
      pagesOf(damaged).copyWithin(page * PAGE, from * PAGE, (from + 1) * PAGE);
      const { isRight, refused, problems } = await readAll(damaged);
      expect(isRight || refused > 0).toBe(true);
      expect(problems).toBeGreaterThan(0);
    }
  });

  test("that belong to another store are refused", async () => {
    const disk = await closed();
    const env = new LiveEnv(new MemoryDisk(), 77);
    const other = await BtreeStore.open(env, TINY);
    await fill(other, ALL);
    await other.close();
    pagesOf(disk).set(pagesOf(env.memory.disk).subarray(2 * PAGE, 3 * PAGE), 2 * PAGE);
    expect(await opensDamaged(disk)).toBe(true);
  });

  test("of an older state of a page that this process wrote are refused", async () => {
    const env = new LiveEnv();
    const { disk } = env.memory;
    const store = await BtreeStore.open(env, UNHURRIED);
    await fill(store, ALL.slice(0, 30));
    await store.flush();
    const old = pagesOf(disk).slice();
    await fill(store, ALL.slice(30));
    await store.flush();
    expect((await store.verify()).problems).toEqual([]);
    // The device lost every write since then.
    pagesOf(disk).set(old.subarray(2 * PAGE), 2 * PAGE);
    const { problems } = await store.verify();
    expect(problems.map(({ rule }) => rule)).toContain("page-damaged");
    const error = await errorOf(entriesOf(store));
    expect(isStoreError(error, "STORE_DAMAGED")).toBe(true);
  });
});

describe("a superblock", () => {
  test("that is bad is no loss, whichever of the two it is", async () => {
    for (const slot of [0, 1]) {
      const disk = await closed();
      pagesOf(disk)[slot * PAGE + 9]! ^= 4;
      const env = new LiveEnv(disk);
      const store = await BtreeStore.open(env, TINY);
      expect(env.marks.has("btree/superblock-repaired")).toBe(true);
      expect(await entriesOf(store)).toEqual(entriesAfter(ALL, ALL.length));
      await fill(store, ALL.slice(0, 3));
      await store.close();
      const again = new LiveEnv(disk);
      await (await BtreeStore.open(again, TINY)).close();
      expect(again.marks.has("btree/superblock-repaired")).toBe(false);
    }
  });

  test("is refused where both are bad, or in the other one's place", async () => {
    const disk = await closed();
    const bytes = pagesOf(disk);
    const swapped = disk.copy();
    pagesOf(swapped).copyWithin(0, PAGE, PAGE + 48);
    pagesOf(swapped).set(bytes.subarray(0, 48), PAGE);
    expect(await opensDamaged(swapped)).toBe(true);
    for (const slot of [0, 1]) bytes[slot * PAGE + 30]! ^= 1;
    expect(await opensDamaged(disk)).toBe(true);
  });

  test("tells the page size, whatever the options say", async () => {
    const disk = await closed();
    pagesOf(disk)[0]! ^= 1;
    const store = await BtreeStore.open(new LiveEnv(disk), { directory: "db", pageBytes: 8192 });
    expect(store.inspect().pageBytes).toBe(PAGE);
    expect(await entriesOf(store)).toEqual(entriesAfter(ALL, ALL.length));
    await store.close();
  });
});

describe("files that are missing", () => {
  test("are damage, unless a crash in creation explains it", async () => {
    const disk = await closed();
    const noPages = disk.copy();
    noPages.files.delete("db/pages");
    expect(await opensDamaged(noPages)).toBe(true);
    const noLog = disk.copy();
    for (const path of noLog.files.keys()) if (path.startsWith("db/wal/")) noLog.files.delete(path);
    // An empty log ends before the pages do.
    expect(await opensDamaged(noLog.copy())).toBe(true);
    noLog.directories.delete("db/wal");
    expect(await opensDamaged(noLog)).toBe(true);
  });

  test("are swept where a crash in creation left them", async () => {
    const disk = await closed();
    disk.files.set("db/pages.tmp", { bytes: new Uint8Array(10) });
    const env = new LiveEnv(disk);
    const store = await BtreeStore.open(env, TINY);
    expect(env.marks.has("btree/recovery-swept-tmp")).toBe(true);
    expect(disk.files.has("db/pages.tmp")).toBe(false);
    await store.close();
  });
});

describe("a device that lied", () => {
  /** The files of a store whose log was long, and as they were some batches before. */
  async function twoStates(): Promise<{ before: MemoryDisk; after: MemoryDisk }> {
    const env = new LiveEnv();
    const store = await BtreeStore.open(env, { ...UNHURRIED, wal: { segmentBytes: 1 << 20 } });
    await fill(store, ALL.slice(0, 20));
    const before = env.memory.disk.copy();
    await fill(store, ALL.slice(20));
    return { before, after: env.memory.disk.copy() };
  }

  /** The pages of the later state, with the log of the earlier one. */
  function withOldLog(after: MemoryDisk, before: MemoryDisk): MemoryDisk {
    const disk = after.copy();
    for (const path of disk.files.keys()) if (path.startsWith("db/wal/")) disk.files.delete(path);
    for (const [path, content] of before.copy().files)
      if (path.startsWith("db/wal/")) disk.files.set(path, content);
    return disk;
  }

  test("about the log's end is found out by the pages", async () => {
    const { before, after } = await twoStates();
    // Pages were evicted with changes that this log doesn't know.
    expect(await opensDamaged(withOldLog(after, before))).toBe(true);
  });

  test("about the log before a checkpoint is found out by the superblock", async () => {
    const { before, after } = await twoStates();
    const store = await BtreeStore.open(new LiveEnv(after), UNHURRIED);
    await store.close();
    expect(await opensDamaged(withOldLog(after, before))).toBe(true);
  });
});
