import { expect, test } from "vitest";
import { recordDisk, type DiskOp } from "#engines/env/recording-disk.js";
import {
  ADVERSARIAL_PROFILE,
  EnvDisk,
  HONEST_PROFILE,
  SimDisk,
  type DiskImage,
  type DiskProfile,
} from "#sim/disk/index.js";
import { Streams, type Stream } from "#sim/streams.js";
import { FakeCaller, NODE, bytes, durableFile, readAll, rig, sync, syncDir } from "./support.js";

const PAGE = 4096;

function stream(seed = 1): Stream {
  return new Streams(seed).get("images");
}

function bare(profile: DiskProfile = HONEST_PROFILE): SimDisk {
  return new SimDisk({ node: NODE, profile });
}

/** `pages` durable pages of 1, each written over with 2. */
function overwritten(pages: number): SimDisk {
  const disk = bare();
  const inode = durableFile(disk, "log", bytes(pages * PAGE, 1));
  for (let page = 0; page < pages; page++) disk.write(inode, page * PAGE, bytes(PAGE, 2));
  return disk;
}

/** The first byte of each page. */
function firsts(image: DiskImage): string {
  const { bytes: content, size } = image.files[0]!;
  return Array.from({ length: size / PAGE }, (_, page) => content[page * PAGE]).join("");
}

test("one page: old, new, each prefix of its sectors, and garbage", () => {
  const { total, sampled, images } = overwritten(1).images(100, stream());
  const all = [...images];
  expect({ total, sampled, count: all.length }).toEqual({ total: 10, sampled: false, count: 10 });
  const sectors = all.map(({ files }) =>
    Array.from({ length: 8 }, (_, i) => files[0]!.bytes[i * 512]).join(""),
  );
  for (let count = 0; count <= 8; count++)
    expect(sectors).toContain("2".repeat(count) + "1".repeat(8 - count));
});

test("nothing at stake: one image, the durable one", () => {
  const disk = bare();
  durableFile(disk, "log", bytes(10, 1));
  const { total, images } = disk.images(10, stream());
  expect(total).toBe(1);
  expect([...images].map(({ hash }) => hash)).toEqual([disk.durableImage().hash]);
});

test("a sample has the extremes first, holds the limit, and follows from its stream", () => {
  const disk = overwritten(6);
  const { total, sampled, images } = disk.images(200, stream());
  const all = [...images];
  expect(total).toBe(10 ** 6);
  expect(sampled).toBe(true);
  expect(all.length).toBe(200);
  const extremes = all.slice(0, 14).map(firsts);
  const wanted = ["222222", "111111"];
  for (let page = 0; page < 6; page++) {
    wanted.push(
      "222222"
        .split("")
        .map((one, index) => (index === page ? "1" : one))
        .join(""),
    );
    wanted.push(
      "111111"
        .split("")
        .map((one, index) => (index === page ? "2" : one))
        .join(""),
    );
  }
  expect(extremes.sort()).toEqual(wanted.sort());
  const again = [...disk.images(200, stream()).images].map(({ hash }) => hash);
  expect(again).toEqual(all.map(({ hash }) => hash));
  const other = [...disk.images(200, stream(2)).images].map(({ hash }) => hash);
  expect(other).not.toEqual(again);
  expect(new Set(again).size).toBe(200);
});

test("too many subsets of metadata: a sample with nothing, all, and each lost", () => {
  const disk = bare(ADVERSARIAL_PROFILE);
  for (let file = 0; file < 14; file++) disk.open(`f${file}`, "create");
  const { sampled, images } = disk.images(20_000, stream());
  const counts = [...images].map(({ files }) => files.length);
  expect(sampled).toBe(true);
  expect(counts.filter((count) => count === 13).length).toBe(14);
  expect(counts).toContain(0);
  expect(counts).toContain(14);
});

test("enumerating changes nothing", () => {
  const disk = overwritten(2);
  const before = disk.fingerprint();
  expect([...disk.images(1000, stream()).images].length).toBe(100);
  expect(disk.fingerprint()).toEqual(before);
});

test("a long file of zeros costs no bytes", () => {
  const disk = bare();
  const inode = durableFile(disk, "log", bytes(10, 1));
  disk.truncate(inode, 1_000_000_000);
  const all = [...disk.images(10, stream()).images];
  expect(all.map(({ files }) => files[0]!.size).sort((a, b) => a - b)).toEqual([10, 1_000_000_000]);
  const disks = all.map((image) => SimDisk.fromImage(image, { node: NODE }));
  for (const mounted of disks) {
    expect(mounted.read(mounted.open("log", "existing"), 0, 12)[0]).toBe(1);
    expect(mounted.fingerprint().durable).toBeGreaterThan(0);
  }
});

