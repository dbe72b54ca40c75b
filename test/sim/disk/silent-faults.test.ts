import { expect, test } from "vitest";
import { isDiskError } from "#engines/env/index.js";
import { evictPage } from "#sim/disk/background.js";
import type { Inode } from "#sim/disk/index.js";
import type { FaultKind } from "#sim/faults/index.js";
import { ALWAYS, bytes, durableFile, expectBytes, readAll, rig, sync, type Rig } from "./support.js";

const PAGE = 4096;

function evictAll(inode: Inode): void {
  for (const page of inode.pages) if (page?.evictable === true) evictPage(page);
}

/** A durable file of pages filled with 1, 2, 3..., read back from a platter on which `kind` always strikes. */
function pagesOn(kind: FaultKind, pages: number, seed = 1): Rig & { inode: Inode } {
  const made = rig({ [kind]: ALWAYS }, { seed });
  const inode = durableFile(made.disk, "log", new Uint8Array(0));
  for (let page = 0; page < pages; page++) made.disk.write(inode, page * PAGE, bytes(PAGE, page + 1));
  sync(made.disk, inode);
  return { ...made, inode };
}

test("bit-rot: one bit, the same at each read, until it is overwritten", () => {
  const { disk, inode, of } = pagesOn("bit-rot", 1);
  expectBytes(readAll(disk, inode), bytes(PAGE, 1));
  expect(of("bit-rot")).toEqual([]);
  evictAll(inode);
  const read = readAll(disk, inode);
  const wrong = [...read.keys()].filter((at) => read[at] !== 1);
  expect(wrong.length).toBe(1);
  const flipped = read[wrong[0]!]! ^ 1;
  expect(flipped & (flipped - 1)).toBe(0);
  expect(of("bit-rot").map((fault) => fault.state)).toEqual(["changed"]);
  evictAll(inode);
  expectBytes(readAll(disk, inode), read);
  disk.powerLoss();
  expectBytes(readAll(disk, inode), read);
  expect(of("bit-rot").length).toBe(1);
  // Written elsewhere in the page: the byte stays bad. Written itself: it is good, until the new bytes rot.
  disk.write(inode, wrong[0]!, bytes(1, 1));
  sync(disk, inode);
  expectBytes(readAll(disk, inode), bytes(PAGE, 1));
});

test("bit-rot: not changed while nobody reads the byte", () => {
  const { disk, inode, of } = pagesOn("bit-rot", 1);
  evictAll(inode);
  const bad = ((): number => {
    disk.read(inode, 0, 1);
    return inode.marks[0]!.at;
  })();
  expect(of("bit-rot")[0]!.state).toBe(bad === 0 ? "changed" : "injected");
  disk.read(inode, bad, 1);
  expect(of("bit-rot")[0]!.state).toBe("changed");
});

test("read-eio: sticky for the sector, the rest can be read, overwriting repairs", () => {
  const { disk, inode, faults, of } = pagesOn("read-eio", 1, 3);
  evictAll(inode);
  const failing = (): number[] => {
    const bad: number[] = [];
    for (let sector = 0; sector < 8; sector++) {
      try {
        disk.read(inode, sector * 512, 512);
      } catch (error) {
        if (!isDiskError(error, "EIO")) throw error;
        bad.push(sector);
      }
    }
    return bad;
  };
  const [bad, ...others] = failing();
  expect(bad).toBeDefined();
  expect(others).toEqual([]);
  expect(of("read-eio").map((fault) => fault.state)).toEqual(["changed"]);
  evictAll(inode);
  disk.powerLoss();
  expect(failing()).toEqual([bad]);
  expect(() => disk.write(inode, bad! * 512 + 5, bytes(3, 9))).toThrow("EIO");
  expect(of("read-eio").length).toBe(1);
  faults.heal();
  disk.write(inode, bad! * 512, bytes(512, 9));
  expectBytes(disk.read(inode, bad! * 512, 512), bytes(512, 9));
  sync(disk, inode);
  evictAll(inode);
  expect(failing()).toEqual([]);
});

test("lost-write: acknowledged and synced, never there", () => {
  const { disk, faults, of } = rig({ "lost-write": ALWAYS });
  const inode = durableFile(disk, "log", new Uint8Array(0));
  disk.write(inode, 0, bytes(10, 1));
  sync(disk, inode);
  expect(disk.inspect().files[0]!.believedCleanPages).toEqual([0]);
  expectBytes(readAll(disk, inode), bytes(10, 1));
  expect(of("lost-write").map((fault) => fault.state)).toEqual(["injected"]);
  faults.heal();
  sync(disk, inode);
  disk.powerLoss();
  expectBytes(readAll(disk, inode), bytes(10, 0));
  expect(of("lost-write").map((fault) => fault.state)).toEqual(["changed"]);
  disk.write(inode, 0, bytes(10, 2));
  sync(disk, inode);
  disk.powerLoss();
  expectBytes(readAll(disk, inode), bytes(10, 2));
});

test("lost-write: a page that is written again heals before anybody could see it", () => {
  const { disk, faults, of } = rig({ "lost-write": ALWAYS });
  const inode = durableFile(disk, "log", new Uint8Array(0));
  disk.write(inode, 0, bytes(10, 1));
  sync(disk, inode);
  faults.heal();
  disk.write(inode, 10, bytes(10, 2));
  sync(disk, inode);
  disk.powerLoss();
  expectBytes(readAll(disk, inode), Uint8Array.from([...bytes(10, 1), ...bytes(10, 2)]));
  expect(of("lost-write").map((fault) => fault.state)).toEqual(["injected"]);
});

