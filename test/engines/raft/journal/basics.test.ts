import { describe, expect, test } from "vitest";
import { DiskError } from "#engines/env/index.js";
import { RaftError } from "#engines/raft/errors.js";
import { Journal } from "#engines/raft/journal/index.js";
import { SnapshotError } from "#engines/snapshot/index.js";
import { MemoryDisk, MemoryEnv, errorOf } from "../../support/memory-env.js";
import { EMPTY, Ledger, expected, show } from "./model.js";
import {
  SMALL,
  entries,
  found,
  giveAll,
  open,
  put,
  rebase,
  snapshotAt,
  voted,
  type Step,
} from "./support.js";

/** Runs the steps on a new journal, and compares what the next process finds with the model. */
async function after(steps: readonly Step[]): Promise<MemoryDisk> {
  const { journal, env } = await open(new MemoryDisk());
  const ledger = new Ledger();
  await giveAll(journal, ledger, steps);
  const state = await found(env.disk);
  expect(show(state)).toBe(show(expected(ledger.now, ledger.saved)));
  return env.disk;
}

describe("a journal", () => {
  test("that is new holds nothing", async () => {
    const { found: state } = await open(new MemoryDisk());
    expect(state).toEqual({ ...EMPTY, snapshot: undefined });
  });

  test("finds term, vote and entries again", async () => {
    await after([voted(1, "n1"), put({ entries: entries(1, 30, 1) }), voted(2), voted(2, "n3")]);
  });

  test("replaces what conflicts, and all above it", async () => {
    const hardState = { term: 2, vote: undefined };
    await after([
      voted(1),
      put({ entries: entries(1, 9, 1) }),
      put({ hardState, entries: entries(4, 5, 2) }),
    ]);
  });

  test("may lie below other directories", async () => {
    const disk = new MemoryDisk();
    disk.directories.add("data");
    const { journal } = await open(disk, { directory: "data/kv" });
    await journal.persist(voted(3, "n2"));
    expect((await found(disk, { directory: "data/kv" })).hardState).toEqual({ term: 3, vote: "n2" });
    expect([...disk.directories]).toContain("data/kv-1");
  });

  test("takes no impossible directory", () => {
    for (const directory of ["", "raft/"]) {
      expect(() => new Journal(new MemoryEnv(), { directory })).toThrow(RaftError);
    }
  });
});

describe("a rebase", () => {
  const grown = [voted(1, "n2"), put({ entries: entries(1, 60, 1) })];

  test("that keeps the log drops what is before it", async () => {
    await after([...grown, snapshotAt(50, 1), rebase(40, 1, true), put({ entries: entries(61, 62, 1) })]);
  });

  test("that keeps nothing drops all", async () => {
    await after([...grown, snapshotAt(90, 4), rebase(90, 4, false)]);
  });

  test("comes with entries: kept, they may be what it is at; dropped, they follow it", async () => {
    const kept = { index: 61, term: 1, keepsLog: true };
    await after([...grown, snapshotAt(61, 1), put({ rebase: kept, entries: entries(61, 63, 1) })]);
    const dropped = { index: 61, term: 1, keepsLog: false };
    await after([...grown, snapshotAt(61, 1), put({ rebase: dropped, entries: entries(60, 63, 1) })]);
  });

  test("gives the space of old records back, and no compaction drops the hard state", async () => {
    const { journal, env } = await open(new MemoryDisk());
    const ledger = new Ledger();
    await giveAll(journal, ledger, [voted(7, "n2")]);
    for (let index = 1; index <= 400; index++) {
      const steps: Step[] = [put({ entries: entries(index, index, 7) })];
      if (index % 50 === 0) steps.push(snapshotAt(index, 7), rebase(index - 5, 7, true));
      await giveAll(journal, ledger, steps);
    }
    await journal.close();
    const segments = [...env.disk.files.keys()].filter((path) => path.endsWith(".wal"));
    expect(segments.length).toBeLessThan(8);
    const state = await found(env.disk);
    expect(state.hardState).toEqual({ term: 7, vote: "n2" });
    expect(show(state)).toBe(show(expected(ledger.now, ledger.saved)));
  });

  test("that keeps nothing gives all of it back", async () => {
    const { journal } = await open(new MemoryDisk());
    const steps = Array.from({ length: 30 }, (_, i) => put({ entries: entries(i + 1, i + 1, 1) }));
    await giveAll(journal, new Ledger(), [...steps, snapshotAt(20, 2)]);
    const before = journal.inspect().wal.lastLsn;
    await journal.persist(rebase(20, 2, false));
    await journal.close();
    expect(journal.inspect().wal.firstLsn).toBe(before + 1);
  });

  test("keeps the records of entries that were written long before others were replaced", async () => {
    const hardState = { term: 2, vote: undefined };
    const disk = await after([
      voted(1),
      put({ entries: entries(1, 10, 1) }),
      ...Array.from({ length: 30 }, (_, i) => put({ entries: entries(11 + i, 11 + i, 1) })),
      put({ hardState, entries: entries(30, 31, 2) }),
      snapshotAt(20, 1),
      rebase(12, 1, true),
      snapshotAt(29, 1),
      rebase(28, 1, true),
    ]);
    const state = await found(disk);
    expect(state.entries.map(({ index, term }) => [index, term])).toEqual([
      [29, 1],
      [30, 2],
      [31, 2],
    ]);
  });
});

