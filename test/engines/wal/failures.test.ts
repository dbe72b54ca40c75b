import { describe, expect, test } from "vitest";
import { Wal, verify, type WalOptions } from "#engines/wal/index.js";
import { MemoryEnv, errorOf, settle, type Operation } from "../support/memory-env.js";
import { POLICIES, SMALL, contents, fill, isWalError, record, records } from "./support.js";

const ROOMY: WalOptions = { directory: "wal", segmentBytes: 1 << 20 };

function failNext(env: MemoryEnv, operation: Operation, code: "EIO" | "ENOSPC" | "EDQUOT"): void {
  let isDone = false;
  env.disk.failing = (each) => {
    if (isDone || each !== operation) return undefined;
    isDone = true;
    return code;
  };
}

describe("a full disk", () => {
  for (const policy of POLICIES) {
    test(`fails the append for good, and the log goes on when there is room (${policy.kind})`, async () => {
      const env = new MemoryEnv();
      const wal = await Wal.open(env, { ...ROOMY, policy });
      await fill(wal, 1, 5);
      const full = env.disk.usedBytes();
      for (let room = 0; room <= 88; room += 8) {
        env.disk.capacityBytes = full + room;
        const error = await errorOf(wal.append(new Uint8Array(50).fill(0xbb)));
        expect(isWalError(error, "WAL_NO_SPACE", "failed")).toBe(true);
        expect(env.disk.usedBytes()).toBe(full);
        expect(wal.lastLsn).toBe(5);
      }
      expect(env.marks).toContain("wal/enospc-append");
      env.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
      expect(await wal.append(record(6))).toBe(6);
      expect(await contents(wal)).toEqual(records(1, 6));
      expect(await contents(await Wal.open(env, ROOMY))).toEqual(records(1, 6));
    });
  }

  test("takes back what it took before it says so: cut, then synced, then refused", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, ROOMY);
    await fill(wal, 1, 2);
    env.disk.capacityBytes = env.disk.usedBytes() + 48;
    const from = env.disk.calls.length;
    await errorOf(wal.append(new Uint8Array(50)));
    expect(env.disk.calls.slice(from).map((call) => call.split(" ")[0])).toEqual([
      "write",
      "write",
      "truncate",
      "sync",
    ]);
  });

  test("whose failed write was almost whole leaves nothing of it", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, ROOMY);
    await fill(wal, 1, 2);
    env.disk.atOnceBytes = 88;
    let writes = 0;
    // The first call takes the whole batch but for its padding; the second one fails.
    env.disk.failing = (operation) => (operation === "write" && ++writes === 2 ? "EDQUOT" : undefined);
    expect(await errorOf(wal.append(new Uint8Array(49)))).toMatchObject({ code: "WAL_NO_SPACE" });
    env.disk.failing = () => undefined;
    expect(await contents(await Wal.open(env, ROOMY))).toEqual(records(1, 2));
  });

  test("fails the append that needs a new segment, and the next one tries again", async () => {
    for (const operation of ["open", "truncate", "write", "sync", "rename"] as const) {
      const env = new MemoryEnv();
      const wal = await Wal.open(env, SMALL);
      await fill(wal, 1, 6);
      failNext(env, operation, "ENOSPC");
      const error = await errorOf(wal.append(new Uint8Array(300)));
      expect(isWalError(error, "WAL_NO_SPACE", "failed")).toBe(true);
      expect(env.marks).toContain("wal/enospc-roll");
      expect([...env.disk.files.keys()]).toEqual(["wal/00000001.wal"]);
      expect(await wal.append(record(7))).toBe(7);
      expect(await wal.append(new Uint8Array(300))).toBe(8);
      expect(wal.inspect().segments).toHaveLength(2);
    }
  });

  test("fails a cut, and the log is as before", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, SMALL);
    await fill(wal, 1, 20);
    env.disk.capacityBytes = env.disk.usedBytes() + 10;
    for (const cut of [wal.truncateSuffix(5), wal.restartAt(100)]) {
      expect(isWalError(await errorOf(cut), "WAL_NO_SPACE", "failed")).toBe(true);
    }
    expect(await contents(wal)).toEqual(records(1, 20));
    await wal.truncatePrefix(15);
    await wal.truncateSuffix(16);
    expect(await contents(wal)).toEqual(records(15, 16));
  });

  test("fails an open that has something to write, and the next one succeeds", async () => {
    const env = new MemoryEnv();
    await fill(await Wal.open(env, SMALL), 1, 20);
    const before = env.disk.copy();
    env.disk.capacityBytes = env.disk.usedBytes();
    expect(isWalError(await errorOf(Wal.open(env, SMALL)), "WAL_NO_SPACE", "failed")).toBe(true);
    expect(env.disk.files).toEqual(before.files);
    env.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    expect(await contents(await Wal.open(env, SMALL))).toEqual(records(1, 20));
  });
});

describe("a write that takes only a part", () => {
  test("goes on with the rest", async () => {
    const env = new MemoryEnv();
    env.disk.atOnceBytes = 7;
    const wal = await Wal.open(env, SMALL);
    await fill(wal, 1, 20);
    expect(env.marks).toContain("wal/short-write-continued");
    expect(await contents(wal)).toEqual(records(1, 20));
    expect(await contents(await Wal.open(env, SMALL))).toEqual(records(1, 20));
  });
});

