import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiskError, type Disk, type File } from "#engines/env/index.js";
import { recordDisk, type DiskOp } from "#engines/env/recording-disk.js";
import type { ContractHarness } from "./contract.js";
import { fileContract } from "./contract/file.js";
import { namesContract } from "./contract/names.js";
import { bytesOf, failure, pattern, readAll, thrown, writeAll } from "./contract/support.js";
import { nodeHarness } from "./node-harness.js";

/** A recorded disk over real files; `bare` is the same disk without the recorder. */
async function recorded(body: (disk: Disk, ops: DiskOp[], bare: Disk) => Promise<void>): Promise<void> {
  await nodeHarness({ sync: "inline", read: "inline" }).run(async ({ disk }) => {
    const ops: DiskOp[] = [];
    await body(
      recordDisk(disk, (op) => ops.push(op)),
      ops,
      disk,
    );
  });
}

/** One line an operation, for golden transcripts. */
function line(op: DiskOp): string {
  const rest: Record<string, unknown> = { ...op };
  delete rest["kind"];
  return [
    op.kind,
    ...Object.values(rest).map((value) => (value instanceof Uint8Array ? `<${value.join()}>` : value)),
  ].join(" ");
}

describe("a recorded disk keeps the contract", () => {
  const { run, runPair } = nodeHarness({ sync: "inline", read: "inline" });
  const harness: ContractHarness = {
    run: (body) => run((env) => body({ ...env, disk: recordDisk(env.disk, () => undefined) })),
    runPair,
  };
  namesContract(harness);
  fileContract(harness);
});

test("the transcript of a small life: ids follow the file, syncs have a begin and an end", () =>
  recorded(async (disk, ops) => {
    await disk.mkdir("db");
    const tmp = await disk.open("db/tmp", "create");
    tmp.write(0, bytesOf(1, 2));
    tmp.write(9, bytesOf());
    tmp.truncate(1);
    await tmp.sync();
    await disk.rename("db/tmp", "db/CURRENT");
    await disk.syncDir("db");
    const other = await disk.open("db/CURRENT", "existing");
    other.write(1, bytesOf(3));
    tmp.write(2, bytesOf(4));
    const next = await disk.open("db/tmp", "exclusive");
    next.write(0, bytesOf(5));
    await disk.rename("db/tmp", "db/CURRENT");
    tmp.write(3, bytesOf(6));
    await disk.rename("db/CURRENT", "db/CURRENT");
    await disk.remove("db/CURRENT");
    await disk.open("db/CURRENT", "create");
    expect(ops.map(line)).toEqual([
      "mkdir db",
      "create 1 db/tmp",
      "write 1 0 <1,2>",
      "truncate 1 1",
      "sync-begin 1 1",
      "sync-end 1 1 true",
      "rename 1 db/tmp db/CURRENT ",
      "sync-dir-begin db 2",
      "sync-dir-end db 2 true",
      "write 1 1 <3>",
      "write 1 2 <4>",
      "create 2 db/tmp",
      "write 2 0 <5>",
      "rename 2 db/tmp db/CURRENT 1",
      "write 1 3 <6>",
      "remove 2 db/CURRENT",
      "create 3 db/CURRENT",
    ]);
  }));

test("what has no effect is not reported", () =>
  recorded(async (disk, ops) => {
    const file = await disk.open("log", "exclusive");
    await disk.open("log", "create");
    const codes = [
      await failure(disk.open("log", "exclusive")),
      await failure(disk.open("none", "existing")),
      await failure(disk.rename("none", "log")),
      await failure(disk.remove("none")),
      await failure(disk.mkdir("log")),
      await failure(disk.rename("log", "no/log")),
      await failure(disk.open("../log", "create")),
      thrown(() => file.write(-1, bytesOf(1))),
    ];
    expect(codes).toEqual(["EEXIST", "ENOENT", "ENOENT", "ENOENT", "EEXIST", "ENOENT", "EINVAL", "EINVAL"]);
    expect(ops.map(line)).toEqual(["create 1 log"]);
  }));

