import { expect, test } from "vitest";
import type { OpenMode } from "#engines/env/index.js";
import type { ContractHarness } from "../contract.js";
import { bytesOf, contentOf, failure, fileWith, readAll, writeAll } from "./support.js";

const MODES: readonly OpenMode[] = ["existing", "create", "exclusive"];

export function namesContract({ run }: ContractHarness): void {
  test("existing: ENOENT where there is none, and none is made", () =>
    run(async ({ disk }) => {
      expect(await failure(disk.open("log", "existing"))).toBe("ENOENT");
      expect(await disk.list("")).toEqual([]);
    }));

  test("create: makes an empty file, and opens one that is there as it is", () =>
    run(async ({ disk }) => {
      const made = await disk.open("log", "create");
      expect(made.path).toBe("log");
      expect(made.size()).toBe(0);
      writeAll(made, 0, bytesOf(1, 2, 3));
      const again = await disk.open("log", "create");
      expect(await readAll(again, 0, 9)).toEqual([1, 2, 3]);
    }));

  test("exclusive: makes an empty file, EEXIST where there is one", () =>
    run(async (env) => {
      await fileWith(env, "log", bytesOf(7));
      expect(await failure(env.disk.open("log", "exclusive"))).toBe("EEXIST");
      expect(await contentOf(env, "log")).toEqual([7]);
    }));

  test("a directory can't be opened: EISDIR, or EEXIST where a new file was wanted", () =>
    run(async ({ disk }) => {
      await disk.mkdir("dir");
      for (const path of ["dir", ""]) {
        const codes = await Promise.all(MODES.map((mode) => failure(disk.open(path, mode))));
        expect(codes).toEqual(["EISDIR", "EISDIR", "EEXIST"]);
      }
    }));

  test("mkdir: EEXIST where the name is taken", () =>
    run(async (env) => {
      await env.disk.mkdir("dir");
      await fileWith(env, "file", bytesOf(1));
      for (const path of ["dir", "file", ""]) expect(await failure(env.disk.mkdir(path))).toBe("EEXIST");
      expect(await env.disk.list("")).toEqual(["dir", "file"]);
    }));

  test("ENOENT where a directory on the way is missing", () =>
    run(async (env) => {
      const { disk } = env;
      await fileWith(env, "file", bytesOf(1));
      for (const mode of MODES) expect(await failure(disk.open("no/log", mode))).toBe("ENOENT");
      expect(await failure(disk.mkdir("no/dir"))).toBe("ENOENT");
      expect(await failure(disk.remove("no/log"))).toBe("ENOENT");
      expect(await failure(disk.rename("no/log", "log"))).toBe("ENOENT");
      expect(await failure(disk.rename("file", "no/log"))).toBe("ENOENT");
      for (const path of ["no", "no/dir"]) {
        expect(await failure(disk.list(path))).toBe("ENOENT");
        expect(await failure(disk.syncDir(path))).toBe("ENOENT");
      }
      expect(await disk.list("")).toEqual(["file"]);
    }));

  test("ENOTDIR where a file stands in the way of a path", () =>
    run(async (env) => {
      const { disk } = env;
      await fileWith(env, "file", bytesOf(1));
      await fileWith(env, "other", bytesOf(2));
      for (const mode of MODES) expect(await failure(disk.open("file/log", mode))).toBe("ENOTDIR");
      expect(await failure(disk.mkdir("file/dir"))).toBe("ENOTDIR");
      expect(await failure(disk.remove("file/log"))).toBe("ENOTDIR");
      expect(await failure(disk.rename("file/log", "log"))).toBe("ENOTDIR");
      expect(await failure(disk.rename("other", "file/log"))).toBe("ENOTDIR");
      for (const path of ["file", "file/dir"]) {
        expect(await failure(disk.list(path))).toBe("ENOTDIR");
        expect(await failure(disk.syncDir(path))).toBe("ENOTDIR");
      }
    }));

  test.each(["..", ".", "/", "/log", "a/../log", "./log", "dir//log", "dir/", "dir/.."])(
    "EINVAL for %j",
    (path) =>
      run(async (env) => {
        const { disk } = env;
        await disk.mkdir("dir");
        await fileWith(env, "file", bytesOf(1));
        const codes = await Promise.all([
          ...MODES.map((mode) => failure(disk.open(path, mode))),
          failure(disk.mkdir(path)),
          failure(disk.remove(path)),
          failure(disk.rename(path, "new")),
          failure(disk.rename("file", path)),
          failure(disk.list(path)),
          failure(disk.syncDir(path)),
        ]);
        expect(new Set(codes)).toEqual(new Set(["EINVAL"]));
        expect(await disk.list("")).toEqual(["dir", "file"]);
      }),
  );

  test("rename: the bytes get the new name and lose the old one", () =>
    run(async (env) => {
      const { disk } = env;
      await disk.mkdir("dir");
      const file = await fileWith(env, "old", bytesOf(1, 2));
      await disk.rename("old", "dir/new");
      expect(await failure(disk.open("old", "existing"))).toBe("ENOENT");
      expect(await contentOf(env, "dir/new")).toEqual([1, 2]);
      expect(await disk.list("")).toEqual(["dir"]);
      // The handle goes on working, under the path that it was opened by.
      writeAll(file, 2, bytesOf(3));
      await file.sync();
      expect(file.path).toBe("old");
      expect(await contentOf(env, "dir/new")).toEqual([1, 2, 3]);
    }));

  test("rename: replaces the file that has the name; a handle on that one keeps its bytes", () =>
    run(async (env) => {
      const { disk } = env;
      const old = await fileWith(env, "CURRENT", bytesOf(1));
      await fileWith(env, "CURRENT.tmp", bytesOf(2));
      await disk.rename("CURRENT.tmp", "CURRENT");
      expect(await disk.list("")).toEqual(["CURRENT"]);
      expect(await contentOf(env, "CURRENT")).toEqual([2]);
      writeAll(old, 1, bytesOf(9));
      await old.sync();
      expect(await readAll(old, 0, 9)).toEqual([1, 9]);
      expect(await contentOf(env, "CURRENT")).toEqual([2]);
    }));

  test("rename: ENOENT without a file, EISDIR for directories, and nothing changes", () =>
    run(async (env) => {
      const { disk } = env;
      await disk.mkdir("dir");
      await fileWith(env, "file", bytesOf(1));
      expect(await failure(disk.rename("none", "file"))).toBe("ENOENT");
      expect(await failure(disk.rename("none", "none"))).toBe("ENOENT");
      expect(await failure(disk.rename("file", "dir"))).toBe("EISDIR");
      expect(await failure(disk.rename("dir", "new"))).toBe("EISDIR");
      expect(await failure(disk.rename("dir", "file"))).toBe("EISDIR");
      expect(await failure(disk.rename("", "new"))).toBe("EISDIR");
      await disk.rename("file", "file");
      expect(await disk.list("")).toEqual(["dir", "file"]);
      expect(await contentOf(env, "file")).toEqual([1]);
    }));

  test("remove: the name is free, and an open handle goes on working", () =>
    run(async (env) => {
      const { disk } = env;
      const old = await fileWith(env, "log", bytesOf(1));
      await disk.remove("log");
      expect(await disk.list("")).toEqual([]);
      expect(await failure(disk.open("log", "existing"))).toBe("ENOENT");
      await fileWith(env, "log", bytesOf(5, 6));
      writeAll(old, 1, bytesOf(2));
      await old.sync();
      expect(old.size()).toBe(2);
      expect(await readAll(old, 0, 9)).toEqual([1, 2]);
      expect(await contentOf(env, "log")).toEqual([5, 6]);
    }));

  test("remove: ENOENT where it is missing, EISDIR for a directory", () =>
    run(async ({ disk }) => {
      await disk.mkdir("dir");
      expect(await failure(disk.remove("log"))).toBe("ENOENT");
      expect(await failure(disk.remove("dir"))).toBe("EISDIR");
      expect(await failure(disk.remove(""))).toBe("EISDIR");
      expect(await disk.list("")).toEqual(["dir"]);
    }));

  test("list: the names in one directory, files and directories, by code unit", () =>
    run(async (env) => {
      // By code point the emoji would come last, by locale "a" would come before "B".
      const sorted = ["10", "9", "B", "a", "b", "é", "\u{1f600}", "\uff5e"];
      await env.disk.mkdir("a");
      for (const name of sorted.toReversed()) if (name !== "a") await fileWith(env, name, bytesOf());
      await env.disk.mkdir("a/sub");
      await fileWith(env, "a/inner", bytesOf(1));
      expect(await env.disk.list("")).toEqual(sorted);
      expect(await env.disk.list("a")).toEqual(["inner", "sub"]);
      expect(await env.disk.list("a/sub")).toEqual([]);
    }));

  test("syncDir resolves, for the root and below, whether anything changed or not", () =>
    run(async (env) => {
      await env.disk.mkdir("dir");
      await fileWith(env, "dir/log", bytesOf(1));
      await Promise.all([env.disk.syncDir("dir"), env.disk.syncDir(""), env.disk.syncDir("")]);
      expect(await env.disk.list("dir")).toEqual(["log"]);
    }));
}