test("lost-write: each write is asked anew", () => {
  const { disk, of } = rig({ "lost-write": 500_000 });
  const inode = durableFile(disk, "log", new Uint8Array(0));
  const fates = new Set<boolean>();
  for (let value = 1; value < 40; value++) {
    disk.write(inode, 0, bytes(10, value));
    sync(disk, inode);
    fates.add(inode.platter[0] === value);
  }
  expect(fates.size).toBe(2);
  const ids = of("lost-write").map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(5);
  expect(new Set(ids).size).toBe(ids.length);
});

test("misdirected-write: a hit page that is dirty is written whole by its own sync", () => {
  const { disk, inode, faults } = singleMisdirection();
  for (let round = 0; round < 10; round++) {
    disk.write(inode, 0, bytes(PAGE, 9));
    const ticket = disk.beginSync(inode);
    for (const page of [1, 2]) disk.write(inode, page * PAGE + 7, bytes(1, 8));
    disk.endSync(ticket);
  }
  faults.heal();
  for (let page = 0; page < 3; page++) disk.write(inode, page * PAGE, bytes(1, 7));
  sync(disk, inode);
  disk.powerLoss();
  const read = readAll(disk, inode);
  expect([0, 1, 2].map((page) => read[page * PAGE + 100])).toEqual([9, 2, 3]);
});

test("misdirected-write: the missed and the hit place are both wrong", () => {
  const { disk, inode, of } = singleMisdirection();
  expect([0, 1, 2].map((page) => readAll(disk, inode)[page * PAGE])).toEqual([9, 2, 3]);
  expect(of("misdirected-write").map((fault) => fault.state)).toEqual(["injected"]);
  evictAll(inode);
  const read = readAll(disk, inode);
  const firsts = [0, 1, 2].map((page) => read[page * PAGE]!);
  expect(firsts[0]).toBe(1);
  expect(firsts.filter((value) => value === 9).length).toBe(1);
  expect(of("misdirected-write").map((fault) => fault.state)).toEqual(["changed"]);
});

test("misdirected-write: the hit page, when it is written again, is written whole", () => {
  const { disk, inode, faults } = singleMisdirection();
  faults.heal();
  for (let page = 0; page < 3; page++) disk.write(inode, page * PAGE, bytes(1, 7));
  sync(disk, inode);
  evictAll(inode);
  const read = readAll(disk, inode);
  expect([1, 2, 3].map((page) => read[(page - 1) * PAGE + 1])).toEqual([9, 2, 3]);
});

/** Three durable pages of 1, 2, 3; then page 0 is written with 9 and the write goes astray. */
function singleMisdirection(): Rig & { inode: Inode } {
  const made = rig({ "misdirected-write": ALWAYS });
  made.allow(false);
  const inode = durableFile(made.disk, "log", new Uint8Array(0));
  for (let page = 0; page < 3; page++) made.disk.write(inode, page * PAGE, bytes(PAGE, page + 1));
  sync(made.disk, inode);
  made.allow(true);
  made.disk.write(inode, 0, bytes(PAGE, 9));
  sync(made.disk, inode);
  return { ...made, inode };
}

test("misdirected-read: another page of the file answers, each time, until the page is overwritten", () => {
  const { disk, inode, faults, of } = pagesOn("misdirected-read", 3);
  expect(readAll(disk, inode)[0]).toBe(1);
  evictAll(inode);
  const read = disk.read(inode, 0, PAGE);
  expect([2, 3]).toContain(read[0]);
  expectBytes(read, bytes(PAGE, read[0]!));
  expect(of("misdirected-read").map((fault) => fault.state)).toEqual(["changed"]);
  evictAll(inode);
  expectBytes(disk.read(inode, 0, PAGE), read);
  expect(of("misdirected-read").length).toBe(1);
  faults.heal();
  expect(disk.durableImage().files[0]!.bytes[0]).toBe(1);
  disk.write(inode, 0, bytes(PAGE, 8));
  sync(disk, inode);
  evictAll(inode);
  expectBytes(disk.read(inode, 0, PAGE), bytes(PAGE, 8));
});

test("misdirected-read: a page that is changed in part is written with the wrong rest", () => {
  const { disk, inode, faults, of } = pagesOn("misdirected-read", 3);
  evictAll(inode);
  disk.write(inode, 0, bytes(1, 8));
  expect(of("misdirected-read").map((fault) => fault.state)).toEqual(["injected"]);
  sync(disk, inode);
  faults.heal();
  disk.powerLoss();
  const read = disk.read(inode, 0, PAGE);
  expect(read[0]).toBe(8);
  expect([2, 3]).toContain(read[1]);
  expect(of("misdirected-read")[0]!.state).toBe("changed");
});

test("stale-read: the version before comes back, each time, until the page is overwritten", () => {
  const { disk, faults, of } = rig({ "stale-read": ALWAYS });
  const inode = durableFile(disk, "log", bytes(100, 1));
  disk.write(inode, 0, bytes(100, 2));
  sync(disk, inode);
  expectBytes(readAll(disk, inode), bytes(100, 2));
  evictAll(inode);
  expectBytes(readAll(disk, inode), bytes(100, 1));
  expect(of("stale-read").map((fault) => fault.state)).toEqual(["changed"]);
  disk.powerLoss();
  expectBytes(readAll(disk, inode), bytes(100, 1));
  expect(of("stale-read").length).toBe(1);
  faults.heal();
  disk.write(inode, 0, bytes(100, 3));
  sync(disk, inode);
  evictAll(inode);
  expectBytes(readAll(disk, inode), bytes(100, 3));
});

test("a crash of the process leaves the cache: faults of the platter stay unseen", () => {
  const { disk, inode, of } = pagesOn("bit-rot", 2);
  disk.attach(2);
  expect(readAll(disk, inode)[PAGE]).toBe(2);
  expect(of("bit-rot")).toEqual([]);
});