describe("a failed sync", () => {
  test("makes the log read-only for good: the outcome of what it covered is unknown, the rest failed", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, { ...ROOMY, policy: { kind: "each" } });
    await fill(wal, 1, 3);
    failNext(env, "sync", "EIO");
    const calls = [wal.append(record(4)), wal.append(record(5)), wal.truncateSuffix(1), wal.sync()];
    const errors = await Promise.all(calls.map(errorOf));
    expect(isWalError(errors[0], "WAL_SYNC_FAILED", "unknown")).toBe(true);
    for (const error of errors.slice(1)) expect(isWalError(error, "WAL_READ_ONLY", "failed")).toBe(true);
    const later = await errorOf(wal.append(record(6)));
    expect(isWalError(later, "WAL_READ_ONLY", "failed")).toBe(true);
    expect((later as Error).cause).toMatchObject({ code: "WAL_SYNC_FAILED", cause: { code: "EIO" } });
    expect(wal.inspect()).toMatchObject({ state: "read-only", failure: "WAL_SYNC_FAILED", durableLsn: 3 });
    expect(env.events.at(-1)).toMatchObject({ kind: "wal/read-only", code: "WAL_SYNC_FAILED" });
    expect(await wal.read(3)).toEqual(record(3));
  });

  test("is not tried again, not even by close", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, ROOMY);
    failNext(env, "sync", "EIO");
    await errorOf(wal.append(record(1)));
    const from = env.disk.calls.length;
    for (const call of [wal.sync(), wal.close()]) {
      expect(isWalError(await errorOf(call), "WAL_READ_ONLY", "failed")).toBe(true);
    }
    expect(wal.inspect().state).toBe("closed");
    expect(env.disk.calls.slice(from)).toEqual([]);
  });

  test("of an interval is found by the next call", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, { ...ROOMY, policy: { kind: "interval", intervalUs: 100 } });
    await fill(wal, 1, 2);
    failNext(env, "sync", "EIO");
    env.clock.advance(100);
    await settle();
    expect(isWalError(await errorOf(wal.append(record(3))), "WAL_READ_ONLY", "failed")).toBe(true);
  });

  test("in the making of a segment fails the append, which was never written", async () => {
    for (const operation of ["sync", "syncDir"] as const) {
      const env = new MemoryEnv();
      const wal = await Wal.open(env, SMALL);
      await fill(wal, 1, 6);
      failNext(env, operation, "EIO");
      expect(isWalError(await errorOf(wal.append(new Uint8Array(300))), "WAL_SYNC_FAILED", "failed")).toBe(
        true,
      );
      expect(isWalError(await errorOf(wal.append(record(7))), "WAL_READ_ONLY", "failed")).toBe(true);
      expect(await contents(await Wal.open(new MemoryEnv(env.disk), SMALL))).toEqual(records(1, 6));
    }
  });

  test("when a full disk's leftovers are taken back leaves the append unknown", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, ROOMY);
    await fill(wal, 1, 2);
    env.disk.failing = (operation) =>
      operation === "write" ? "ENOSPC" : operation === "sync" ? "EIO" : undefined;
    expect(isWalError(await errorOf(wal.append(record(3))), "WAL_SYNC_FAILED", "unknown")).toBe(true);
    expect(wal.inspect().state).toBe("read-only");
  });

  test("of close is told, and the files are closed", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, { ...ROOMY, policy: { kind: "none" } });
    await fill(wal, 1, 2);
    failNext(env, "sync", "EIO");
    expect(await errorOf(wal.close())).toMatchObject({ code: "WAL_SYNC_FAILED" });
    expect(wal.inspect().state).toBe("closed");
  });

  test("fails the open, and nothing is believed: the next open writes it all again", async () => {
    const env = new MemoryEnv();
    await fill(await Wal.open(env, { ...ROOMY, policy: { kind: "none" } }), 1, 5);
    failNext(env, "sync", "EIO");
    expect(await errorOf(Wal.open(env, ROOMY))).toMatchObject({ code: "WAL_SYNC_FAILED" });
    const wal = await Wal.open(env, ROOMY);
    expect(wal.inspect().recovery.rewrittenRecords).toBe(5);
  });
});

describe("another error of the device", () => {
  test("in a write makes the log read-only, and the append's outcome is unknown", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, ROOMY);
    await fill(wal, 1, 2);
    failNext(env, "write", "EIO");
    expect(isWalError(await errorOf(wal.append(record(3))), "WAL_IO_FAILED", "unknown")).toBe(true);
    expect(isWalError(await errorOf(wal.append(record(3))), "WAL_READ_ONLY", "failed")).toBe(true);
    expect(env.marks).toContain("wal/write-failed");
  });

  test("in a removal makes the log read-only; opening it again does the rest", async () => {
    const env = new MemoryEnv();
    const wal = await Wal.open(env, SMALL);
    await fill(wal, 1, 30);
    failNext(env, "remove", "EIO");
    expect(isWalError(await errorOf(wal.truncateSuffix(3)), "WAL_IO_FAILED", "unknown")).toBe(true);
    const again = await Wal.open(new MemoryEnv(env.disk), SMALL);
    expect(await contents(again)).toEqual(records(1, 3));
    expect((await verify(env, "wal")).leftovers).toEqual([]);
  });
});