test("a file from before the recording is reported with its bytes, once, however it is first touched", () =>
  recorded(async (disk, ops, bare) => {
    for (const [salt, name] of ["opened", "created", "moved", "target", "removed"].entries()) {
      const file = await bare.open(name, "create");
      writeAll(file, 0, bytesOf(salt));
      await file.close();
    }
    await disk.open("opened", "existing");
    await disk.open("opened", "create");
    await disk.open("created", "create");
    await disk.rename("moved", "target");
    await disk.remove("removed");
    expect(ops.map(line)).toEqual([
      "found 1 opened <0>",
      "found 2 created <1>",
      "found 3 moved <2>",
      "found 4 target <3>",
      "rename 3 moved target 4",
      "found 5 removed <4>",
      "remove 5 removed",
    ]);
  }));

test("a sync covers what was reported before its begin; writes in between are reported in between", () =>
  recorded(async (disk, ops) => {
    const file = await disk.open("log", "create");
    file.write(0, bytesOf(1));
    const first = file.sync();
    file.write(1, bytesOf(2));
    const second = file.sync();
    await Promise.all([first, second]);
    const kinds = ops.map((op) => ("sync" in op ? `${op.kind} ${op.sync}` : op.kind));
    expect(kinds.slice(0, 5)).toEqual(["create", "write", "sync-begin 1", "write", "sync-begin 2"]);
    expect(kinds.slice(5).toSorted()).toEqual(["sync-end 1", "sync-end 2"]);
  }));

test("changes of names that nobody waits for are reported in the order in which they took effect", () =>
  recorded(async (disk, ops) => {
    await Promise.all([
      disk.open("a", "create"),
      disk.rename("a", "b"),
      disk.open("a", "exclusive"),
      disk.remove("b"),
      failure(disk.rename("none", "c")),
      disk.rename("a", "b"),
    ]);
    expect(ops.map(line)).toEqual([
      "create 1 a",
      "rename 1 a b ",
      "create 2 a",
      "remove 1 b",
      "rename 2 a b ",
    ]);
    expect(await disk.list("")).toEqual(["b"]);
  }));

test("bytes are a copy, and of a short write those that were taken", () =>
  recorded(async (_disk, ops, bare) => {
    const short = withFile(bare, (file) => ({
      write: (offset, bytes) => file.write(offset, bytes.subarray(0, 2)),
    }));
    const file = await recordDisk(short, (op) => ops.push(op)).open("log", "create");
    const mine = bytesOf(1, 2, 3);
    expect(file.write(0, mine)).toBe(2);
    mine.fill(0);
    expect(ops.map(line)).toEqual(["create 1 log", "write 1 0 <1,2>"]);
  }));

test("failures that may have had an effect are reported as such, and reach the caller", () =>
  recorded(async (_disk, ops, bare) => {
    const failing = withFile(
      { ...bindAll(bare), syncDir: () => Promise.reject(new DiskError("EIO", "here")) },
      () => ({
        write() {
          throw new DiskError("ENOSPC", "here");
        },
        sync: () => Promise.reject(new DiskError("EIO", "here")),
      }),
    );
    const disk = recordDisk(failing, (op) => ops.push(op));
    const file = await disk.open("log", "create");
    expect(thrown(() => file.write(3, bytesOf(1, 2)))).toBe("ENOSPC");
    expect(await failure(file.sync())).toBe("EIO");
    expect(await failure(disk.syncDir(""))).toBe("EIO");
    expect(ops.map(line)).toEqual([
      "create 1 log",
      "write-failed 1 3 <1,2>",
      "sync-begin 1 1",
      "sync-end 1 1 false",
      "sync-dir-begin  2",
      "sync-dir-end  2 false",
    ]);
  }));

function bindAll(disk: Disk): Disk {
  return {
    open: (path, mode) => disk.open(path, mode),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    mkdir: (path) => disk.mkdir(path),
    list: (path) => disk.list(path),
    syncDir: (path) => disk.syncDir(path),
  };
}

