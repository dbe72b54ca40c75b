import { expect, test } from "vitest";
import { ADVERSARIAL_PROFILE, type Inode } from "#sim/disk/index.js";
import { ALL_FAULT_KINDS, type Fault, type FaultKind } from "#sim/faults/index.js";
import { ALWAYS, bytes, durableFile, expectBytes, readAll, rig, sync, syncDir, type Rig } from "./support.js";

const PAGE = 4096;
const SEEDS = 200;

/** Three durable pages of 1, each written with 2 and then 3, in turn. */
function unsynced(ppm: Partial<Record<FaultKind, number>>, seed: number): Rig & { inode: Inode } {
  const made = rig(ppm, { seed });
  const inode = durableFile(made.disk, "log", bytes(3 * PAGE, 1));
  for (const value of [2, 3]) {
    for (let page = 0; page < 3; page++) made.disk.write(inode, page * PAGE, bytes(PAGE, value));
  }
  return { ...made, inode };
}

function firsts(made: Rig, inode: Inode): number[] {
  return [0, 1, 2].map((page) => made.disk.read(inode, page * PAGE, 1)[0]!);
}

/** A ledger entry for the power loss itself, as the world makes it. */
function strike(made: Rig): Fault {
  const fault = made.faults.ledger.plan("power-loss", "power-loss", "n1", 0, 0, "");
  fault.injected();
  return fault;
}

test("every kind is off by default: the ledger stays empty", () => {
  const { disk, faults } = rig();
  const inode = durableFile(disk, "log", bytes(5000, 1));
  for (let life = 0; life < 20; life++) {
    disk.write(inode, inode.size, bytes(3000, 2));
    sync(disk, inode);
    disk.write(inode, 10, bytes(300, 3));
    disk.powerLoss();
    expect(readAll(disk, inode).length).toBe(5000 + (life + 1) * 3000);
  }
  expect(faults.ledger.faults).toEqual([]);
  for (const kind of ALL_FAULT_KINDS) expect(faults.enabled(kind)).toBe(false);
});

test("alone it keeps a prefix of the writes, each as likely, and tells the ledger what it took", () => {
  const order = [
    [1, 1, 1],
    [2, 1, 1],
    [2, 2, 1],
    [2, 2, 2],
    [3, 2, 2],
    [3, 3, 2],
    [3, 3, 3],
  ];
  const seen = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const made = unsynced({}, seed);
    const fault = strike(made);
    made.disk.powerLoss(fault);
    const left = firsts(made, made.inode);
    seen.add(left.join());
    expect(fault.state).toBe(left.join() === "3,3,3" ? "reached" : "changed");
  }
  expect([...seen].sort()).toEqual(order.map((one) => one.join()).sort());
});

test("nothing at stake: neither reached nor changed", () => {
  const made = rig();
  durableFile(made.disk, "log", bytes(10, 1));
  const fault = strike(made);
  made.disk.powerLoss(fault);
  expect(fault.state).toBe("injected");
});

test("reordered-write: pages choose alone; changed only where no order of the writes explains it", () => {
  const states = new Map<string, Set<string>>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const made = unsynced({ "reordered-write": ALWAYS }, seed);
    made.disk.powerLoss();
    const left = firsts(made, made.inode);
    for (const fault of made.of("reordered-write")) {
      const key = left.join();
      states.set(key, (states.get(key) ?? new Set()).add(fault.state));
    }
  }
  expect(states.size).toBe(27);
  const isPrefix = (key: string): boolean => {
    const [a, b, c] = key.split(",").map(Number) as [number, number, number];
    return a >= b && b >= c && a - c <= 1;
  };
  for (const [key, seen] of states) expect(seen.has("changed")).toBe(!isPrefix(key));
});

test("torn-write: sectors of different versions, changed where the page equals none of them", () => {
  let torn = 0;
  for (let seed = 0; seed < 40; seed++) {
    const made = unsynced({ "torn-write": ALWAYS }, seed);
    made.disk.powerLoss();
    for (let page = 0; page < 3; page++) {
      const read = made.disk.read(made.inode, page * PAGE, PAGE);
      const versions = new Set<number>();
      for (let sector = 0; sector < 8; sector++) {
        const value = read[sector * 512]!;
        expectBytes(read.subarray(sector * 512, (sector + 1) * 512), bytes(512, value));
        expect([1, 2, 3]).toContain(value);
        versions.add(value);
      }
      expect(made.of("torn-write")[page]!.state).toBe(versions.size > 1 ? "changed" : "injected");
      if (versions.size > 1) torn++;
    }
  }
  expect(torn).toBeGreaterThan(50);
});

