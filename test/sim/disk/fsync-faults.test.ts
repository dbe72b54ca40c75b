import { expect, test } from "vitest";
import { isDiskError } from "#engines/env/index.js";
import { evictPage, writeBackSome } from "#sim/disk/background.js";
import { ADVERSARIAL_PROFILE, type Inode, type SimDisk } from "#sim/disk/index.js";
import { Streams } from "#sim/streams.js";
import { ALWAYS, bytes, durableFile, expectBytes, readAll, rig, sync, syncDir } from "./support.js";
import { expectInvariants } from "./invariants.js";

function fails(disk: SimDisk, inode: Inode): boolean {
  try {
    sync(disk, inode);
    return false;
  } catch (error) {
    if (isDiskError(error, "EIO")) return true;
    throw error;
  }
}

test("fsync-eio-clean: reported once; the cache keeps the bytes, a later sync writes none of them", () => {
  let lost = 0;
  let kept = 0;
  for (let seed = 0; seed < 20; seed++) {
    const { disk, of } = rig({ "fsync-eio-clean": ALWAYS }, { seed });
    const inode = disk.open("log", "create");
    for (let page = 0; page < 4; page++) disk.write(inode, page * 4096, bytes(4096, 2));
    expect(fails(disk, inode)).toBe(true);
    const { dirtyPages, believedCleanPages } = disk.inspect().files[0]!;
    expect(dirtyPages).toEqual([]);
    expectBytes(readAll(disk, inode), bytes(4 * 4096, 2));
    // The next sync has nothing to write: it succeeds, and proves nothing.
    expect(fails(disk, inode)).toBe(false);
    expect(of("fsync-eio-clean").map((fault) => fault.state)).toEqual([
      believedCleanPages.length > 0 ? "changed" : "reached",
    ]);
    disk.powerLoss();
    for (let page = 0; page < 4; page++) {
      const onPlatter = disk.read(inode, page * 4096, 4096);
      expectBytes(onPlatter, bytes(4096, believedCleanPages.includes(page) ? 0 : 2));
    }
    lost += believedCleanPages.length;
    kept += 4 - believedCleanPages.length;
  }
  expect(lost).toBeGreaterThan(10);
  expect(kept).toBeGreaterThan(10);
});

test("fsync-eio-clean: eviction shows the platter", () => {
  const { disk } = rig({ "fsync-eio-clean": ALWAYS }, { seed: 2 });
  const inode = disk.open("log", "create");
  for (let page = 0; page < 4; page++) disk.write(inode, page * 4096, bytes(4096, 2));
  expect(fails(disk, inode)).toBe(true);
  const { believedCleanPages } = disk.inspect().files[0]!;
  expect(believedCleanPages.length).toBeGreaterThan(0);
  for (const page of inode.pages) evictPage(page!);
  for (const page of believedCleanPages) expectBytes(disk.read(inode, page * 4096, 4096), bytes(4096, 0));
});

test("fsync-eio-clean: a page that is written again goes to the platter whole", () => {
  const { disk, faults } = rig({ "fsync-eio-clean": ALWAYS }, { seed: 2 });
  const inode = disk.open("log", "create");
  for (let page = 0; page < 4; page++) disk.write(inode, page * 4096, bytes(4096, 2));
  expect(fails(disk, inode)).toBe(true);
  faults.heal();
  for (let page = 0; page < 4; page++) disk.write(inode, page * 4096 + 7, bytes(1, 3));
  expect(fails(disk, inode)).toBe(false);
  disk.powerLoss();
  const wanted = bytes(4 * 4096, 2);
  for (let page = 0; page < 4; page++) wanted[page * 4096 + 7] = 3;
  expectBytes(readAll(disk, inode), wanted);
});

test("fsync-eio-late: the sync that covers the data is honest, the next one fails and loses its own", () => {
  const { disk, of } = rig({ "fsync-eio-late": ALWAYS });
  const inode = disk.open("log", "create");
  disk.write(inode, 0, bytes(4096, 1));
  expect(fails(disk, inode)).toBe(false);
  expect(of("fsync-eio-late").map((fault) => fault.state)).toEqual(["injected"]);
  disk.write(inode, 4096, bytes(4096, 2));
  expect(fails(disk, inode)).toBe(true);
  expect(of("fsync-eio-late").map((fault) => fault.state)).toEqual(["changed"]);
  expectBytes(readAll(disk, inode).subarray(4096), bytes(4096, 2));
  expect(fails(disk, inode)).toBe(false);
  syncDir(disk);
  disk.powerLoss();
  // The journal brings the first page back; the second is lost.
  expectBytes(disk.read(inode, 0, 4096), bytes(4096, 1));
  expectBytes(disk.read(inode, 4096, 4096), bytes(4096, 0));
});

