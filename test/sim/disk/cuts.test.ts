/** Truncations that are not durable yet, when a sync fails or the power goes. */
import { describe, expect, test } from "vitest";
import { evictPage } from "#sim/disk/background.js";
import { ADVERSARIAL_PROFILE, HONEST_PROFILE, SimDisk, type Inode } from "#sim/disk/index.js";
import { Streams } from "#sim/streams.js";
import {
  ALWAYS,
  NODE,
  bytes,
  durableFile,
  expectBytes,
  readAll,
  rig,
  sync,
  syncDir,
  type Rig,
} from "./support.js";

const PAGE = 4096;

/** A durable file of two pages of 1, cut to 100 bytes; the sync of that fails. */
function cutAndFailed(seed: number, profile = HONEST_PROFILE): Rig & { inode: Inode } {
  const made = rig({ "fsync-eio-clean": ALWAYS, "metadata-loss": ALWAYS }, { seed, profile });
  made.allow(false);
  const inode = durableFile(made.disk, "log", bytes(2 * PAGE, 1));
  made.allow(true);
  made.disk.truncate(inode, 100);
  made.disk.write(inode, 50, bytes(10, 2));
  expect(() => sync(made.disk, inode)).toThrow("EIO");
  return { ...made, inode };
}

function zerosBehind(inode: Inode, disk: SimDisk): void {
  const read = readAll(disk, inode);
  expectBytes(read.subarray(0, 40), bytes(40, 1));
  expectBytes(read.subarray(100), bytes(inode.size - 100, 0));
}

describe("a sync that fails after a truncation", () => {
  test("what was cut does not come back by eviction", () => {
    const { disk, inode } = cutAndFailed(1);
    for (const page of inode.pages) if (page?.evictable === true) evictPage(page);
    disk.truncate(inode, 2 * PAGE);
    zerosBehind(inode, disk);
    for (const page of inode.pages) if (page?.evictable === true) evictPage(page);
    zerosBehind(inode, disk);
  });

  test("the truncation is durable with the next sync of another file, and cuts the platter", () => {
    const { disk, inode, allow } = cutAndFailed(1);
    allow(false);
    durableFile(disk, "other", bytes(1, 1));
    expect(inode.durableSize).toBe(100);
    for (const page of inode.pages) if (page?.evictable === true) evictPage(page);
    disk.truncate(inode, 2 * PAGE);
    sync(disk, inode);
    disk.powerLoss();
    zerosBehind(inode, disk);
  });

  test.each([HONEST_PROFILE, ADVERSARIAL_PROFILE])(
    "a power loss that loses the truncation brings all of the old bytes back ($metadata)",
    (profile) => {
      for (let seed = 0; seed < 20; seed++) {
        const { disk, inode } = cutAndFailed(seed, profile);
        disk.powerLoss();
        expect(inode.size).toBe(2 * PAGE);
        expectBytes(readAll(disk, inode), bytes(2 * PAGE, 1));
      }
    },
  );

  test("a power loss that keeps it leaves zeros behind the cut", () => {
    const { disk, inode, allow } = cutAndFailed(1);
    disk.truncate(inode, 2 * PAGE);
    allow(false);
    disk.powerLoss();
    expect(inode.size).toBe(2 * PAGE);
    zerosBehind(inode, disk);
  });

  test("the images know both", () => {
    const { disk, inode } = cutAndFailed(1);
    disk.truncate(inode, 2 * PAGE);
    const shapes = [...disk.images(100, new Streams(1).get("images")).images].map(({ files }) => [
      files[0]!.size,
      files[0]!.bytes[150] ?? 0,
    ]);
    expect(shapes).toContainEqual([2 * PAGE, 1]);
    expect(shapes).toContainEqual([100, 0]);
    expect(shapes).toContainEqual([2 * PAGE, 0]);
  });
});

test("cut and extended again to the same size: the images hold both contents", () => {
  const disk = new SimDisk({ node: NODE });
  const inode = durableFile(disk, "log", bytes(2 * PAGE, 1));
  disk.truncate(inode, 0);
  disk.truncate(inode, 2 * PAGE);
  const { images } = disk.images(100, new Streams(1).get("images"));
  const contents = [...images].map(({ files }) => [
    files[0]!.size,
    files[0]!.bytes[0] ?? 0,
    files[0]!.bytes[PAGE] ?? 0,
  ]);
  expect(contents.map((one) => one.join()).sort()).toEqual(["0,0,0", `${2 * PAGE},0,0`, `${2 * PAGE},1,1`]);
});

test("after a power loss, a file that is cut and extended reads zeros", () => {
  const { disk } = rig({ "metadata-loss": ALWAYS }, { seed: 2 });
  const inode = durableFile(disk, "log", bytes(5000, 1));
  disk.write(inode, 5000, bytes(5000, 2));
  disk.powerLoss();
  expect(inode.size).toBe(5000);
  disk.truncate(inode, 10);
  disk.truncate(inode, 10_000);
  expectBytes(readAll(disk, inode), Uint8Array.from([...bytes(10, 1), ...bytes(9990, 0)]));
});

test("a page that was cut off needs space again", () => {
  const { disk, allow } = rig({ enospc: ALWAYS });
  allow(false);
  const inode = durableFile(disk, "log", bytes(3 * PAGE, 1));
  disk.truncate(inode, 0);
  disk.truncate(inode, 3 * PAGE);
  syncDir(disk);
  allow(true);
  expect(() => disk.write(inode, PAGE, bytes(10, 2))).toThrow("ENOSPC");
});
