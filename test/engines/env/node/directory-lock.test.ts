import { mkdirSync, mkdtempSync, rmSync, rmdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DirectoryInUse, type SeedstormError } from "#engines/env/index.js";
import { lockDirectory } from "#engines/env/node/directory-lock.js";
import { nodeEnv } from "#engines/env/node/index.js";

/** What the call ended with: the code of its error, or "none". */
function failure(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "none",
    (error: unknown) => (error as SeedstormError).code,
  );
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe.runIf(process.platform === "linux")("one at a time has a directory", () => {
  test("by whatever path", async () => {
    const alias = join(directory, "alias");
    symlinkSync(directory, alias);
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(DirectoryInUse);
    await expect(lockDirectory(alias)).rejects.toMatchObject({
      code: "DIRECTORY_IN_USE",
      message: `DIRECTORY_IN_USE: expected a directory that nobody else has open, found one that another environment of this process has open, at ${alias}; end that one, or use another directory`,
    });
    await lock.release();
    await (await lockDirectory(alias)).release();
  });

  test("for as long as it has it, also where the directory is gone and its number would be another one's", async () => {
    const old = join(directory, "old");
    mkdirSync(old);
    const lock = await lockDirectory(old);
    rmdirSync(old);
    for (const name of ["a", "b", "c"]) {
      mkdirSync(join(directory, name));
      await (await lockDirectory(join(directory, name))).release();
    }
    await lock.release();
  });

  test("from its first use for writing until the environment is closed", async () => {
    const [first, second] = [
      await nodeEnv({ node: "a", root: directory }),
      await nodeEnv({ node: "b", root: directory }),
    ];
    expect(await first.disk.list("")).toEqual([]);
    await second.disk.mkdir("b");
    expect(await first.disk.list("")).toEqual(["b"]);
    const refused = [
      first.disk.mkdir("a"),
      first.disk.open("a", "create"),
      first.disk.open("a", "existing"),
      first.disk.rename("a", "c"),
      first.disk.remove("a"),
    ];
    expect(await Promise.all(refused.map(failure))).toEqual(refused.map(() => "DIRECTORY_IN_USE"));
    await second.close();
    // What was refused once is no reason to refuse it again.
    await first.disk.mkdir("a");
    await first.close();
  });

  test("and a call that runs at the close ends before the next one gets it", async () => {
    const first = await nodeEnv({ node: "a", root: directory });
    const made = failure(first.disk.mkdir("a"));
    await first.close();
    const second = await nodeEnv({ node: "a", root: directory });
    expect(await failure(second.disk.mkdir("a"))).toBe("EEXIST");
    expect(await made).toBe("none");
    expect(await failure(first.disk.mkdir("late"))).toBe("EBADF");
    await second.close();
  });
});
