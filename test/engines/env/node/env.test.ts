import { existsSync } from "node:fs";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DiskError, type Observation } from "#engines/env/index.js";
import { nodeEnv } from "#engines/env/node/index.js";
import { bytesOf, contentOf, failure, fileWith, thrown } from "../contract/support.js";
import { inDirectory } from "../node-harness.js";

test("the root is made, and a new incarnation finds the files below it", () =>
  inDirectory(async (directory) => {
    const root = join(directory, "data", "deep", "a");
    const first = await nodeEnv({ node: "a", root });
    await first.disk.mkdir("wal");
    const file = await fileWith(first, "wal/1.log", bytesOf(1, 2, 3));
    await file.sync();
    await first.close();
    expect([...(await readFile(join(root, "wal", "1.log")))]).toEqual([1, 2, 3]);
    const second = await nodeEnv({ node: "a", root });
    expect(await contentOf(second, "wal/1.log")).toEqual([1, 2, 3]);
    await second.close();
  }));

test("a root that can't be made is a DiskError", () =>
  inDirectory(async (directory) => {
    await writeFile(join(directory, "file"), "");
    await symlink(join(directory, "gone"), join(directory, "dangling"));
    expect(await failure(nodeEnv({ node: "a", root: join(directory, "file") }))).toBe("EEXIST");
    expect(await failure(nodeEnv({ node: "a", root: join(directory, "file", "a") }))).toBe("ENOTDIR");
    expect(await failure(nodeEnv({ node: "a", root: join(directory, "dangling") }))).toBe("EEXIST");
  }));

// Node's own recursive mkdir goes on for ever there.
test.runIf(process.platform === "linux")("a root is refused below a directory that says ENOENT", async () => {
  expect(await failure(nodeEnv({ node: "a", root: "/proc/seedstorm/a" }))).toBe("ENOENT");
});

test("roots with the same parents can be made at once", () =>
  inDirectory(async (directory) => {
    const roots = ["a", "b", "c", "d"].map((name) => join(directory, "data", "deep", name));
    for (const env of await Promise.all(roots.map((root) => nodeEnv({ node: "a", root })))) await env.close();
    expect(roots.every((root) => existsSync(root))).toBe(true);
  }));

test("close gives files and timers back, after the calls that still run", () =>
  inDirectory(async (root) => {
    const env = await nodeEnv({ node: "a", root, disk: { sync: "threadpool", read: "threadpool" } });
    let fired = false;
    env.clock.setTimer(400_000, () => (fired = true));
    const file = await fileWith(env, "log", bytesOf(1));
    const [synced, read] = [failure(file.sync()), file.read(0, 1)];
    await env.close();
    expect(await synced).toBe("none");
    expect(await read).toEqual(bytesOf(1));
    expect(thrown(() => file.size())).toBe("EBADF");
    env.clock.setTimer(0, () => (fired = true));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(fired).toBe(false);
  }));

test("a cancelled timer does not keep the process alive", () =>
  inDirectory(async (root) => {
    const timeouts = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const env = await nodeEnv({ node: "a", root });
    const before = timeouts();
    const timer = env.clock.setTimer(3_600_000_000, () => undefined);
    expect(timeouts()).toBe(before + 1);
    timer.cancel();
    expect(timeouts()).toBe(before);
    await env.close();
  }));

test("a timer far beyond Node's limit of 25 days does not fire at once", () =>
  inDirectory(async (root) => {
    const env = await nodeEnv({ node: "a", root });
    let fired = false;
    const warnings: string[] = [];
    const warned = (warning: Error): void => void warnings.push(warning.name);
    process.on("warning", warned);
    env.clock.setTimer(100 * 24 * 3600 * 1_000_000, () => (fired = true));
    await env.clock.sleep(5_000);
    process.off("warning", warned);
    expect(fired).toBe(false);
    expect(warnings).toEqual([]);
    await env.close();
  }));

test("timers fire in order after the loop stood still, each with its promises settled before the next", () =>
  inDirectory(async (root) => {
    const env = await nodeEnv({ node: "a", root });
    const fired: string[] = [];
    for (const [name, durationUs] of [
      ["c", 3_000],
      ["a", 200],
      ["d", 9_000],
      ["b", 1_400],
    ] as const) {
      env.clock.setTimer(durationUs, () => {
        fired.push(name);
        void Promise.resolve().then(() => fired.push(`${name} settled`));
      });
    }
    const began = env.clock.nowUs();
    while (env.clock.nowUs() - began < 12_000);
    await env.clock.sleep(5_000);
    expect(fired).toEqual(["a", "b", "c", "d"].flatMap((name) => [name, `${name} settled`]));
    await env.close();
  }));

test("the hooks hear what the engine tells, and no rare path is taken on purpose", () =>
  inDirectory(async (root) => {
    const heard: unknown[] = [];
    const env = await nodeEnv({
      node: "a",
      root,
      onLog: (message) => heard.push(message),
      onReached: (mark) => heard.push(mark),
      onObserve: (event) => heard.push(event),
    });
    const event: Observation = { kind: "test/happened" };
    env.log("line");
    env.reached("mark");
    env.observe(event);
    expect(heard).toEqual(["line", "mark", event]);
    expect(Array.from({ length: 100 }, () => env.buggify("point"))).not.toContain(true);
    await env.close();
  }));

test("what a hook throws goes to onError, and does not strike the engine", () =>
  inDirectory(async (root) => {
    const mistake = new Error("a listener's mistake");
    const errors: unknown[] = [];
    const hook = (): void => {
      throw mistake;
    };
    const env = await nodeEnv({
      node: "a",
      root,
      onLog: hook,
      onReached: hook,
      onObserve: hook,
      onError: (error) => errors.push(error),
    });
    env.log("line");
    env.reached("mark");
    env.observe({ kind: "test/happened" });
    expect(errors).toEqual([mistake, mistake, mistake]);
    await env.close();
  }));

test("a code that the seam doesn't know is EIO, with the code and the place in the text", () =>
  inDirectory(async (root) => {
    const env = await nodeEnv({ node: "a", root });
    const error: unknown = await env.disk.mkdir("x".repeat(300)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DiskError);
    expect(error).toMatchObject({
      code: "EIO",
      message: expect.stringMatching(/at mkdir x+ \(ENAMETOOLONG\)/),
    });
    await env.close();
  }));

test.skipIf(!existsSync("/dev/full"))(
  "a full device is ENOSPC, with operation, path and offset in the text",
  () =>
    inDirectory(async (root) => {
      const env = await nodeEnv({ node: "a", root });
      await symlink("/dev/full", join(root, "log"));
      const file = await env.disk.open("log", "existing");
      expect(() => file.write(5, bytesOf(1))).toThrow(/^ENOSPC: .* at write log at 5;/);
      await env.close();
    }),
);
