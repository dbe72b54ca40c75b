import { describe, expect, test } from "vitest";
import {
  SnapshotDamagedError,
  SnapshotStore,
  verify,
  type SnapshotOptions,
} from "#engines/snapshot/index.js";
import { encodeBlock, encodeFooter, encodeHeader } from "#engines/snapshot/format.js";
import { Crashed, MemoryDisk, MemoryEnv, errorOf, type Operation } from "../support/memory-env.js";

const OPTIONS: SnapshotOptions = { directory: "snapshots", readBytes: 100 };

/** The chunks of a state, of lengths that differ. */
function state(lsn: number, count = 6): Uint8Array[] {
  const lengths = Array.from({ length: count }, (_, i) => (i * 53) % 200);
  return lengths.map((length, i) => Uint8Array.from({ length }, (_, at) => (lsn + i + at) & 0xff));
}

async function loaded(store: SnapshotStore): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.load()) chunks.push(chunk.slice());
  return chunks;
}

async function saved(...lsns: number[]): Promise<{ env: MemoryEnv; store: SnapshotStore }> {
  const env = new MemoryEnv();
  const store = await SnapshotStore.open(env, OPTIONS);
  for (const lsn of lsns) await store.save(lsn, state(lsn));
  return { env, store };
}

const files = (disk: MemoryDisk): string[] => [...disk.files.keys()].sort();
const PATH_10 = "snapshots/0000000000000010.snap";
const PATH_20 = "snapshots/0000000000000020.snap";

describe("a store", () => {
  test("gives back the chunks of the latest snapshot, and keeps no other", async () => {
    const { env, store } = await saved(10, 20);
    expect(store.latest()).toEqual({ lsn: 20, path: PATH_20, chunks: 6, payloadBytes: 395 });
    expect(await loaded(store)).toEqual(state(20));
    expect(files(env.disk)).toEqual([PATH_20]);
    const again = await SnapshotStore.open(new MemoryEnv(env.disk), OPTIONS);
    expect(again.latest()).toEqual(store.latest());
    expect(await loaded(again)).toEqual(state(20));
  });

  test("takes chunks from a stream, none, and long ones", async () => {
    const { env, store } = await saved();
    await store.save(1, []);
    expect(await loaded(store)).toEqual([]);
    const long = new Uint8Array(5000).fill(7);
    await store.save(
      2,
      (async function* () {
        yield long;
        yield new Uint8Array(0);
        yield long;
      })(),
    );
    expect(await loaded(store)).toEqual([long, new Uint8Array(0), long]);
    env.disk.atOnceBytes = 33;
    await store.save(3, [long]);
    expect(await loaded(store)).toEqual([long]);
    expect(env.marks).toContain("snapshot/short-write-continued");
  });

  test("that is empty has no latest", async () => {
    const { store } = await saved();
    expect(store.latest()).toBeUndefined();
    expect(await errorOf(loaded(store))).toMatchObject({ code: "SNAPSHOT_NONE" });
  });

  test("makes the new one durable before the old one goes", async () => {
    const { env, store } = await saved(10);
    const from = env.disk.calls.length;
    await store.save(20, [new Uint8Array(3)]);
    const temporary = `${PATH_20}.tmp`;
    expect(env.disk.calls.slice(from)).toEqual([
      `open ${temporary}`,
      `truncate ${temporary}`,
      `write ${temporary}`,
      `write ${temporary}`,
      `write ${temporary}`,
      `sync ${temporary}`,
      `rename ${temporary}`,
      "syncDir snapshots",
      "list snapshots",
      `remove ${PATH_10}`,
    ]);
  });

  test("refuses what makes no sense, and a second save beside the first", async () => {
    const { store } = await saved(10);
    for (const lsn of [10, 9, 0, NaN, 10.5]) {
      expect(await errorOf(store.save(lsn, []))).toMatchObject({ code: "SNAPSHOT_BAD_ARGUMENT" });
    }
    const first = store.save(20, state(20));
    expect(await errorOf(store.save(30, []))).toMatchObject({ code: "SNAPSHOT_BUSY", outcome: "failed" });
    await first;
    await store.save(30, []);
    const env = new MemoryEnv();
    for (const bad of [{ directory: "" }, { directory: "s", readBytes: 1 }]) {
      expect(await errorOf(SnapshotStore.open(env, bad))).toMatchObject({ code: "SNAPSHOT_BAD_ARGUMENT" });
    }
  });

  test("loads the snapshot that it began with, though a save replaces it meanwhile", async () => {
    const { store } = await saved(10);
    const load = store.load();
    const chunks = [(await load.next()).value as Uint8Array];
    await store.save(20, state(20));
    for await (const chunk of load) chunks.push(chunk);
    expect(chunks).toEqual(state(10));
  });

  test("is as before where the source of the chunks fails", async () => {
    const { env, store } = await saved(10);
    const source = (function* () {
      yield new Uint8Array(5);
      throw new RangeError("the state moved");
    })();
    expect(await errorOf(store.save(20, source))).toBeInstanceOf(RangeError);
    expect(files(env.disk)).toEqual([PATH_10]);
    await store.save(20, state(20));
  });
});

