/** docs/broker.md, as it is written. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { WAIT_MS } from "../support/within.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLE = join(ROOT, "docs/examples/embedded-broker.mjs");
const folder = mkdtempSync(join(tmpdir(), "seedstorm-broker-guide-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: WAIT_MS }, (error, out, err) =>
      resolve(`${out}${err}${error?.killed === true ? "it was killed: it took too long" : ""}`),
    );
  });
}

test("shows the whole example", () => {
  const guide = readFileSync(join(ROOT, "docs/broker.md"), "utf8");
  expect(guide).toContain(`\`\`\`js\n${readFileSync(EXAMPLE, "utf8")}\`\`\`\n`);
});

test.concurrent("a broker runs inside a program, and ends in order", async () => {
  const data = join(folder, "data");
  expect(await run(EXAMPLE, data)).toBe("[ 0, 1, 2 ]\n0 a chair\n1 a table\n2 a lamp\n");
  expect(readFileSync(join(data, "broker/clean-shutdown")).length).toBeGreaterThan(0);
});

test.concurrent("its types are those of the package", async () => {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = ["--ignoreConfig", "--allowJs", "--checkJs", "--noEmit", "--strict", "--skipLibCheck"];
  const target = ["--module", "nodenext", "--target", "es2022", "--lib", "es2023", "--types", "node"];
  expect(await run(tsc, ...options, ...target, EXAMPLE)).toBe("");
});
