import { describe, expect, test } from "vitest";
import { Wal, type WalEvent, type WalOptions } from "#engines/wal/index.js";
import { MemoryEnv, errorOf, settle } from "../support/memory-env.js";
import { SMALL, fill, record, records, contents } from "./support.js";

const ROOMY: WalOptions = { directory: "wal", segmentBytes: 1 << 20 };

/** Writes and syncs of records so far: those of a segment's making are left out. */
function disk(env: MemoryEnv, from: number): string {
  return env.disk.calls
    .slice(from)
    .map((call) => call.split(" ")[0]!)
    .join(" ");
}

async function opened(options: WalOptions): Promise<{ env: MemoryEnv; wal: Wal; from: number }> {
  const env = new MemoryEnv();
  const wal = await Wal.open(env, options);
  return { env, wal, from: env.disk.calls.length };
}

describe("the policy", () => {
  test("each: every append is synced alone before it is acknowledged", async () => {
    const { env, wal, from } = await opened({ ...ROOMY, policy: { kind: "each" } });
    const appends = [1, 2, 3].map(async (i) => {
      const lsn = await wal.append(record(i));
      expect(wal.durableLsn).toBe(lsn);
    });
    await Promise.all(appends);
    expect(disk(env, from)).toBe("write sync write sync write sync");
  });

  test("group: appends that arrive together share a write and a sync", async () => {
    const { env, wal, from } = await opened(ROOMY);
    await Promise.all([1, 2, 3].map((i) => wal.append(record(i))));
    expect(disk(env, from)).toBe("write sync");
    expect(wal.durableLsn).toBe(3);
    expect(env.events.map((event) => event.kind).slice(-2)).toEqual(["wal/appended", "wal/persisted"]);
  });

  test("group: writers that answer each acknowledgement stay together", async () => {
    const { env, wal, from } = await opened(ROOMY);
    const direct = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) await wal.append(record(i));
    };
    const deep = async (): Promise<void> => {
      const put = async (i: number): Promise<number> => await wal.append(record(i));
      const store = async (i: number): Promise<number> => await put(i);
      for (let i = 0; i < 10; i++) await store(i);
    };
    await Promise.all([direct(), direct(), direct(), deep(), deep()]);
    expect(disk(env, from)).toBe(Array(10).fill("write sync").join(" "));
  });

  test("group: what arrives while a sync is under way shares the next one", async () => {
    const { env, wal, from } = await opened(ROOMY);
    const first = wal.append(record(1));
    await settle();
    const rest = [2, 3, 4].map((i) => wal.append(record(i)));
    await Promise.all([first, ...rest]);
    expect(disk(env, from)).toBe("write sync write sync");
  });

  test("group with a delay: waits for company, but not when the batch is full or somebody else waits", async () => {
    const policy = { kind: "group", maxDelayUs: 500 } as const;
    const { env, wal, from } = await opened({ ...ROOMY, policy, maxBatchBytes: 100 });
    const first = wal.append(record(1));
    await settle();
    expect(disk(env, from)).toBe("");
    const second = wal.append(record(2));
    env.clock.advance(499);
    await settle();
    expect(disk(env, from)).toBe("");
    env.clock.advance(1);
    await Promise.all([first, second]);
    expect(disk(env, from)).toBe("write sync");
    const third = wal.append(record(3));
    await settle();
    const large = wal.append(new Uint8Array(90));
    await third;
    expect(disk(env, from)).toBe("write sync write sync");
    await settle();
    expect(await wal.sync()).toBe(4);
    await large;
  });

  test("interval: acknowledged when written, synced once the interval is over, and only if there is need", async () => {
    const { env, wal, from } = await opened({ ...ROOMY, policy: { kind: "interval", intervalUs: 1000 } });
    await fill(wal, 1, 3);
    expect([wal.lastLsn, wal.durableLsn]).toEqual([3, 0]);
    env.clock.advance(999);
    await settle();
    expect(disk(env, from)).toBe("write write write");
    env.clock.advance(1);
    await settle();
    expect(wal.durableLsn).toBe(3);
    env.clock.advance(10_000);
    await settle();
    expect(disk(env, from)).toBe("write write write sync");
    await fill(wal, 4, 4);
    env.clock.advance(1000);
    await settle();
    expect(wal.durableLsn).toBe(4);
  });

  test("none: synced by sync(), at a segment's end and by close()", async () => {
    const { env, wal } = await opened({ ...SMALL, policy: { kind: "none" } });
    await fill(wal, 1, 3);
    expect([wal.lastLsn, wal.durableLsn]).toEqual([3, 0]);
    expect(await wal.sync()).toBe(3);
    await fill(wal, 4, 20);
    const last = wal.inspect().segments.at(-1)!;
    expect(last.number).toBeGreaterThan(2);
    expect(wal.durableLsn).toBe(last.firstLsn - 1);
    // Once before it got its name, once when it was full.
    expect(env.disk.calls.filter((call) => call.startsWith("sync wal/00000002"))).toHaveLength(2);
    await wal.close();
    expect(wal.inspect()).toMatchObject({ state: "closed", durableLsn: 20 });
  });

  test("of a log does not change what it holds", async () => {
    for (const policy of [{ kind: "each" }, { kind: "none" }] as const) {
      const env = new MemoryEnv();
      await fill(await Wal.open(env, { ...SMALL, policy }), 1, 20);
      expect(await contents(await Wal.open(env, SMALL))).toEqual(records(1, 20));
    }
  });
});