test("opening makes the latest one's name durable before it removes an older one", async () => {
  const { env } = await saved(10);
  const { env: later } = await saved(20);
  env.disk.files.set(PATH_20, later.disk.files.get(PATH_20)!);
  env.disk.files.set("snapshots/0000000000000030.snap.tmp", { bytes: new Uint8Array(3) });
  const from = env.disk.calls.length;
  await SnapshotStore.open(env, OPTIONS);
  const calls = env.disk.calls.slice(from);
  const listed = calls.indexOf("list snapshots");
  const removal = calls.findIndex((call) => call.startsWith("remove "));
  expect(calls).toContain(`remove ${PATH_10}`);
  expect(calls.slice(listed, removal)).toContain("syncDir snapshots");
});

describe("a crash", () => {
  test("at any call of a save leaves the old snapshot or the new one, and opening may die anywhere too", async () => {
    const seen = new Set<number | undefined>();
    for (let survived = 0; ; survived++) {
      const { env, store } = await saved(10);
      let calls = 0;
      env.disk.before = () => {
        if (calls++ >= survived) throw new Crashed();
      };
      const outcome = await store.save(20, state(20)).catch((error: unknown) => error);
      for (let deaths = 0, isOpen = false; !isOpen; deaths++) {
        calls = survived - deaths;
        const again = await SnapshotStore.open(new MemoryEnv(env.disk), OPTIONS).catch(
          (error: unknown) => error,
        );
        isOpen = again instanceof SnapshotStore;
        if (!isOpen) expect(again).toBeInstanceOf(Crashed);
      }
      env.disk.before = () => undefined;
      const opened = await SnapshotStore.open(new MemoryEnv(env.disk), OPTIONS);
      const lsn = opened.latest()!.lsn;
      seen.add(lsn);
      expect(await loaded(opened)).toEqual(state(lsn));
      expect(files(env.disk)).toEqual([opened.latest()!.path]);
      if (outcome instanceof Crashed) continue;
      expect(lsn).toBe(20);
      break;
    }
    expect(seen).toEqual(new Set([10, 20]));
  });
});

describe("damage", () => {
  test("of any byte is found when the store is opened, loaded or verified, and nothing wrong is served", async () => {
    const { env } = await saved(10);
    const { length } = env.disk.files.get(PATH_10)!.bytes;
    for (let offset = 0; offset < length; offset++) {
      const disk = env.disk.copy();
      disk.files.get(PATH_10)!.bytes[offset]! ^= 0x10;
      const again = new MemoryEnv(disk);
      const served: Uint8Array[] = [];
      const error = await errorOf(
        (async () => {
          const store = await SnapshotStore.open(again, OPTIONS);
          for await (const chunk of store.load()) served.push(chunk);
        })(),
      );
      expect(error).toBeInstanceOf(SnapshotDamagedError);
      expect(served).toEqual(state(10).slice(0, served.length));
      expect(again.marks).toContain("snapshot/damage-refused");
      expect(again.events.at(-1)).toMatchObject({ kind: "snapshot/damage", path: PATH_10 });
      expect((await verify(again, "snapshots")).problems).toHaveLength(1);
      expect(files(disk)).toEqual([PATH_10]);
    }
  });

  test("is a file that was cut, grew, or has another's name", async () => {
    const { env } = await saved(10);
    const { bytes } = env.disk.files.get(PATH_10)!;
    const others = [
      bytes.slice(0, 0),
      bytes.slice(0, 31),
      bytes.slice(0, 40),
      bytes.slice(0, -8),
      Uint8Array.from([...bytes, 0, 0]),
    ];
    for (const other of others) {
      const disk = env.disk.copy();
      disk.files.set(PATH_10, { bytes: other });
      const error = await errorOf(SnapshotStore.open(new MemoryEnv(disk), OPTIONS));
      expect(error).toMatchObject({ code: "SNAPSHOT_DAMAGED", path: PATH_10 });
    }
    const disk = env.disk.copy();
    disk.files.set(PATH_20, { bytes });
    expect(await errorOf(SnapshotStore.open(new MemoryEnv(disk), OPTIONS))).toMatchObject({ path: PATH_20 });
  });

  test("of the latest never makes an older one count, and nothing is removed", async () => {
    const { env } = await saved(10);
    const old = env.disk.files.get(PATH_10)!;
    const { env: later } = await saved(20);
    const { bytes } = later.disk.files.get(PATH_20)!;
    for (const offset of [40, bytes.length - 1]) {
      const disk = new MemoryDisk();
      disk.directories.add("snapshots");
      disk.files.set(PATH_10, old);
      disk.files.set(PATH_20, { bytes: bytes.slice() });
      disk.files.get(PATH_20)!.bytes[offset]! ^= 1;
      disk.files.set(`${PATH_20}.tmp`, { bytes: new Uint8Array(3) });
      const before = files(disk);
      expect(await errorOf(SnapshotStore.open(new MemoryEnv(disk), OPTIONS))).toMatchObject({
        path: PATH_20,
      });
      expect(files(disk)).toEqual(before);
      const report = await verify(new MemoryEnv(disk), "snapshots");
      expect(report).toMatchObject({ lsns: [10, 20], leftovers: [`${PATH_20}.tmp`, PATH_10], foreign: [] });
      expect(report.problems).toHaveLength(1);
    }
  });

  test("is a footer that counts other chunks, or other bytes, than there are", async () => {
    const identity = { tag: 5, salt: 6 };
    for (const [chunks, payloadBytes, isGood] of [
      [1, 3, true],
      [2, 3, false],
      [0, 3, false],
      [1, 4, false],
    ] as const) {
      const { env } = await saved();
      const header = encodeHeader({ lsn: 10, identity });
      const chunk = encodeBlock("chunk", new Uint8Array(3), header.length, identity);
      const payload = encodeFooter({ lsn: 10, chunks, payloadBytes });
      const footer = encodeBlock("footer", payload, header.length + chunk.length, identity);
      env.disk.files.set(PATH_10, { bytes: Uint8Array.from([...header, ...chunk, ...footer]) });
      const load = loaded(await SnapshotStore.open(env, OPTIONS));
      if (isGood) expect(await load).toEqual([new Uint8Array(3)]);
      else expect(await errorOf(load)).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
    }
  });

  test("is a place that can't be read", async () => {
    const { env, store } = await saved(10);
    env.disk.failing = (operation) => (operation === "read" ? "EIO" : undefined);
    expect(await errorOf(loaded(store))).toMatchObject({ code: "SNAPSHOT_DAMAGED", cause: { code: "EIO" } });
    expect(await errorOf(SnapshotStore.open(env, OPTIONS))).toMatchObject({ code: "SNAPSHOT_DAMAGED" });
  });
});

