import { describe, expect, test } from "vitest";
import { MemoryStorage } from "#engines/raft/memory-storage.js";
import type { Persist, SavedSnapshot } from "#engines/raft/storage.js";
import type { Entry } from "#engines/raft/types.js";

const NOTHING: Persist = { hardState: undefined, entries: [], rebase: undefined, repaired: false };
const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: "command",
  data: Uint8Array.of(index),
});
const entries = (first: number, last: number, term: number): Entry[] =>
  Array.from({ length: last - first + 1 }, (_, i) => entry(first + i, term));
const snapshotAt = (index: number, term: number): SavedSnapshot => ({
  meta: { index, term, configuration: { voters: ["n1"], outgoing: [], learners: [] } },
  digest: 5,
  chunks: [Uint8Array.of(1)],
});

/** Terms of the entries that are there, and what is before them. */
async function logOf(storage: MemoryStorage): Promise<string> {
  const recovered = await storage.recover();
  expect(recovered.entries.map(({ index }) => index)).toEqual(
    recovered.entries.map((_, i) => recovered.base.index + 1 + i),
  );
  const { base } = recovered;
  return `${base.index}/${base.term}: ${recovered.entries.map(({ term }) => term).join("")}`;
}

describe("memory storage", () => {
  test("begins empty", async () => {
    expect(await new MemoryStorage().recover()).toEqual({
      hardState: { term: 0, vote: undefined },
      base: { index: 0, term: 0 },
      entries: [],
      snapshot: undefined,
      isRepairing: false,
    });
  });

  test("is durable at once, and keeps what it was given", async () => {
    const storage = new MemoryStorage();
    expect(
      storage.persist({ ...NOTHING, hardState: { term: 3, vote: "n2" }, entries: entries(1, 2, 3) }),
    ).toBe(undefined);
    storage.persist({ ...NOTHING, entries: entries(3, 3, 3) });
    await storage.close();
    const { hardState, entries: found } = await storage.recover();
    expect(hardState).toEqual({ term: 3, vote: "n2" });
    expect(found).toEqual(entries(1, 3, 3));
  });

  test("keeps its hard state where none is given", async () => {
    const storage = new MemoryStorage();
    storage.persist({ ...NOTHING, hardState: { term: 3, vote: "n2" } });
    storage.persist({ ...NOTHING, entries: entries(1, 1, 3) });
    expect((await storage.recover()).hardState).toEqual({ term: 3, vote: "n2" });
  });

  test("replaces everything from the first entry on", async () => {
    const storage = new MemoryStorage();
    storage.persist({ ...NOTHING, entries: entries(1, 5, 1) });
    storage.persist({ ...NOTHING, entries: entries(3, 4, 2) });
    expect(await logOf(storage)).toBe("0/0: 1122");
  });

  test("rebases, and keeps what is above or nothing", async () => {
    const storage = new MemoryStorage();
    storage.persist({ ...NOTHING, entries: entries(1, 5, 1) });
    await storage.saveSnapshot(snapshotAt(3, 1));
    storage.persist({ ...NOTHING, rebase: { index: 3, term: 1, keepsLog: true } });
    expect(await logOf(storage)).toBe("3/1: 11");
    await storage.saveSnapshot(snapshotAt(4, 2));
    storage.persist({ ...NOTHING, rebase: { index: 4, term: 2, keepsLog: false } });
    expect(await logOf(storage)).toBe("4/2: ");
  });

  test("takes entries that come with a rebase for those above it", async () => {
    const storage = new MemoryStorage();
    storage.persist({ ...NOTHING, entries: entries(1, 5, 1) });
    await storage.saveSnapshot(snapshotAt(11, 2));
    storage.persist({
      ...NOTHING,
      rebase: { index: 9, term: 2, keepsLog: false },
      entries: entries(10, 11, 2),
    });
    expect(await logOf(storage)).toBe("9/2: 22");
    storage.persist({
      ...NOTHING,
      rebase: { index: 11, term: 2, keepsLog: true },
      entries: entries(11, 13, 2),
    });
    expect(await logOf(storage)).toBe("11/2: 22");
  });

  test("is not changed through what it gave", async () => {
    const storage = new MemoryStorage();
    storage.persist({ ...NOTHING, entries: entries(1, 2, 1) });
    const before = (await storage.recover()).entries;
    storage.persist({ ...NOTHING, entries: entries(2, 3, 2) });
    expect(before).toEqual(entries(1, 2, 1));
  });

  test("refuses what no log can be", () => {
    const storage = new MemoryStorage();
    expect(() => storage.persist({ ...NOTHING, entries: entries(2, 2, 1) })).toThrow("to its end");
    storage.persist({ ...NOTHING, rebase: { index: 5, term: 1, keepsLog: false } });
    expect(() => storage.persist({ ...NOTHING, entries: entries(5, 5, 1) })).toThrow("to its end");
    for (const [index, term, message] of [
      [4, 1, "never goes back"],
      [5, 2, "holds its new base"],
      [6, 1, "holds its new base"],
    ] as const) {
      const rebase = { index, term, keepsLog: true };
      expect(() => storage.persist({ ...NOTHING, rebase })).toThrow(message);
    }
  });

  test("without the snapshot that the base needs is no storage", async () => {
    const storage = new MemoryStorage();
    await storage.saveSnapshot(snapshotAt(4, 1));
    storage.persist({ ...NOTHING, rebase: { index: 5, term: 1, keepsLog: false } });
    await expect(storage.recover()).rejects.toThrow("covers what is before the base");
  });
});

describe("its snapshot", () => {
  test("is the latest", async () => {
    const storage = new MemoryStorage();
    expect(await storage.loadSnapshot()).toBe(undefined);
    await storage.saveSnapshot(snapshotAt(2, 1));
    await storage.saveSnapshot(snapshotAt(4, 1));
    expect(await storage.loadSnapshot()).toEqual(snapshotAt(4, 1));
    expect((await storage.recover()).snapshot).toEqual(snapshotAt(4, 1));
  });

  test.each([
    ["within the log leaves the log", 3, 1, "0/0: 11111"],
    ["at the end of the log leaves the log", 5, 1, "0/0: 11111"],
    ["above the log replaces it", 9, 2, "9/2: "],
    ["that conflicts with the log replaces it", 4, 2, "4/2: "],
  ])("%s, where no rebase followed", async (_which, index, term, log) => {
    const storage = new MemoryStorage();
    storage.persist({ ...NOTHING, entries: entries(1, 5, 1) });
    await storage.saveSnapshot(snapshotAt(index, term));
    expect(await logOf(storage)).toBe(log);
  });

  test("at or below the base leaves the log", async () => {
    const storage = new MemoryStorage();
    storage.persist({ ...NOTHING, entries: entries(1, 5, 1) });
    await storage.saveSnapshot(snapshotAt(3, 1));
    storage.persist({ ...NOTHING, rebase: { index: 3, term: 1, keepsLog: true } });
    expect(await logOf(storage)).toBe("3/1: 11");
  });
});