test("an idle log under the policy interval becomes durable when its time has come", async () => {
  const { env, wal } = await opened({ ...ROOMY, policy: { kind: "interval", intervalUs: 1000 } });
  for (const count of [3, 6]) {
    await fill(wal, count - 2, count);
    env.clock.advance(999);
    await settle();
    expect(wal.durableLsn).toBe(count - 3);
    env.clock.advance(1);
    await settle();
    expect(wal.durableLsn).toBe(wal.lastLsn);
  }
});

test("appends and cuts take effect in the order of their calls", async () => {
  const { wal } = await opened(SMALL);
  const done = await Promise.all([
    wal.append(record(1)),
    wal.append(record(2)),
    wal.truncateSuffix(1),
    wal.append(record(3)),
    wal.sync(),
    wal.appendBatch([record(4), record(5)]),
    wal.restartAt(10),
    wal.append(record(6)),
    wal.close(),
  ]);
  expect(done).toEqual([1, 2, undefined, 2, 2, { firstLsn: 3, lastLsn: 4 }, undefined, 10, undefined]);
});

test("events: one for each batch and sync, none for each record", async () => {
  const { env, wal } = await opened(ROOMY);
  const before = env.events.length;
  await Promise.all(records(1, 50).map((each) => wal.append(each)));
  const events = env.events.slice(before) as WalEvent[];
  expect(events).toMatchObject([
    { kind: "wal/appended", directory: "wal", firstLsn: 1, lastLsn: 50 },
    { kind: "wal/persisted", directory: "wal", lsn: 50 },
  ]);
});

test("bad options and arguments are refused by name", async () => {
  const env = new MemoryEnv();
  const bad: WalOptions[] = [
    { directory: "" },
    { ...SMALL, segmentBytes: 100 },
    { ...SMALL, maxBatchBytes: 0 },
    { ...SMALL, readChunkBytes: 1.5 },
    { ...SMALL, policy: { kind: "interval", intervalUs: 0 } },
    { ...SMALL, policy: { kind: "group", maxDelayUs: -1 } },
  ];
  for (const options of bad) {
    expect(await errorOf(Wal.open(env, options))).toMatchObject({ code: "WAL_BAD_ARGUMENT" });
  }
  expect(env.disk.calls).toEqual([]);
  const wal = await Wal.open(env, SMALL);
  await fill(wal, 1, 5);
  await wal.truncatePrefix(3);
  const refused = [
    wal.appendBatch([]),
    wal.truncateSuffix(1),
    wal.truncateSuffix(6),
    wal.truncateSuffix(NaN),
    wal.truncatePrefix(7),
    wal.restartAt(0),
  ];
  for (const promise of refused) expect(await errorOf(promise)).toMatchObject({ code: "WAL_BAD_ARGUMENT" });
  for (const lsn of [0, 2, 6, 3.5, NaN]) {
    expect(await errorOf(wal.read(lsn))).toMatchObject({ code: "WAL_OUT_OF_RANGE" });
  }
  expect(await wal.append(record(6))).toBe(6);
});

test("a closed log refuses everything, closing again does not", async () => {
  const { wal } = await opened(SMALL);
  await fill(wal, 1, 3);
  await wal.close();
  await wal.close();
  for (const call of [wal.append(record(1)), wal.sync(), wal.truncateSuffix(1), wal.read(1), contents(wal)]) {
    expect(await errorOf(call)).toMatchObject({ code: "WAL_CLOSED", outcome: "failed" });
  }
});