describe("a failing device", () => {
  const failing = async (
    operation: Operation,
    code: "EIO" | "ENOSPC",
  ): Promise<[MemoryEnv, SnapshotStore, unknown]> => {
    const { env, store } = await saved(10);
    let isDone = false;
    env.disk.failing = (each) => {
      if (isDone || each !== operation) return undefined;
      isDone = true;
      return code;
    };
    return [env, store, await store.save(20, state(20)).catch((error: unknown) => error)];
  };

  test("that is full leaves the old snapshot, and the next save succeeds", async () => {
    for (const operation of ["open", "truncate", "write", "sync", "rename"] as const) {
      const [env, store, error] = await failing(operation, "ENOSPC");
      expect(error).toMatchObject({ code: "SNAPSHOT_NO_SPACE", outcome: "failed" });
      expect(env.marks).toContain("snapshot/enospc");
      expect(files(env.disk)).toEqual([PATH_10]);
      expect(await loaded(store)).toEqual(state(10));
      await store.save(20, state(20));
      expect(await loaded(store)).toEqual(state(20));
    }
  });

  test("leaves the old snapshot where it fails before the rename", async () => {
    for (const operation of ["open", "write", "sync"] as const) {
      const [env, store, error] = await failing(operation, "EIO");
      expect(error).toMatchObject({ code: "SNAPSHOT_IO_FAILED", outcome: "failed", cause: { code: "EIO" } });
      expect(files(env.disk)).toEqual([PATH_10]);
      await store.save(20, state(20));
    }
  });

  test("leaves both where the name may not be durable, and the outcome unknown", async () => {
    const [env, store, error] = await failing("syncDir", "EIO");
    expect(error).toMatchObject({ code: "SNAPSHOT_IO_FAILED", outcome: "unknown" });
    expect(files(env.disk)).toEqual([PATH_10, PATH_20]);
    expect(store.latest()!.lsn).toBe(10);
    const again = await SnapshotStore.open(env, OPTIONS);
    expect(await loaded(again)).toEqual(state(20));
    expect(files(env.disk)).toEqual([PATH_20]);
  });

  test("that left an outcome unknown ends all saving until the store is opened again", async () => {
    for (const operation of ["syncDir", "rename"] as const) {
      const [env, store, error] = await failing(operation, "EIO");
      expect(error).toMatchObject({ code: "SNAPSHOT_IO_FAILED", outcome: "unknown" });
      const calls = env.disk.calls.length;
      for (const lsn of [20, 30]) {
        const refusal = await errorOf(store.save(lsn, state(lsn)));
        expect(refusal).toMatchObject({ code: "SNAPSHOT_READ_ONLY", outcome: "failed", cause: error });
      }
      expect(env.disk.calls).toHaveLength(calls);
      expect(await loaded(store)).toEqual(state(10));
      const again = await SnapshotStore.open(env, OPTIONS);
      await again.save(30, state(30));
      expect(await loaded(again)).toEqual(state(30));
    }
  });

  test("that can't remove the old one keeps it until the next save", async () => {
    const [env, store, info] = await failing("remove", "EIO");
    expect(info).toMatchObject({ lsn: 20 });
    expect(env.marks).toContain("snapshot/removal-failed");
    expect(files(env.disk)).toEqual([PATH_10, PATH_20]);
    await store.save(30, state(30));
    expect(files(env.disk)).toHaveLength(1);
  });
});
