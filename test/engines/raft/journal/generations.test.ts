import { describe, expect, test } from "vitest";
import { MemoryDisk, errorOf, settle } from "../../support/memory-env.js";
import { EMPTY, Ledger, expected, show } from "./model.js";
import { Journal, entries, found, giveAll, open, put, rebase, snapshotAt, voted } from "./support.js";

const ANEW = show({ ...EMPTY, snapshot: undefined, isRepairing: true });

/** Journal of a few records and a snapshot. */
async function grown(): Promise<MemoryDisk> {
  const { journal, env } = await open(new MemoryDisk());
  await giveAll(journal, new Ledger(), [
    voted(1, "n1"),
    put({ entries: entries(1, 30, 1) }),
    snapshotAt(20, 1),
    rebase(15, 1, true),
  ]);
  await journal.close();
  return env.disk;
}

function damage(disk: MemoryDisk, generation: number): void {
  const path = [...disk.files.keys()].find((name) => name.startsWith(`raft-${generation}/log/`));
  disk.files.get(path!)!.bytes[70]! ^= 1;
}

function filesOf(disk: MemoryDisk, generation: number): string[] {
  return [...disk.files.keys()].filter((path) => path.startsWith(`raft-${generation}/`));
}

/** What is on the disk before each call to it, as the death of the process would leave it. */
async function imagesDuring(disk: MemoryDisk, work: () => Promise<void>): Promise<MemoryDisk[]> {
  const images: MemoryDisk[] = [];
  disk.before = () => void images.push(disk.copy());
  await work();
  disk.before = () => undefined;
  images.push(disk.copy());
  return images;
}

/** Brings a server that is being repaired to its end. */
async function repair(journal: Journal): Promise<Ledger> {
  const ledger = new Ledger();
  ledger.begin({ ...EMPTY, snapshot: undefined, isRepairing: true });
  await giveAll(journal, ledger, [
    voted(4),
    snapshotAt(40, 3),
    rebase(40, 3, false),
    put({ entries: entries(41, 45, 4) }),
    put({ repaired: true }),
  ]);
  return ledger;
}

describe("a generation", () => {
  test("is begun where the one before is damaged, and stays to be repaired until a record says so", async () => {
    const disk = await grown();
    damage(disk, 1);
    const before = filesOf(disk, 1);
    const first = await open(disk);
    expect(show(first.found)).toBe(ANEW);
    expect(first.env.marks).toContain("raft/damage-found");
    expect(first.journal.inspect()).toMatchObject({ generation: 2, isRepairing: true });
    await first.journal.persist(voted(7, "n1"));
    const second = await open(disk);
    expect(second.found).toMatchObject({ isRepairing: true, hardState: { term: 7, vote: "n1" } });
    expect(second.env.marks).not.toContain("raft/damage-found");
    expect(filesOf(disk, 1)).toEqual(before);
    await second.journal.persist(put({ repaired: true }));
    await second.journal.close();
    expect(filesOf(disk, 1)).toEqual([]);
    const third = await open(disk);
    expect(third.found).toMatchObject({ isRepairing: false, hardState: { term: 7, vote: "n1" } });
  });

  test("stays repaired when compactions have dropped the record that said so", async () => {
    const disk = await grown();
    damage(disk, 1);
    const { journal } = await open(disk);
    const ledger = await repair(journal);
    for (let index = 46; index < 200; index++) {
      await giveAll(journal, ledger, [put({ entries: entries(index, index, 4) })]);
      if (index % 40 === 0)
        await giveAll(journal, ledger, [snapshotAt(index, 4), rebase(index - 3, 4, true)]);
    }
    await journal.close();
    expect(journal.inspect().wal.firstLsn).toBeGreaterThan(10);
    expect(show(await found(disk))).toBe(show(expected(ledger.now, ledger.saved)));
    expect(ledger.now.isRepairing).toBe(false);
  });

  test("may be damaged itself, before or after its repair", async () => {
    const disk = await grown();
    damage(disk, 1);
    await (await open(disk)).journal.persist(voted(7));
    damage(disk, 2);
    const third = await open(disk);
    expect(show(third.found)).toBe(ANEW);
    expect(filesOf(disk, 1)).not.toEqual([]);
    expect(filesOf(disk, 2)).not.toEqual([]);
    await repair(third.journal);
    await third.journal.close();
    expect([filesOf(disk, 1), filesOf(disk, 2)]).toEqual([[], []]);
    damage(disk, 3);
    expect(show((await open(disk)).found)).toBe(ANEW);
  });

  test("leaves no file of a damaged one open", async () => {
    const disk = await grown();
    disk.files.get("raft-1/snapshots/0000000000000020.snap")!.bytes[40]! ^= 1;
    let opened = 0;
    const openFile = disk.open.bind(disk);
    disk.open = async (path, mode) => {
      const file = await openFile(path, mode);
      const close = file.close.bind(file);
      opened++;
      file.close = async () => {
        opened--;
        await close();
      };
      return file;
    };
    const { journal, found: state } = await open(disk);
    expect(state.isRepairing).toBe(true);
    await journal.close();
    expect(opened).toBe(0);
  });

  test("is found whatever else lies around", async () => {
    const disk = await grown();
    for (const name of ["raft-x", "raft-02", "raft-", "raft-1e1", "raftx-9", "other"])
      disk.directories.add(name);
    expect((await found(disk)).isRepairing).toBe(false);
    for (const name of ["raft-9", "raft-10"]) disk.directories.add(name);
    const { journal } = await open(disk);
    expect(journal.inspect()).toMatchObject({ generation: 10, isRepairing: true });
  });

  test("can't be begun on a full disk, and is once there is room", async () => {
    const disk = await grown();
    damage(disk, 1);
    disk.capacityBytes = disk.usedBytes();
    expect(await errorOf(open(disk))).toMatchObject({ code: "WAL_NO_SPACE" });
    expect(await errorOf(open(disk))).toMatchObject({ code: "WAL_NO_SPACE" });
    disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    expect(show((await open(disk)).found)).toBe(ANEW);
  });
});

