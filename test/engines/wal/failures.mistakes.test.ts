import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { File, OpenMode } from "#engines/env/index.js";
import { DiskError } from "#engines/env/index.js";
import { Wal, type WalOptions } from "#engines/wal/index.js";
import { MemoryDisk, MemoryEnv, errorOf } from "../support/memory-env.js";
import { SMALL, contents, fill, isWalError, record, records } from "./support.js";

const ROOMY: WalOptions = { directory: "wal", segmentBytes: 1 << 20 };

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a mistake in the code under the writer", () => {
  const uncaught: unknown[] = [];
  const listener = (error: unknown): void => void uncaught.push(error);
  let others: NodeJS.UnhandledRejectionListener[] = [];

  beforeEach(() => {
    uncaught.length = 0;
    others = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", listener);
  });

  afterEach(() => {
    process.off("unhandledRejection", listener);
    for (const other of others) process.on("unhandledRejection", other);
  });

  for (const place of ["write", "sync"] as const) {
    test(`at a ${place} makes the log read-only, settles every call, and stays visible`, async () => {
      const env = new MemoryEnv();
      const wal = await Wal.open(env, { ...ROOMY, policy: { kind: "each" } });
      await fill(wal, 1, 3);
      const mistake = new TypeError("undefined is not a function");
      env.disk.before = (operation) => {
        if (operation === place) throw mistake;
      };
      const calls = [wal.append(record(4)), wal.append(record(5)), wal.sync(), wal.truncateSuffix(1)];
      const errors = await Promise.all(calls.map(errorOf));
      env.disk.before = () => undefined;
      expect(isWalError(errors[0], "WAL_IO_FAILED", "unknown")).toBe(true);
      expect((errors[0] as Error).cause).toBe(mistake);
      for (const error of errors.slice(1)) expect(isWalError(error, "WAL_READ_ONLY", "failed")).toBe(true);
      expect(isWalError(await errorOf(wal.append(record(6))), "WAL_READ_ONLY", "failed")).toBe(true);
      expect(wal.inspect()).toMatchObject({ state: "read-only", failure: "WAL_IO_FAILED" });
      expect(env.events.at(-1)).toMatchObject({ kind: "wal/read-only", code: "WAL_IO_FAILED" });
      expect(isWalError(await errorOf(wal.close()), "WAL_READ_ONLY", "failed")).toBe(true);
      await nextTurn();
      expect(uncaught).toEqual([mistake]);
    });
  }

  test("in a step, and in the wait for company, does too", async () => {
    for (const strike of ["step", "gather"] as const) {
      uncaught.length = 0;
      const env = new MemoryEnv();
      const wal = await Wal.open(env, { ...ROOMY, policy: { kind: "group", maxDelayUs: 5 } });
      const mistake = new TypeError("no");
      if (strike === "gather") {
        vi.spyOn(env.clock, "setTimer").mockImplementation(() => {
          throw mistake;
        });
      } else {
        env.disk.before = () => {
          throw mistake;
        };
      }
      const call = strike === "gather" ? wal.append(record(1)) : wal.restartAt(7);
      const code = strike === "gather" ? "WAL_READ_ONLY" : "WAL_IO_FAILED";
      expect(await errorOf(call)).toMatchObject({ code });
      expect(await errorOf(wal.close())).toMatchObject({ code: "WAL_READ_ONLY" });
      await nextTurn();
      expect(uncaught).toEqual([mistake]);
    }
  });
});

