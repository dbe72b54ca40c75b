import { describe, expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { ADVERSARIAL_PROFILE, EnvDisk, type DiskProfile, HONEST_PROFILE } from "#sim/disk/index.js";
import { fileContract } from "../../engines/env/contract/file.js";
import { namesContract } from "../../engines/env/contract/names.js";
import { ALWAYS, FakeCaller, bytes, rig } from "./support.js";

describe.each([HONEST_PROFILE, ADVERSARIAL_PROFILE])("contract ($metadata)", (profile: DiskProfile) => {
  const run = async (body: (env: Env) => Promise<void>): Promise<void> => {
    const caller = new FakeCaller();
    const { disk } = rig({ "short-read": 300_000, "short-write": 300_000 }, { profile });
    await caller.run(body({ disk: new EnvDisk(caller, disk) } as unknown as Env));
  };
  const harness = { run } as unknown as Parameters<typeof fileContract>[0];
  fileContract(harness);
  namesContract(harness);
});

test("calls take time: at least the minimum of their kind, and what synchronous calls before them cost", async () => {
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, rig().disk);
  const file = (await caller.run(env.open("log", "create")))!;
  const begun = caller.timeUs;
  expect(begun).toBeGreaterThanOrEqual(HONEST_PROFILE.namespace.minUs);
  for (let i = 0; i < 100; i++) file.write(i, bytes(1, 1));
  expect(caller.timeUs).toBe(begun);
  await caller.run(file.sync());
  const took = caller.timeUs - begun;
  expect(took).toBeGreaterThanOrEqual(HONEST_PROFILE.sync.minUs + 100 * HONEST_PROFILE.writeUs);
});

test("synchronous calls are paid for once", async () => {
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, rig().disk);
  const file = (await caller.run(env.open("log", "create")))!;
  for (let i = 0; i < 100; i++) file.write(i, bytes(1, 1));
  const took: number[] = [];
  for (let i = 0; i < 2; i++) {
    const begun = caller.timeUs;
    await caller.run(file.read(0, 1));
    took.push(caller.timeUs - begun);
  }
  const { cachedReadUs, writeUs } = HONEST_PROFILE;
  expect(took).toEqual([cachedReadUs + 100 * writeUs, cachedReadUs]);
});

test("writes and truncations are folded into the trace, with a digest of the bytes", async () => {
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, rig().disk);
  const file = (await caller.run(env.open("log", "create")))!;
  file.write(0, bytes(10, 1));
  file.write(0, bytes(10, 2));
  file.truncate(3);
  expect(caller.effects.map(({ kind, sizeBytes }) => [kind, sizeBytes])).toEqual([
    ["disk/write", 10],
    ["disk/write", 10],
    ["disk/truncate", 3],
  ]);
  expect(caller.effects[0]!.digest).not.toBe(caller.effects[1]!.digest);
});

test("a crash keeps the cache and forgets what was under way; the dead handle does nothing", async () => {
  const { disk } = rig();
  const first = new FakeCaller(1);
  const file = (await first.run(new EnvDisk(first, disk).open("log", "create")))!;
  file.write(0, bytes(10, 1));
  let settled = false;
  void file.sync().then(() => (settled = true));
  first.alive = false;
  await first.run();
  expect(settled).toBe(false);
  expect(() => file.write(0, bytes(10, 9))).toThrow("crashed");
  void file.close().then(() => (settled = true));

  const second = new FakeCaller(2, first.timeUs);
  const again = (await second.run(new EnvDisk(second, disk).open("log", "existing")))!;
  expect(await second.run(again.read(0, 20))).toEqual(bytes(10, 1));
  expect(disk.inspect().files[0]!.dirtyPages).toEqual([0]);
  expect(settled).toBe(false);
});

test("dirty pages are written back in the background; an idle disk has no events", async () => {
  const { disk } = rig();
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, disk);
  const file = (await caller.run(env.open("log", "create")))!;
  expect(caller.waiting).toBe(0);
  for (let page = 0; page < 5; page++) file.write(page * 4096, bytes(4096, 1));
  await caller.run();
  expect(disk.inspect().files[0]!.dirtyPages).toEqual([]);
  expect(caller.kinds).toContain("disk/background");
  expect(caller.waiting).toBe(0);
});

test("a cut that is not durable holds its page back, without an event for ever", async () => {
  const { disk } = rig();
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, disk);
  const file = (await caller.run(env.open("log", "create")))!;
  file.write(0, bytes(5000, 1));
  await caller.run(file.sync());
  file.truncate(100);
  file.write(100, bytes(3, 2));
  await caller.run();
  expect(disk.inspect().files[0]!.dirtyPages.length).toBeGreaterThan(0);
  expect(caller.waiting).toBe(0);
});

test("eviction: in the end a reader sees what a lost write left", async () => {
  const { disk, of } = rig({ "lost-write": ALWAYS });
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, disk);
  const file = (await caller.run(env.open("log", "create")))!;
  file.write(0, bytes(10, 1));
  await caller.run(file.sync());
  let read = bytes(10, 1);
  for (let i = 0; i < 200 && read[0] === 1; i++) {
    read = (await caller.run(file.read(0, 10)))!;
    await caller.run();
  }
  expect(read).toEqual(bytes(10, 0));
  expect(of("lost-write")[0]!.state).toBe("changed");
});

test("slow-disk: operations take many times as long; changed from ten times on", async () => {
  const { disk, of } = rig({ "slow-disk": ALWAYS });
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, disk);
  for (let i = 0; i < 40; i++) await caller.run(env.open(`log-${i}`, "create"));
  const states = new Set(of("slow-disk").map((fault) => fault.state));
  expect(states).toEqual(new Set(["reached", "changed"]));
  expect(caller.timeUs).toBeGreaterThan(40 * HONEST_PROFILE.namespace.meanUs * 5);
});

test("disk-stall: the whole disk stands still, for every caller alike", async () => {
  const { disk, of, allow } = rig({ "disk-stall": ALWAYS });
  const caller = new FakeCaller();
  const env = new EnvDisk(caller, disk);
  const first = env.open("a", "create");
  allow(false);
  const second = env.open("b", "create");
  await caller.run(second);
  await caller.run(first);
  expect(caller.timeUs).toBeGreaterThanOrEqual(100_000);
  expect(caller.timeUs).toBeLessThan(5_100_000);
  expect(of("disk-stall").map((fault) => fault.state)).toEqual(["changed"]);
  const after = caller.timeUs;
  await caller.run(env.open("c", "create"));
  expect(caller.timeUs - after).toBeLessThan(10_000);
});

test("disk-stall: ends with the power", async () => {
  const { disk, allow } = rig({ "disk-stall": ALWAYS });
  const caller = new FakeCaller();
  void new EnvDisk(caller, disk).open("a", "create");
  allow(false);
  disk.powerLoss();
  const next = new FakeCaller(2);
  await next.run(new EnvDisk(next, disk).open("a", "create"));
  expect(next.timeUs).toBeLessThan(10_000);
});

test("a failed sync rejects with EIO", async () => {
  const { disk } = rig({ "fsync-eio-clean": ALWAYS });
  const caller = new FakeCaller();
  const file = (await caller.run(new EnvDisk(caller, disk).open("log", "create")))!;
  file.write(0, bytes(10, 1));
  await expect(caller.run(file.sync())).rejects.toMatchObject({ code: "EIO" });
});
