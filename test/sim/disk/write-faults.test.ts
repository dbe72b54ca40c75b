import { expect, test } from "vitest";
import { DiskError } from "#engines/env/index.js";
import { ALWAYS, bytes, durableFile, readAll, rig } from "./support.js";

function code(operation: () => unknown): string {
  try {
    operation();
    return "none";
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
}

test("short-write: takes at least a byte and fewer than given, and a loop ends", () => {
  const { disk, of } = rig({ "short-write": ALWAYS });
  const inode = disk.open("log", "create");
  let at = 0;
  let calls = 0;
  while (at < 500) {
    const taken = disk.write(inode, at, bytes(500 - at, 1));
    expect(taken).toBeGreaterThanOrEqual(1);
    expect(taken).toBeLessThanOrEqual(Math.max(1, 499 - at));
    at += taken;
    expect(inode.size).toBe(at);
    calls++;
  }
  expect(calls).toBeGreaterThan(1);
  expect(readAll(disk, inode)).toEqual(bytes(500, 1));
  expect(new Set(of("short-write").map((fault) => fault.state))).toEqual(new Set(["changed"]));
});

test("short-read: gives at least a byte and fewer than there are, and a loop ends", () => {
  const { disk, of } = rig({ "short-read": ALWAYS });
  const inode = durableFile(disk, "log", bytes(500, 1));
  let at = 0;
  while (at < 500) {
    const read = disk.read(inode, at, 500 - at);
    expect(read.length).toBeGreaterThanOrEqual(1);
    if (at < 499) expect(read.length).toBeLessThan(500 - at);
    at += read.length;
  }
  expect(of("short-read").every((fault) => fault.state === "changed")).toBe(true);
});

test.each([
  ["enospc", "ENOSPC"],
  ["quota", "EDQUOT"],
] as const)("%s: what needs space fails until it ends, what does not works", (kind, error) => {
  const { disk, allow, at, of } = rig({ [kind]: ALWAYS });
  allow(false);
  let inode = disk.open("log", "create");
  disk.write(inode, 0, bytes(100, 1));
  allow(true);
  expect(code(() => disk.write(inode, 100, bytes(10, 2)))).toBe(error);
  // From here on nothing new strikes: only the spell that has begun.
  allow(false);
  const { size } = inode;

  expect(code(() => disk.write(inode, size, bytes(10, 3)))).toBe(error);
  expect(inode.size).toBe(size);
  expect(code(() => disk.write(inode, size - 5, bytes(10, 3)))).toBe(error);
  expect(code(() => disk.open("new", "create"))).toBe(error);
  expect(code(() => disk.mkdir("dir"))).toBe(error);
  expect(code(() => disk.write(inode, 0, bytes(50, 4)))).toBe("none");
  expect(code(() => disk.rename("log", "other"))).toBe("none");
  expect(of(kind).map((fault) => fault.state)).toEqual(["changed"]);

  disk.powerLoss();
  inode = disk.open("other", "existing");
  expect(code(() => disk.write(inode, inode.size, bytes(5000, 3)))).toBe(error);
  at(3_000_000);
  expect(code(() => disk.write(inode, inode.size, bytes(5000, 3)))).toBe("none");
  expect(code(() => disk.open("new", "create"))).toBe("none");
});

test("enospc: the write that fills the disk may leave a part of itself in, or all of it", () => {
  const sizes = new Set<number>();
  for (let seed = 0; seed < 400; seed++) {
    const { disk } = rig({ enospc: 500_000 }, { seed });
    if (code(() => disk.open("log", "create")) !== "none") continue;
    const inode = disk.open("log", "existing");
    if (code(() => disk.write(inode, 0, bytes(4, 1))) === "none") continue;
    sizes.add(inode.size);
    expect(readAll(disk, inode)).toEqual(bytes(inode.size, 1));
  }
  expect([...sizes].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
});

test("enospc: a write into a hole needs space", () => {
  const { disk, allow } = rig({ enospc: ALWAYS });
  allow(false);
  const inode = disk.open("log", "create");
  disk.truncate(inode, 100_000);
  disk.write(inode, 0, bytes(10, 1));
  allow(true);
  expect(code(() => disk.write(inode, 0, bytes(10, 2)))).toBe("none");
  expect(code(() => disk.write(inode, 90_000, bytes(10, 1)))).toBe("ENOSPC");
  expect(code(() => disk.truncate(inode, 200_000))).toBe("none");
});