test("fsync-eio-late: a sync without new data reports it too", () => {
  const { disk, of } = rig({ "fsync-eio-late": ALWAYS });
  const inode = disk.open("log", "create");
  disk.write(inode, 0, bytes(10, 1));
  expect(fails(disk, inode)).toBe(false);
  expect(fails(disk, inode)).toBe(true);
  expect(fails(disk, inode)).toBe(false);
  expect(of("fsync-eio-late").map((fault) => fault.state)).toEqual(["reached"]);
});

test("fsync-eio-revert: the old bytes and the old size come back", () => {
  const { disk, allow, of } = rig({ "fsync-eio-revert": ALWAYS });
  allow(false);
  const inode = durableFile(disk, "log", bytes(5000, 1));
  allow(true);
  disk.write(inode, 100, bytes(50, 9));
  disk.write(inode, 5000, bytes(5000, 9));
  disk.truncate(inode, 20);
  disk.write(inode, 6000, bytes(10, 9));
  expect(fails(disk, inode)).toBe(true);
  expect(of("fsync-eio-revert").map((fault) => fault.state)).toEqual(["changed"]);
  expectBytes(readAll(disk, inode), bytes(5000, 1));
  const { dirtyPages, differing, sizeBytes } = disk.inspect().files[0]!;
  expect({ dirtyPages, differing, sizeBytes }).toEqual({ dirtyPages: [], differing: [], sizeBytes: 5000 });
  expect(fails(disk, inode)).toBe(false);
  disk.truncate(inode, 20_000);
  expectBytes(readAll(disk, inode).subarray(5000), bytes(15_000, 0));
});

test("fsync-eio-revert: bytes that were written back before do not come up behind the end", () => {
  const { disk, faults, allow } = rig({ "fsync-eio-revert": ALWAYS });
  allow(false);
  const inode = durableFile(disk, "log", bytes(10, 1));
  allow(true);
  disk.write(inode, 10, bytes(5000, 2));
  for (let run = 0; inode.dirty.length > 0; run++) writeBackSome(disk.core, faults.decisions, run);
  disk.write(inode, 0, bytes(1, 3));
  expect(fails(disk, inode)).toBe(true);
  allow(false);
  disk.truncate(inode, 6000);
  sync(disk, inode);
  for (const page of inode.pages) evictPage(page!);
  expectBytes(readAll(disk, inode), Uint8Array.from([...bytes(10, 1), ...bytes(5990, 0)]));
});

test("fsync-eio-revert: what was written after the sync began stays", () => {
  const { disk, allow, of } = rig({ "fsync-eio-revert": ALWAYS });
  const inode = disk.open("log", "create");
  disk.write(inode, 0, bytes(100, 1));
  const ticket = disk.beginSync(inode);
  disk.write(inode, 50, bytes(20, 2));
  expect(() => disk.endSync(ticket)).toThrow("EIO");
  expect(inode.size).toBe(70);
  expectBytes(readAll(disk, inode), Uint8Array.from([...bytes(50, 0), ...bytes(20, 2)]));
  expect(of("fsync-eio-revert")[0]!.state).toBe("changed");
  allow(false);
  sync(disk, inode);
  disk.powerLoss();
  expect(inode.size).toBe(70);
});

test("fsync-eio-revert: takes back what an earlier failed sync left in the cache alone", () => {
  const { disk, faults } = rig({ "fsync-eio-clean": ALWAYS, "fsync-eio-revert": ALWAYS }, { seed: 2 });
  const inode = disk.open("log", "create");
  for (let page = 0; page < 4; page++) disk.write(inode, page * 4096, bytes(4096, 2));
  faults.admit = (kind) => kind === "fsync-eio-clean";
  expect(fails(disk, inode)).toBe(true);
  const lost = disk.inspect().files[0]!.believedCleanPages;
  expect(lost.length).toBeGreaterThan(0);
  for (const page of lost) disk.write(inode, page * 4096, bytes(1, 3));
  faults.admit = (kind) => kind === "fsync-eio-revert";
  expect(fails(disk, inode)).toBe(true);
  expectInvariants(disk);
  expect(disk.inspect().files[0]!.differing).toEqual([]);
});

test("fsync-eio-revert: what a lost fsync acknowledged stays", () => {
  const { disk, faults } = rig({ "lost-fsync": ALWAYS, "fsync-eio-revert": ALWAYS });
  const inode = disk.open("log", "create");
  disk.write(inode, 0, bytes(10, 1));
  faults.admit = (kind) => kind === "lost-fsync";
  sync(disk, inode);
  disk.write(inode, 10, bytes(10, 2));
  faults.admit = (kind) => kind === "fsync-eio-revert";
  expect(fails(disk, inode)).toBe(true);
  expectBytes(readAll(disk, inode), bytes(10, 1));
  faults.heal();
  sync(disk, inode);
  expect(disk.durableImage().files[0]!.size).toBe(10);
});

