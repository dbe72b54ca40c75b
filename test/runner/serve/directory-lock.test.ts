import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDirectory } from "#runner/serve/directory-lock.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test.runIf(process.platform === "linux")("one at a time has a directory, by whatever path", async () => {
  const alias = join(directory, "alias");
  symlinkSync(directory, alias);
  const lock = await lockDirectory(directory);
  expect(lock).toBeDefined();
  expect(await lockDirectory(directory)).toBeUndefined();
  expect(await lockDirectory(alias)).toBeUndefined();
  await lock!.release();
  const next = await lockDirectory(alias);
  expect(next).toBeDefined();
  await next!.release();
});
