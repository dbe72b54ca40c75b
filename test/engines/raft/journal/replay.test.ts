/** Records with right CRCs that no server ever wrote in this order: damage, whatever brought them there. */
import { describe, expect, test } from "vitest";
import { encodeRecord, encodeSnapshotHeader } from "#engines/raft/codec/index.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Persist } from "#engines/raft/storage.js";
import { SnapshotStore } from "#engines/snapshot/index.js";
import { Wal } from "#engines/wal/index.js";
import { MemoryDisk, MemoryEnv } from "../../support/memory-env.js";
import { entries, open, put, rebase, snapshotAt, voted } from "./support.js";

/** A journal's files, written without a journal. `from`: the records before it are gone. */
async function written(
  records: readonly (Persist | Uint8Array)[],
  snapshot?: { index: number; term: number; lsn?: number; chunks?: Uint8Array[] },
  from = 1,
): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const env = new MemoryEnv(disk);
  disk.directories.add("raft-1");
  const wal = await Wal.open(env, { directory: "raft-1/log", segmentBytes: 128, policy: { kind: "each" } });
  for (const record of records) {
    await wal.append(record instanceof Uint8Array ? record : encodeRecord(record, 0, 2));
  }
  await wal.truncatePrefix(from);
  await wal.close();
  if (snapshot !== undefined) {
    const store = await SnapshotStore.open(env, { directory: "raft-1/snapshots" });
    const { meta, digest } = snapshotAt(snapshot.index, snapshot.term);
    await store.save(
      snapshot.lsn ?? snapshot.index,
      snapshot.chunks ?? [encodeSnapshotHeader({ meta, digest })],
    );
  }
  return disk;
}

/** Why it was taken for damage; undefined where it was not. */
async function reasonOf(disk: MemoryDisk): Promise<string | undefined> {
  const { found, env } = await open(disk);
  const event = (env.events as RaftEvent[]).find(({ kind }) => kind === "raft/damaged");
  expect(found.isRepairing).toBe(event !== undefined);
  return event?.kind === "raft/damaged" ? event.reason : undefined;
}

const LONG = put({ entries: entries(1, 10, 1) });

describe("damage is", () => {
  test.each([
    ["a gap", [LONG, put({ entries: entries(12, 13, 1) })]],
    ["a gap that a rebase has dropped", [LONG, put({ entries: entries(12, 20, 1) }), rebase(15, 1, true)]],
    ["a gap behind a rebase", [LONG, rebase(20, 2, false), put({ entries: entries(22, 23, 2) })]],
    ["entries at the base", [LONG, rebase(8, 1, true), put({ entries: entries(8, 12, 1) })]],
    ["a base that goes back with nothing behind it", [rebase(8, 1, false), rebase(7, 1, false)]],
    ["a base that goes back", [LONG, rebase(8, 1, true), rebase(7, 1, true)]],
    ["a base beyond the log that it keeps", [LONG, rebase(11, 1, true)]],
    ["a base of another term than its entry", [LONG, rebase(9, 2, true)]],
    ["a base of another term than itself", [LONG, rebase(8, 1, true), rebase(8, 2, true)]],
    ["bytes that are no record", [LONG, Uint8Array.of(0, 1, 2)]],
  ])("%s", async (_, records) => {
    expect(await reasonOf(await written(records, { index: 30, term: 3 }))).toContain("RAFT_BAD_FORMAT");
  });

  test.each([
    ["below the base", { index: 7, term: 1 }],
    ["of another term than the base", { index: 8, term: 2 }],
    ["without chunks", { index: 30, term: 3, chunks: [] }],
    ["that is not of its LSN", { index: 30, term: 3, lsn: 31 }],
    ["with a header that is none", { index: 30, term: 3, chunks: [Uint8Array.of(9, 9)] }],
  ])("a snapshot %s", async (_, snapshot) => {
    const records = [LONG, rebase(8, 1, true)];
    expect(await reasonOf(await written(records, { index: 8, term: 1 }))).toBeUndefined();
    expect(await reasonOf(await written(records, snapshot))).toContain("RAFT_BAD_FORMAT");
  });

  test("a base without any snapshot", async () => {
    expect(await reasonOf(await written([LONG, rebase(8, 1, true)]))).toContain("a snapshot from 8 on");
  });
});

describe("a log whose first records a compaction took", () => {
  const numbered = Array.from({ length: 20 }, (_, i) => put({ entries: entries(i + 1, i + 1, 1) }));
  const hardState = { term: 1, vote: "n2" };
  const snapshot = { index: 18, term: 1 };

  /** The rebase that the log ends with, repeating the hard state as a journal's does. */
  function based(index: number): Persist {
    return { ...rebase(index, 1, true), hardState };
  }

  test("begins in the middle", async () => {
    const { found } = await open(await written([voted(1), ...numbered, based(15)], snapshot, 17));
    expect(found.base).toEqual({ index: 15, term: 1 });
    expect(found.entries.map(({ index }) => index)).toEqual([16, 17, 18, 19, 20]);
    expect(found.hardState).toEqual(hardState);
  });

  test("may hold an older rebase to entries that are gone", async () => {
    const records = [...numbered.slice(0, 12), based(3), ...numbered.slice(12), based(15)];
    const { found } = await open(await written(records, snapshot, 10));
    expect(found.base.index).toBe(15);
    expect(found.entries.length).toBe(5);
  });

  test("may hold entries that replaced some of those that are gone", async () => {
    const records = [...numbered.slice(0, 18), put({ entries: entries(5, 20, 1) }), based(15)];
    const { found } = await open(await written(records, snapshot, 12));
    expect(found.entries.length).toBe(5);
  });

  test("may hold nothing but the rebase", async () => {
    const { found } = await open(
      await written([...numbered, { ...rebase(18, 1, true), hardState }], snapshot, 21),
    );
    expect(found).toMatchObject({ base: { index: 18, term: 1 }, entries: [], hardState, isRepairing: false });
  });

  test.each([
    ["without a rebase", numbered],
    ["with entries missing behind the base", [...numbered, based(5)]],
    [
      "with entries missing behind an older rebase",
      [...numbered.slice(0, 19), based(5), ...numbered.slice(19)],
    ],
  ])("is damaged %s", async (_, records) => {
    expect(await reasonOf(await written(records, snapshot, 10))).toContain("RAFT_BAD_FORMAT");
  });
});