describe("a process that dies", () => {
  test("at any call while a new generation is begun finds the damage again, or goes on with it", async () => {
    const disk = await grown();
    damage(disk, 1);
    const images = await imagesDuring(disk, async () => void (await open(disk)));
    expect(images.length).toBeGreaterThan(20);
    for (const image of images) {
      const { journal, found: state } = await open(image);
      expect(show(state)).toBe(ANEW);
      const ledger = await repair(journal);
      await journal.close();
      expect(show(await found(image))).toBe(show(expected(ledger.now, ledger.saved)));
      expect(filesOf(image, 1)).toEqual([]);
    }
  });

  test("at any call of a repair is still being repaired, or whole", async () => {
    const disk = await grown();
    damage(disk, 1);
    const { journal } = await open(disk);
    let right = "";
    const images = await imagesDuring(disk, async () => {
      const ledger = await repair(journal);
      await journal.close();
      right = show(expected(ledger.now, ledger.saved));
    });
    let whole = 0;
    for (const image of images) {
      const state = await found(image);
      if (state.isRepairing) {
        expect(whole).toBe(0);
        expect(filesOf(image, 1)).toEqual(filesOf(images[0]!, 1));
        continue;
      }
      whole++;
      expect(show(state)).toBe(right);
      const { journal: again } = await open(image);
      await again.close();
      expect(filesOf(image, 1)).toEqual([]);
    }
    expect(whole).toBeGreaterThan(5);
  });

  test("by close has removed the files of older generations before", async () => {
    const disk = await grown();
    damage(disk, 1);
    const { journal } = await open(disk);
    const remove = disk.remove.bind(disk);
    disk.remove = async (path) => {
      await settle();
      await remove(path);
    };
    void journal.persist(put({ repaired: true }));
    await journal.close();
    expect(filesOf(disk, 1)).toEqual([]);
  });

  test("leaves files of an older generation that can't be removed, which does no harm", async () => {
    const disk = await grown();
    damage(disk, 1);
    const { journal } = await open(disk);
    disk.failing = (operation, path) =>
      operation === "remove" && path.startsWith("raft-1/") ? "EIO" : undefined;
    await repair(journal);
    await journal.close();
    expect(filesOf(disk, 1)).not.toEqual([]);
    const { found: state } = await open(disk);
    expect(state.isRepairing).toBe(false);
    disk.failing = () => undefined;
    await open(disk);
    expect(filesOf(disk, 1)).toEqual([]);
  });
});
