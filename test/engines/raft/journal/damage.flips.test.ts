import { describe, expect, test } from "vitest";
import type { RaftEvent } from "#engines/raft/events.js";
import { MemoryDisk } from "../../support/memory-env.js";
import { EMPTY, Ledger, show } from "./model.js";
import {
  Journal,
  entries,
  entry,
  give,
  giveAll,
  open,
  put,
  rebase,
  snapshotAt,
  voted,
  type Step,
} from "./support.js";

const NOTHING_LEFT = show({ ...EMPTY, snapshot: undefined, isRepairing: true });

/** Everything a journal has: several segments, a kept and a replaced suffix, a compaction, a snapshot. */
const STEPS: readonly Step[] = [
  voted(1, "n1"),
  put({ entries: entries(1, 9, 1) }),
  put({ hardState: { term: 2, vote: undefined }, entries: entries(7, 10, 2) }),
  snapshotAt(6, 1),
  rebase(4, 1, true),
  put({ entries: entries(11, 20, 2) }),
  voted(3, "n2"),
  put({ entries: [entry(21, 3, 200), entry(22, 3, 0)] }),
];

async function full(
  steps: readonly Step[] = STEPS,
): Promise<{ journal: Journal; disk: MemoryDisk; ledger: Ledger }> {
  const disk = new MemoryDisk();
  const { journal } = await open(disk);
  const ledger = new Ledger();
  await giveAll(journal, ledger, steps);
  return { journal, disk, ledger };
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Flips a bit of every `stride`th byte of every file in turn; counts what is found then. */
async function flipAll(
  original: MemoryDisk,
  allowed: Iterable<string>,
  stride = 1,
): Promise<{ damaged: number; whole: number; reasons: Set<string> }> {
  const right = new Set(allowed);
  let [damaged, whole] = [0, 0];
  const reasons = new Set<string>();
  for (const [path, { bytes }] of original.files) {
    for (let offset = 0; offset < bytes.length; offset += stride) {
      const disk = original.copy();
      const flipped = disk.files.get(path)!.bytes;
      flipped[offset]! ^= 1 << (offset & 7);
      const { found: state, env } = await open(disk);
      const event = (env.events as RaftEvent[]).find(({ kind }) => kind === "raft/damaged");
      const isReported = event !== undefined && env.marks.has("raft/damage-found");
      if (isReported !== state.isRepairing) expect.fail(`${path} offset ${offset}: damage is told once`);
      if (!isReported) {
        whole++;
        if (!right.has(show(state))) expect.fail(`${path} offset ${offset}: ${show(state)}`);
        continue;
      }
      damaged++;
      if (event.kind === "raft/damaged") reasons.add(event.reason.slice(0, event.reason.indexOf(":")));
      if (show(state) !== NOTHING_LEFT) expect.fail(`${path} offset ${offset}: ${show(state)}`);
      if (!same(disk.files.get(path)?.bytes, flipped)) expect.fail(`${path} offset ${offset}: was changed`);
    }
  }
  return { damaged, whole, reasons };
}

describe("a flipped byte, wherever it is", () => {
  test("never gives a wrong state, nor loses what was acknowledged unseen", async () => {
    const { disk, ledger } = await full();
    const { damaged, whole, reasons } = await flipAll(disk, ledger.candidates());
    expect(ledger.candidates().size).toBe(1);
    // Only the last proof can go without being missed.
    expect(whole).toBe(48);
    expect(damaged).toBeGreaterThan(1500);
    expect([...reasons].sort()).toEqual(["SNAPSHOT_DAMAGED", "WAL_DAMAGED"]);
  });

  test("costs at most what was not acknowledged, where the process died with records under way", async () => {
    const { journal, ledger, disk } = await full(STEPS.slice(0, 3));
    const images: MemoryDisk[] = [];
    disk.before = (operation) => {
      if (operation === "sync" || operation === "write") images.push(disk.copy());
    };
    const given = [
      give(journal, ledger, put({ entries: entries(11, 12, 2) })),
      give(journal, ledger, voted(4, "n3")),
    ];
    const candidates = ledger.candidates();
    expect(candidates.size).toBe(3);
    await Promise.all(given);
    disk.before = () => undefined;
    expect(images.length).toBeGreaterThan(2);
    for (const image of images) await flipAll(image, candidates, 7);
  });

  test("of what recovery itself wrote is seen", async () => {
    const { disk } = await full();
    const { found: state } = await open(disk);
    const { whole } = await flipAll(disk, [show(state)], 3);
    // The last proof was written again, to a segment that proves itself. Its first copy counts for nothing.
    expect(whole).toBe(16);
  });
});

describe("damage", () => {
  /** What happens to a journal whose files were changed. */
  async function after(change: (disk: MemoryDisk) => void, steps = STEPS): Promise<string> {
    const { disk } = await full(steps);
    change(disk);
    const { found: state, env } = await open(disk);
    expect(state.isRepairing).toBe(true);
    const event = (env.events as RaftEvent[]).find(({ kind }) => kind === "raft/damaged");
    return event?.kind === "raft/damaged" ? event.reason : "";
  }

  const snapshot = "raft-1/snapshots/0000000000000006.snap";

  test("is a snapshot that is gone, below the base", async () => {
    expect(await after((disk) => disk.files.delete(snapshot))).toContain("a snapshot from 4 on");
  });

  test("is a place of a snapshot, or of the log, that can't be read, today or tomorrow", async () => {
    for (const bad of [snapshot, ".wal"]) {
      const reason = await after((disk) => {
        disk.failing = (operation, path) =>
          operation === "read" && path.startsWith("raft-1/") && path.endsWith(bad) ? "EIO" : undefined;
      });
      expect(reason).toMatch(/_DAMAGED/);
    }
  });

  test("is a log whose beginning is gone", async () => {
    const reason = await after(
      (disk) => disk.files.delete("raft-1/log/00000001.wal"),
      [voted(1), ...Array.from({ length: 20 }, (_, i) => put({ entries: entries(i + 1, i + 1, 1) }))],
    );
    expect(reason).toContain("RAFT_BAD_FORMAT");
  });
});