describe("a snapshot", () => {
  test("is loaded as it was saved", async () => {
    const { journal } = await open(new MemoryDisk());
    expect(await journal.loadSnapshot()).toBeUndefined();
    await journal.saveSnapshot(snapshotAt(3, 1));
    await journal.saveSnapshot(snapshotAt(7, 2));
    expect(await journal.loadSnapshot()).toEqual(snapshotAt(7, 2));
  });

  test("that finds no room changes nothing, and may be tried again", async () => {
    const { journal, env } = await open(new MemoryDisk());
    await journal.persist(voted(1));
    await journal.saveSnapshot(snapshotAt(3, 1));
    env.disk.capacityBytes = env.disk.usedBytes() + 10;
    const error = await errorOf(journal.saveSnapshot(snapshotAt(9, 1)));
    expect(error).toMatchObject({ code: "SNAPSHOT_NO_SPACE", outcome: "failed" });
    expect(error).toBeInstanceOf(SnapshotError);
    expect(await journal.loadSnapshot()).toEqual(snapshotAt(3, 1));
    env.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    await journal.persist(voted(2));
    await journal.saveSnapshot(snapshotAt(9, 1));
    expect((await found(env.disk)).snapshot).toEqual(snapshotAt(9, 1));
  });
});

describe("a snapshot and the log", () => {
  const grown = [voted(5, "n2"), put({ entries: entries(1, 20, 5) })];

  test.each([
    ["above the log takes its place", 25, 5],
    ["in conflict with the log takes its place, the entries above it too", 10, 4],
    ["that the log holds leaves it as it is", 10, 5],
    ["of a higher term raises the term and takes the vote back", 30, 6],
  ])("a snapshot %s, if the power went before the rebase", async (_, index, term) => {
    const disk = await after([...grown, snapshotAt(index, term)]);
    const { journal, found: first } = await open(disk);
    // The recovery itself is durable: what follows it fits.
    const ledger = new Ledger();
    ledger.begin(first);
    const last = first.base.index + first.entries.length;
    await giveAll(journal, ledger, [voted(9, "n1"), put({ entries: entries(last + 1, last + 3, 9) })]);
    expect(show(await found(disk))).toBe(show(expected(ledger.now, ledger.saved)));
  });

  test("a new server's first install survives a crash before anything was persisted", async () => {
    await after([snapshotAt(30, 6)]);
  });
});

describe("formats", () => {
  test("one program writes what the other reads, on the same disk", async () => {
    const disk = new MemoryDisk();
    let ledger = new Ledger();
    for (const formatVersion of [1, 2, 1, 2, 2, 1] as const) {
      const { journal, found: state } = await open(disk, { ...SMALL, formatVersion });
      expect(show(state)).toBe(show(expected(ledger.now, ledger.saved)));
      ledger = new Ledger();
      ledger.begin(state);
      const last = state.base.index + state.entries.length;
      const term = state.hardState.term + 1;
      await giveAll(journal, ledger, [
        voted(term, "n1"),
        put({ entries: entries(last + 1, last + 5, term) }),
        snapshotAt(last + 4, term),
        rebase(last + 2, term, true),
      ]);
      await journal.close();
    }
  });
});