test("garbage: only bytes that were being written", () => {
  let garbled = 0;
  for (let seed = 0; seed < 40; seed++) {
    const made = rig({ garbage: ALWAYS }, { seed });
    const inode = durableFile(made.disk, "log", bytes(PAGE, 1));
    made.disk.write(inode, 1000, bytes(100, 2));
    made.disk.powerLoss();
    const read = readAll(made.disk, inode);
    const wrong = [...read.keys()].filter((at) => read[at] !== 1 && read[at] !== 2);
    expect(wrong.every((at) => at >= 1000 && at < 1100)).toBe(true);
    expect(made.of("garbage").map((fault) => fault.state)).toEqual(["changed"]);
    garbled += wrong.length;
  }
  expect(garbled).toBeGreaterThan(1000);
});

test("no-psow: only bytes beside those that were being written", () => {
  let spoiled = 0;
  for (let seed = 0; seed < 40; seed++) {
    const made = rig({ "no-psow": ALWAYS }, { seed });
    const inode = durableFile(made.disk, "log", bytes(2 * PAGE, 1));
    made.disk.write(inode, 1030, bytes(100, 2));
    made.disk.powerLoss();
    const read = readAll(made.disk, inode);
    const written = read.subarray(1030, 1130);
    expect([...new Set(written)].every((value) => value === 1 || value === 2)).toBe(true);
    expectBytes(read.subarray(PAGE), bytes(PAGE, 1));
    const beside = [...read.keys()].filter((at) => (at < 1030 || at >= 1130) && read[at] !== 1);
    expect(beside.length).toBeGreaterThan(0);
    expect(made.of("no-psow").map((fault) => fault.state)).toEqual(["changed"]);
    spoiled += beside.some((at) => at < 1024 || at >= 1536) ? 1 : 0;
  }
  // The sector alone, or all of the page.
  expect(spoiled).toBeGreaterThan(5);
  expect(spoiled).toBeLessThan(35);
});

test("metadata-loss, journaled: a suffix of the operations is gone", () => {
  const shapes = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const made = rig({ "metadata-loss": ALWAYS }, { seed });
    for (const name of ["a", "b", "c"]) made.disk.open(name, "create");
    made.disk.rename("a", "d");
    made.disk.powerLoss();
    shapes.add(made.disk.list("").join());
    expect(made.of("metadata-loss").map((fault) => fault.state)).toEqual(["changed"]);
  }
  expect([...shapes].sort()).toEqual(["", "a", "a,b", "a,b,c"]);
});

test("metadata-loss, adversarial: a file is durable without its name, and a name without its size", () => {
  const shapes = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const { disk } = rig({ "metadata-loss": 500_000 }, { seed, profile: ADVERSARIAL_PROFILE });
    const first = disk.open("a", "create");
    disk.write(first, 0, bytes(10, 1));
    sync(disk, first);
    const second = disk.open("b", "create");
    syncDir(disk);
    disk.write(second, 0, bytes(10, 1));
    disk.open("c", "create");
    disk.powerLoss();
    shapes.add(
      disk
        .inspect()
        .files.map(({ path, sizeBytes }) => `${path}${sizeBytes}`)
        .join(),
    );
  }
  expect([...shapes].sort()).toEqual(["a10,b0", "a10,b0,c0", "a10,b10", "a10,b10,c0"]);
});

test("syncing a file: the journaled profile makes its name durable, the adversarial one does not", () => {
  for (const profile of [undefined, ADVERSARIAL_PROFILE]) {
    const { disk } = rig({ "metadata-loss": ALWAYS }, profile === undefined ? {} : { profile });
    const inode = disk.open("a", "create");
    sync(disk, inode);
    disk.powerLoss();
    expect(disk.list("")).toEqual(profile === undefined ? ["a"] : []);
  }
});

test("rename is atomic: the file is under one name, and the other holds the file that it replaced", () => {
  const seen = new Set<string>();
  for (const profile of [undefined, ADVERSARIAL_PROFILE]) {
    for (let seed = 0; seed < 100; seed++) {
      const { disk } = rig(
        { "metadata-loss": 500_000 },
        { seed, ...(profile === undefined ? {} : { profile }) },
      );
      durableFile(disk, "CURRENT", bytes(1, 1));
      durableFile(disk, "tmp", bytes(1, 2));
      disk.rename("tmp", "CURRENT");
      disk.powerLoss();
      const shape = disk
        .list("")
        .map((name) => `${name}=${readAll(disk, disk.open(name, "existing")).join()}`)
        .join();
      seen.add(shape);
    }
  }
  expect([...seen].sort()).toEqual(["CURRENT=1,tmp=2", "CURRENT=2"]);
});

test("the cache is gone and the disk is usable again; the same choice has the same identity", () => {
  const one = (): string[] => {
    const made = unsynced({ "torn-write": 500_000, garbage: 500_000, "reordered-write": 500_000 }, 11);
    made.disk.powerLoss();
    made.disk.write(made.inode, 5, bytes(50, 7));
    made.disk.powerLoss();
    return [
      ...made.faults.ledger.faults.map(({ id, state }) => `${id} ${state}`),
      `${made.disk.fingerprint().whole}`,
    ];
  };
  expect(one()).toEqual(one());
});