test("fingerprint: the durable part changes with a sync, the whole with a write", () => {
  const disk = bare();
  const inode = durableFile(disk, "log", bytes(10, 1));
  const first = disk.fingerprint();
  disk.write(inode, 0, bytes(1, 2));
  const second = disk.fingerprint();
  sync(disk, inode);
  const third = disk.fingerprint();
  expect(second.durable).toBe(first.durable);
  expect(second.whole).not.toBe(first.whole);
  expect(third.durable).not.toBe(second.durable);
});

test("inspect: sizes, pages by state, and where cache and platter differ", () => {
  const disk = bare();
  const inode = durableFile(disk, "log", bytes(5000, 1));
  disk.mkdir("dir");
  disk.write(inode, 4999, bytes(3, 1));
  disk.write(inode, 10, bytes(2, 2));
  expect(disk.inspect()).toEqual({
    directories: ["dir"],
    files: [
      {
        path: "log",
        sizeBytes: 5002,
        durableSizeBytes: 5000,
        dirtyPages: [0, 1],
        believedCleanPages: [],
        devicePages: [],
        differing: [
          { from: 10, to: 12 },
          { from: 5000, to: 5002 },
        ],
      },
    ],
    pendingOperations: 2,
  });
});

test("recorded operations, fed to a disk, leave it as the disk that they were recorded on", async () => {
  const { disk } = rig();
  const caller = new FakeCaller();
  const ops: DiskOp[] = [];
  const env = recordDisk(new EnvDisk(caller, disk), (op) => ops.push(op));
  await caller.run(
    (async () => {
      await env.mkdir("dir");
      const file = await env.open("dir/log", "create");
      file.write(0, bytes(9000, 1));
      await file.sync();
      await env.syncDir("dir");
      file.truncate(4500);
      file.write(4400, bytes(300, 2));
      const synced = file.sync();
      file.write(0, bytes(3, 3));
      await synced;
      await env.rename("dir/log", "log");
      const gone = await env.open("gone", "create");
      await env.remove("gone");
      gone.write(0, bytes(3, 3));
    })(),
  );
  const copy = bare();
  let images = 0;
  for (const op of ops) {
    copy.apply(op);
    images += [...copy.images(50, stream()).images].length;
  }
  expect(images).toBeGreaterThan(ops.length);
  expect(copy.inspect()).toEqual(disk.inspect());
  expect(copy.fingerprint().durable).toBe(disk.fingerprint().durable);
  expect(() => disk.apply(ops[0]!)).toThrow("without faults");
});

test("recorded operations: files found, syncs and writes that failed", () => {
  const disk = bare();
  disk.apply({ kind: "found", file: 1, path: "dir/old", bytes: bytes(10, 1) });
  disk.apply({ kind: "create", file: 2, path: "new" });
  expect(disk.durableImage().files.map(({ path }) => path)).toEqual(["dir/old"]);
  disk.apply({ kind: "write-failed", file: 1, offset: 0, bytes: bytes(5, 2) });
  disk.apply({ kind: "sync-begin", file: 1, sync: 1 });
  disk.apply({ kind: "sync-end", file: 1, sync: 1, ok: false });
  disk.apply({ kind: "sync-begin", file: 1, sync: 2 });
  disk.apply({ kind: "sync-end", file: 1, sync: 2, ok: true });
  const [old] = disk.durableImage().files;
  expect(old!.bytes.subarray(0, 10)).toEqual(bytes(10, 1));
  disk.apply({ kind: "sync-dir-begin", path: "", sync: 3 });
  disk.apply({ kind: "sync-dir-end", path: "", sync: 3, ok: true });
  expect(disk.durableImage().files.map(({ path }) => path)).toEqual(["dir/old", "new"]);
});

test("a mounted image is an ordinary disk", () => {
  const [image] = overwritten(1).images(1, stream()).images;
  const disk = SimDisk.fromImage(image!, { node: NODE });
  const inode = disk.open("log", "existing");
  expect(disk.isCached(inode, 0, 10)).toBe(false);
  expect(readAll(disk, inode)).toEqual(bytes(PAGE, 2));
  disk.truncate(inode, 5);
  disk.write(inode, 7, bytes(1, 3));
  sync(disk, inode);
  syncDir(disk);
  expect([...readAll(disk, inode)]).toEqual([2, 2, 2, 2, 2, 0, 0, 3]);
});