describe("an end", () => {
  test("by close waits for what is under way, and refuses what comes later", async () => {
    const { journal, env } = await open(new MemoryDisk());
    const done: number[] = [];
    const first = journal.persist(voted(1)).then(() => done.push(1));
    const second = journal.persist(voted(2)).then(() => done.push(2));
    await journal.close();
    expect(done).toEqual([1, 2]);
    await Promise.all([first, second, journal.close()]);
    expect(await errorOf(journal.persist(voted(3)))).toMatchObject({ code: "RAFT_STOPPED" });
    expect((await found(env.disk)).hardState.term).toBe(2);
  });

  test("by a full disk rejects what may be durable, refuses the rest, and leaves no hole", async () => {
    const { journal, env } = await open(new MemoryDisk());
    await journal.persist(put({ hardState: { term: 1, vote: undefined }, entries: entries(1, 3, 1) }));
    env.disk.capacityBytes = env.disk.usedBytes() + 120;
    const big = { index: 4, term: 1, kind: "command" as const, data: new Uint8Array(400) };
    // The second would fit. Without the first it would be a gap.
    const [first, second] = await Promise.allSettled([
      journal.persist(put({ entries: [big] })),
      Promise.resolve().then(() => journal.persist(put({ entries: entries(5, 5, 1) }))),
    ]);
    expect(first).toMatchObject({ status: "rejected", reason: { code: "WAL_NO_SPACE" } });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "RAFT_STOPPED" } });
    const third = journal.persist(put({ entries: entries(6, 6, 1) }));
    expect(await errorOf(third)).toMatchObject({ code: "RAFT_STOPPED", cause: { code: "WAL_NO_SPACE" } });
    await journal.close();
    const state = await found(env.disk);
    expect(state.isRepairing).toBe(false);
    expect(state.entries.length).toBe(3);
  });

  test("by a failed sync is final", async () => {
    const { journal, env } = await open(new MemoryDisk());
    await journal.persist(voted(1));
    env.disk.failing = (operation) => (operation === "sync" ? "EIO" : undefined);
    const [first, second] = await Promise.allSettled([
      journal.persist(voted(2)),
      Promise.resolve().then(() => journal.persist(voted(3))),
    ]);
    expect(first).toMatchObject({ status: "rejected", reason: { code: "WAL_SYNC_FAILED" } });
    expect(second.status).toBe("rejected");
    env.disk.failing = () => undefined;
    expect(await errorOf(journal.persist(voted(4)))).toMatchObject({
      code: "RAFT_STOPPED",
      cause: { code: "WAL_SYNC_FAILED" },
    });
    await journal.close();
  });
});

describe("what a server must never ask for", () => {
  test.each([
    ["a gap", put({ entries: entries(5, 6, 1) })],
    ["entries at or below the base", put({ entries: entries(0, 2, 1) })],
    ["a base that no snapshot covers", rebase(2, 1, true)],
  ])("%s", async (_, step) => {
    const { journal } = await open(new MemoryDisk());
    await journal.persist(put({ entries: entries(1, 3, 1) }));
    expect(() => journal.persist(step)).toThrow("ASSERTION_FAILED");
  });

  test.each([
    ["entries that are gone", put({ entries: entries(2, 2, 1) })],
    ["an older base", rebase(1, 1, true)],
    ["to keep a log that ends below its base", rebase(5, 1, true)],
  ])("%s", async (_, step) => {
    const { journal } = await open(new MemoryDisk());
    await journal.persist(put({ entries: entries(1, 3, 1) }));
    await journal.saveSnapshot(snapshotAt(9, 1));
    await journal.persist(rebase(2, 1, true));
    expect(() => journal.persist(step)).toThrow("ASSERTION_FAILED");
  });

  test("a snapshot that is not above the one before", async () => {
    const { journal } = await open(new MemoryDisk());
    await journal.saveSnapshot(snapshotAt(3, 1));
    expect(await errorOf(journal.saveSnapshot(snapshotAt(3, 1)))).toMatchObject({ code: "ASSERTION_FAILED" });
  });

  test("anything before recover", async () => {
    const journal = new Journal(new MemoryEnv());
    expect(() => journal.persist(voted(1))).toThrow("ASSERTION_FAILED");
    await journal.recover();
    expect(await errorOf(journal.recover())).toMatchObject({ code: "ASSERTION_FAILED" });
  });
});

describe("an open that fails for a while", () => {
  test.each(["mkdir", "open", "syncDir", "list", "sync"] as const)(
    "%s: is no damage, and may be tried again",
    async (broken) => {
      const { journal, env } = await open(new MemoryDisk());
      await journal.persist(put({ hardState: { term: 1, vote: "n1" }, entries: entries(1, 3, 1) }));
      await journal.saveSnapshot(snapshotAt(2, 1));
      const before = show(await found(env.disk));
      for (const code of ["EIO", "ENOSPC"] as const) {
        env.disk.failing = (operation) => (operation === broken ? code : undefined);
        const error = await errorOf(open(env.disk));
        expect(error).not.toMatchObject({ code: "ASSERTION_FAILED" });
        expect(error instanceof DiskError || typeof (error as RaftError).code === "string").toBe(true);
        env.disk.failing = () => undefined;
        expect(show(await found(env.disk))).toBe(before);
      }
    },
  );
});