/** The disk with some methods of its files replaced. */
function withFile(disk: Disk, replace: (file: File) => Partial<File>): Disk {
  return {
    ...bindAll(disk),
    async open(path, mode) {
      const file = await disk.open(path, mode);
      const whole: File = {
        path,
        size: () => file.size(),
        write: (offset, bytes) => file.write(offset, bytes),
        truncate: (size) => file.truncate(size),
        read: (offset, length) => file.read(offset, length),
        sync: () => file.sync(),
        close: () => file.close(),
      };
      return { ...whole, ...replace(file) };
    },
  };
}

const NAMES = ["a", "b", "dir/a", "dir/b"];
const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  fc.record({ kind: fc.constant("open" as const), path: name }),
  fc.record({ kind: fc.constant("rename" as const), path: name, to: name }),
  fc.record({ kind: fc.constant("remove" as const), path: name }),
  fc.record({ kind: fc.constant("write" as const), pick: fc.nat(), offset: fc.nat(50), length: fc.nat(20) }),
  fc.record({ kind: fc.constant("truncate" as const), pick: fc.nat(), size: fc.nat(50) }),
);

test("replaying the record gives the names and bytes of the disk", async () => {
  for (const steps of fc.sample(fc.array(step, { minLength: 20, maxLength: 60 }), { numRuns: 20, seed: 4 })) {
    await recorded(async (disk, ops, bare) => {
      await bare.mkdir("dir");
      writeAll(await bare.open("dir/a", "create"), 0, pattern(30, 9));
      // Read back through the recorder, as whoever replays a record has only what was touched.
      await disk.open("dir/a", "existing");
      const handles: File[] = [];
      for (const [salt, one] of steps.entries()) {
        const handle = "pick" in one ? handles[one.pick % Math.max(1, handles.length)] : undefined;
        if (one.kind === "open") handles.push(await disk.open(one.path, "create"));
        else if (one.kind === "rename") await failure(disk.rename(one.path, one.to));
        else if (one.kind === "remove") await failure(disk.remove(one.path));
        else if (one.kind === "write") handle?.write(one.offset, pattern(one.length, salt));
        else handle?.truncate(one.size);
      }
      const onDisk = new Map<string, number[]>();
      for (const path of NAMES) {
        if (await exists(bare, path))
          onDisk.set(path, await readAll(await bare.open(path, "existing"), 0, 1_000));
      }
      expect(replay(ops)).toEqual(onDisk);
    });
  }
});

async function exists(disk: Disk, path: string): Promise<boolean> {
  return (await failure(disk.open(path, "existing"))) === "none";
}

/** What the operations leave, by name. */
function replay(ops: readonly DiskOp[]): Map<string, number[]> {
  const names = new Map<string, number>();
  const files = new Map<number, number[]>();
  for (const op of ops) {
    if (op.kind === "create" || op.kind === "found") {
      expect(files.has(op.file)).toBe(false);
      names.set(op.path, op.file);
      files.set(op.file, op.kind === "found" ? [...op.bytes] : []);
    } else if (op.kind === "rename") {
      expect(names.get(op.from)).toBe(op.file);
      expect(names.get(op.to) ?? null).toBe(op.replaced);
      names.delete(op.from);
      names.set(op.to, op.file);
    } else if (op.kind === "remove") {
      expect(names.get(op.path)).toBe(op.file);
      names.delete(op.path);
    } else if (op.kind === "write" || op.kind === "truncate") {
      const bytes = files.get(op.file)!;
      const size = op.kind === "truncate" ? op.sizeBytes : op.offset;
      while (bytes.length < size) bytes.push(0);
      if (op.kind === "truncate") bytes.length = op.sizeBytes;
      else bytes.splice(op.offset, op.bytes.length, ...op.bytes);
    }
  }
  return new Map([...names].map(([path, file]) => [path, files.get(file)!]));
}