test("an append that there is no memory for leaves nothing in the queue", async () => {
  const wal = await Wal.open(new MemoryEnv(), ROOMY);
  const huge = new Uint8Array(1 << 20);
  const Real = Uint8Array;
  const starved = new Proxy(Real, {
    construct(target, args: unknown[]) {
      if (typeof args[0] === "number" && args[0] > 1 << 19) throw new RangeError("allocation failed");
      return Reflect.construct(target, args) as object;
    },
  });
  vi.stubGlobal("Uint8Array", starved);
  try {
    const error = await errorOf(wal.append(huge));
    expect(isWalError(error, "WAL_TOO_LARGE", "failed")).toBe(true);
    await wal.sync();
    expect(await wal.append(record(1))).toBe(1);
    const joined = [wal.append(record(2)), errorOf(wal.append(huge)), wal.append(record(3))];
    expect(await Promise.all(joined)).toMatchObject([2, { code: "WAL_TOO_LARGE" }, 3]);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(await contents(wal)).toEqual(records(1, 3));
});

test("LSNs stay safe integers after a restart", async () => {
  const wal = await Wal.open(new MemoryEnv(), SMALL);
  const most = Number.MAX_SAFE_INTEGER - 2 ** 40;
  expect(await errorOf(wal.restartAt(most + 1))).toMatchObject({ code: "WAL_BAD_ARGUMENT" });
  await wal.restartAt(most);
  expect(await wal.append(record(1))).toBe(most);
});

test("what is no record is refused by name, not thrown", async () => {
  const wal = await Wal.open(new MemoryEnv(), SMALL);
  for (const bad of [undefined, null, "text", [1, 2], new ArrayBuffer(3)] as unknown as Uint8Array[]) {
    for (const call of [wal.append(bad), wal.appendBatch([record(1), bad])]) {
      expect(isWalError(await errorOf(call), "WAL_BAD_ARGUMENT", "failed")).toBe(true);
    }
  }
  const noArray = wal.appendBatch(undefined as unknown as Uint8Array[]);
  expect(isWalError(await errorOf(noArray), "WAL_BAD_ARGUMENT", "failed")).toBe(true);
  expect(await wal.append(record(1))).toBe(1);
});

test("a policy of an unknown kind is refused", async () => {
  const env = new MemoryEnv();
  const policy = { kind: "always" } as unknown as { kind: "none" };
  expect(await errorOf(Wal.open(env, { ...SMALL, policy }))).toMatchObject({ code: "WAL_BAD_ARGUMENT" });
  expect(env.disk.calls).toEqual([]);
});

/** Counts open handles, and lets closing fail. */
class HandleDisk extends MemoryDisk {
  readonly handles: Set<File> = new Set();
  closeFails: (path: string) => boolean = () => false;

  override async open(path: string, mode: OpenMode): Promise<File> {
    const file = await super.open(path, mode);
    this.handles.add(file);
    const close = file.close.bind(file);
    file.close = async () => {
      this.handles.delete(file);
      if (this.closeFails(file.path)) throw new DiskError("EIO", `close ${file.path}`);
      await close();
    };
    return file;
  }
}

describe("file handles", () => {
  test("of a segment whose name can't be made durable are given back", async () => {
    const disk = new HandleDisk();
    disk.failing = (operation, path) => (operation === "syncDir" && path === "wal" ? "EIO" : undefined);
    expect(await errorOf(Wal.open(new MemoryEnv(disk), SMALL))).toMatchObject({ code: "WAL_SYNC_FAILED" });
    disk.failing = () => undefined;
    const wal = await Wal.open(new MemoryEnv(disk), SMALL);
    await fill(wal, 1, 3);
    const before = disk.handles.size;
    disk.failing = (operation) => (operation === "syncDir" ? "EIO" : undefined);
    expect(await errorOf(wal.truncateSuffix(1))).toMatchObject({ code: "WAL_SYNC_FAILED" });
    expect(disk.handles.size).toBe(before);
    await errorOf(wal.close());
    expect(disk.handles.size).toBe(0);
  });

  test("are all given back though the first close fails, which is told", async () => {
    const disk = new HandleDisk();
    const wal = await Wal.open(new MemoryEnv(disk), SMALL);
    await fill(wal, 1, 30);
    expect(disk.handles.size).toBeGreaterThan(2);
    const [first] = wal.inspect().segments;
    disk.closeFails = (path) => path.startsWith(first!.path);
    const error = await errorOf(wal.close());
    expect(isWalError(error, "WAL_IO_FAILED", "unknown")).toBe(true);
    expect((error as Error).cause).toBeInstanceOf(DiskError);
    expect(disk.handles.size).toBe(0);
  });

  test("that can't be closed don't hide that the last sync failed", async () => {
    const disk = new HandleDisk();
    const wal = await Wal.open(new MemoryEnv(disk), { ...SMALL, policy: { kind: "none" } });
    await fill(wal, 1, 3);
    disk.failing = (operation) => (operation === "sync" ? "EIO" : undefined);
    disk.closeFails = () => true;
    expect(await errorOf(wal.close())).toMatchObject({ code: "WAL_SYNC_FAILED" });
  });
});
