import { describe, expect, it } from "vitest";
import { HIGH_WATERMARKS, OffsetCheckpoint } from "#engines/broker/server/offset-checkpoint.js";
import {
  finishRemovals,
  listPartitions,
  removePartition,
} from "#engines/broker/server/partition-directory.js";
import { leaveMarker, takeMarker } from "#engines/broker/server/shutdown-marker.js";
import { beginLife, noteEpoch } from "#engines/broker/server/stored-life.js";
import { readWhole, replaceFile } from "#engines/broker/server/small-file.js";
import { Crashed, MemoryDisk, MemoryEnv, errorOf, settle } from "../../support/memory-env.js";

const DIRECTORY = "broker";

async function newEnv(): Promise<MemoryEnv> {
  const env = new MemoryEnv();
  await env.disk.mkdir(DIRECTORY);
  return env;
}

const put = (disk: MemoryDisk, path: string): void =>
  void disk.files.set(path, { bytes: new Uint8Array([1]) });

describe("a small file", () => {
  it("is durable before it has its name, and its name before that counts", async () => {
    const { disk } = await newEnv();
    disk.calls.length = 0;
    await replaceFile(disk, DIRECTORY, "f", new Uint8Array([1, 2]));
    expect(disk.calls).toEqual([
      "open broker/f.tmp",
      "truncate broker/f.tmp",
      "write broker/f.tmp",
      "sync broker/f.tmp",
      "rename broker/f.tmp",
      "syncDir broker",
    ]);
    expect(await readWhole(disk, DIRECTORY, "f")).toEqual(new Uint8Array([1, 2]));
    disk.files.get("broker/f")!.bytes[5]! ^= 1;
    expect(await readWhole(disk, DIRECTORY, "f")).toBe("damaged");
    expect(await readWhole(disk, DIRECTORY, "g")).toBeUndefined();
  });
});

describe("the clean-shutdown marker", () => {
  it("counts once, and is gone for good before that is known", async () => {
    const env = await newEnv();
    await leaveMarker(env, DIRECTORY, 77);
    env.disk.calls.length = 0;
    expect(await takeMarker(env, DIRECTORY)).toBe(77);
    expect(env.disk.calls.slice(-2)).toEqual(["remove broker/clean-shutdown", "syncDir broker"]);
    expect(await takeMarker(env, DIRECTORY)).toBeUndefined();
    expect([...env.marks]).toEqual(["broker/clean-start", "broker/unclean-start"]);
  });

  it("does not count where it is damaged", async () => {
    const env = await newEnv();
    put(env.disk, "broker/clean-shutdown");
    expect(await takeMarker(env, DIRECTORY)).toBeUndefined();
  });
});

describe("the life of a broker that stores before it answers", () => {
  it("left whole logs, however it ended", async () => {
    const env = await newEnv();
    expect((await beginLife(env, DIRECTORY, undefined, "sync")).previousEpoch).toBeUndefined();
    await noteEpoch(env, DIRECTORY, 8);
    expect((await beginLife(env, DIRECTORY, undefined, "sync")).previousEpoch).toBe(8);
  });

  it("registers again as the same one, where it died before it knew its epoch", async () => {
    const env = await newEnv();
    const first = await beginLife(env, DIRECTORY, 8, "sync");
    expect(await beginLife(env, DIRECTORY, undefined, "sync")).toEqual(first);
    await noteEpoch(env, DIRECTORY, 9);
    const next = await beginLife(env, DIRECTORY, undefined, "sync");
    expect(next.previousEpoch).toBe(9);
    expect(next.incarnation).not.toBe(first.incarnation);
  });

  it("counts no more once the broker has lived without", async () => {
    const env = await newEnv();
    await noteEpoch(env, DIRECTORY, 8);
    expect((await beginLife(env, DIRECTORY, undefined, "cache")).previousEpoch).toBeUndefined();
    expect((await beginLife(env, DIRECTORY, undefined, "sync")).previousEpoch).toBeUndefined();
  });
});

describe("a checkpoint", () => {
  it("keeps what was found of logs that are not open yet", async () => {
    const env = await newEnv();
    const open: Map<string, number> = new Map([["a-0", 5]]);
    const first = await OffsetCheckpoint.open(env, DIRECTORY, HIGH_WATERMARKS, () => open);
    await first.write();
    const second = await OffsetCheckpoint.open(env, DIRECTORY, HIGH_WATERMARKS, () => new Map([["b-0", 3]]));
    expect(second.of("a-0")).toBe(5);
    await second.write();
    const third = await OffsetCheckpoint.open(env, DIRECTORY, HIGH_WATERMARKS, () => []);
    expect([third.of("a-0"), third.of("b-0"), third.of("c-0")]).toEqual([5, 3, 0]);
    third.forget("a-0");
    expect(third.of("a-0")).toBe(0);
  });

  it("has what is true at the time of each call, however many come at once", async () => {
    const env = await newEnv();
    let offset = 1;
    const of = (): [string, number][] => [["a-0", offset]];
    const checkpoint = await OffsetCheckpoint.open(env, DIRECTORY, HIGH_WATERMARKS, of);
    const first = checkpoint.write();
    await Promise.resolve();
    await Promise.resolve();
    offset = 2;
    await Promise.all([first, checkpoint.write(), checkpoint.write()]);
    expect((await OffsetCheckpoint.open(env, DIRECTORY, HIGH_WATERMARKS, of)).of("a-0")).toBe(2);
    expect(env.disk.calls.filter((call) => call.startsWith("rename"))).toHaveLength(2);
  });

  it("that is damaged tells nothing", async () => {
    const env = await newEnv();
    put(env.disk, `broker/${HIGH_WATERMARKS}`);
    const checkpoint = await OffsetCheckpoint.open(env, DIRECTORY, HIGH_WATERMARKS, () => []);
    expect(checkpoint.of("a-0")).toBe(0);
    expect(env.marks).toContain("broker/checkpoint-damaged");
  });
});

describe("a partition's directory", () => {
  it("is removed whole, wherever the broker dies meanwhile", async () => {
    for (let dies = 1; ; dies++) {
      const env = await newEnv();
      const { disk } = env;
      await disk.mkdir("broker/orders-0");
      for (const name of ["a", "b", "c"]) put(disk, `broker/orders-0/${name}`);
      let calls = 0;
      disk.before = () => {
        if (++calls >= dies) throw new Crashed("dead");
      };
      const error = await errorOf(
        removePartition(disk, "broker/orders-0").then(() => Promise.reject(new Error("done"))),
      );
      await settle();
      disk.before = () => undefined;
      const before = await listPartitions(disk, DIRECTORY);
      await finishRemovals(disk, DIRECTORY, before);
      const after = await disk.list("broker/orders-0");
      // Either nothing was begun, or all of it is done.
      expect(after.length === 3 || after.length === 0).toBe(true);
      if (!(error instanceof Crashed)) {
        expect([before, after]).toEqual([[], []]);
        return;
      }
    }
  });

  it("is told from other files", async () => {
    const { disk } = await newEnv();
    for (const name of ["orders-0", "a.b_c-12", "orders-01", "empty-0", "orders"]) {
      await disk.mkdir(`broker/${name}`);
      if (name !== "empty-0") put(disk, `broker/${name}/f`);
    }
    expect(await listPartitions(disk, DIRECTORY)).toEqual(["a.b_c-12", "orders-0"]);
  });
});