test("lost-fsync: returns, and a power loss may take the pages back", () => {
  const ends = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const { disk, of } = rig({ "lost-fsync": ALWAYS }, { seed });
    const inode = disk.open("log", "create");
    disk.write(inode, 0, bytes(10, 1));
    sync(disk, inode);
    expect(disk.inspect().files[0]!.devicePages).toEqual([0]);
    expect(disk.inspect().files[0]!.dirtyPages).toEqual([]);
    const [fault] = of("lost-fsync");
    expect(fault!.state).toBe("reached");
    disk.powerLoss();
    const kept = disk.read(inode, 0, 10)[0] === 1;
    expect(fault!.state).toBe(kept ? "reached" : "changed");
    ends.add(fault!.state);
  }
  expect(ends.size).toBe(2);
});

test("lost-fsync: the next honest flush of any file makes the pages durable", () => {
  const { disk, faults } = rig(
    { "lost-fsync": ALWAYS, "metadata-loss": ALWAYS },
    { seed: 4, profile: ADVERSARIAL_PROFILE },
  );
  const inode = disk.open("log", "create");
  disk.write(inode, 0, bytes(10, 1));
  sync(disk, inode);
  syncDir(disk);
  disk.write(inode, 10, bytes(10, 2));
  faults.heal();
  const other = disk.open("other", "create");
  sync(disk, other);
  expect(disk.inspect().files[0]!.devicePages).toEqual([]);
  expect(disk.inspect().files[0]!.dirtyPages).toEqual([0]);
  const image = disk.durableImage().files.find(({ path }) => path === "log")!;
  expect(image.size).toBe(10);
  expect(image.bytes.subarray(0, 10)).toEqual(bytes(10, 1));
});

test("lost-fsync of a directory: the names stay in the device's cache", () => {
  const { disk, faults, of } = rig({ "lost-fsync": ALWAYS, "metadata-loss": ALWAYS });
  disk.open("log", "create");
  syncDir(disk);
  expect(disk.durableImage().files).toEqual([]);
  disk.powerLoss();
  expect(disk.list("")).toEqual([]);
  expect(of("lost-fsync")[0]!.state).toBe("changed");
  faults.heal();
  durableFile(disk, "log", bytes(1, 1));
  expect(disk.durableImage().files.length).toBe(1);
});

test("a sync covers what was written before its call, and no more", () => {
  const { disk } = rig();
  const inode = durableFile(disk, "log", bytes(10, 1));
  disk.write(inode, 0, bytes(1, 2));
  const ticket = disk.beginSync(inode);
  disk.write(inode, 1, bytes(1, 3));
  disk.write(inode, 10, bytes(1, 3));
  disk.endSync(ticket);
  const [file] = disk.durableImage().files;
  expect([...file!.bytes]).toEqual([2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(disk.inspect().files[0]!.dirtyPages).toEqual([0]);
});

test("fsync-eio-clean: a page that was written again since the sync began is written whole, or not at all", () => {
  const { disk, allow } = rig({ "fsync-eio-clean": ALWAYS }, { seed: 6 });
  allow(false);
  const inode = durableFile(disk, "log", bytes(10, 1));
  for (let seed = 0; disk.inspect().files[0]!.dirtyPages.length === 0; seed++) {
    disk.write(inode, 0, bytes(1, 2));
    const ticket = disk.beginSync(inode);
    disk.write(inode, 1, bytes(1, 3));
    allow(true);
    expect(() => disk.endSync(ticket)).toThrow("EIO");
    allow(false);
    // The page did not reach the platter: the failed version goes with the one that follows.
    if (inode.platter[0] === 1) break;
    sync(disk, inode);
    disk.write(inode, 0, bytes(2, 1));
    sync(disk, inode);
  }
  const { images } = disk.images(100, new Streams(1).get("images"));
  const starts = [...images].map(({ files }) => [...files[0]!.bytes.subarray(0, 3)].join());
  expect(starts).toContain("1,1,1");
  expect(starts).toContain("2,3,1");
  expect(starts).not.toContain("2,1,1");
});

test("fsync-eio-late: a power loss forgets the error", () => {
  const { disk } = rig({ "fsync-eio-late": ALWAYS });
  const inode = durableFile(disk, "log", bytes(10, 1));
  disk.powerLoss();
  expect(fails(disk, inode)).toBe(false);
});

test("lost-fsync: an earlier sync that ends later and flushes takes all along that is in the device", () => {
  const { disk, allow } = rig({ "lost-fsync": ALWAYS });
  allow(false);
  const inode = disk.open("log", "create");
  const first = disk.beginSync(inode);
  disk.write(inode, 0, bytes(10, 1));
  disk.open("other", "create");
  allow(true);
  sync(disk, inode);
  allow(false);
  disk.endSync(first);
  expect(disk.durableImage().files.map(({ path, size }) => [path, size])).toEqual([
    ["log", 10],
    ["other", 0],
  ]);
  expect(disk.inspect().pendingOperations).toBe(0);
});

test("no sync survives a power loss", () => {
  const { disk } = rig();
  const inode = durableFile(disk, "log", bytes(10, 1));
  const ticket = disk.beginSync(inode);
  disk.powerLoss();
  expect(() => disk.endSync(ticket)).toThrow("no sync survives a power loss");
});
