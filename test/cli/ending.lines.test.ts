/** The built command line, where something ends the process before the command is done. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cli, startCli } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function module(name: string, top: string): string {
  const path = join(directory, `${name}.mjs`);
  writeFileSync(path, `${top}\nexport default {};\n`);
  return path;
}

describe.concurrent("no exit code is taken for a verdict that nobody reached", () => {
  test.each([
    ["exits with 0", "process.exit(0);", "the module ended the process while it was loaded"],
    ["exits with 1", "process.exit(1);", "the module ended the process while it was loaded"],
    ["ends in a hurry", "process.reallyExit(0);", "the module ended the process while it was loaded"],
    ["never loads", "await new Promise(() => {});", "its top level waits for something that never comes"],
  ])("a module that %s", async (name, top, why) => {
    const path = module(name.replaceAll(" ", "-"), top);
    for (const words of [
      ["run", path],
      ["replay", path, "--seed", "1"],
      ["fuzz", path],
    ]) {
      const { code, out, err } = await cli(...words);
      expect(err).toMatch(/^seedstorm: <scenario>: expected a module that loads, found [^\n]+\n$/);
      expect(err).toContain(why);
      expect(out).toBe("");
      expect(code).toBe(2);
    }
  });

  test("an error that nobody catches", async () => {
    const top = `setTimeout(() => { throw new Error("astray"); }, 1);\nawait new Promise((go) => setTimeout(go, 5_000));`;
    const thrown = await cli("run", module("throws", top));
    expect(thrown.code).toBe(70);
    expect(thrown.err).toMatch(/^seedstorm: this is a bug in seedstorm itself[^]*Error: astray/);
    const rejected = await cli(
      "run",
      module("rejects", top.replace("throw", "void Promise.reject(").replace(");", "));")),
    );
    expect(rejected.code).toBe(70);
    expect(rejected.err).toContain("this is a bug in seedstorm itself");
  });

  test("a scenario that ends the process behind the back of the guard", async () => {
    const trouble = scenarioPath("trouble");
    const dies = ["--param", "kind=dies"];
    const traces = mkdtempSync(join(directory, "traces-"));
    const results = await Promise.all([
      cli("replay", trouble, "--seed", "7", ...dies, "--trace", join(traces, "t.jsonl")),
      cli("diff", `${trouble}:7`, `${trouble}:8`, ...dies),
    ]);
    for (const { code, err } of results) {
      expect(err).toMatch(
        /^seedstorm: the process was ended \(exit code 3\) before the command was done[^\n]*\n$/,
      );
      expect(code).toBe(70);
    }
    expect(readdirSync(traces)).toEqual([]);
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk behind stdout is not silent", async () => {
    const { code, err } = await startCli(["list"], "exec > /dev/full").result;
    expect(err).toBe(
      "seedstorm: stdout: expected a place that can be written, found ENOSPC; free some space\n",
    );
    expect(code).toBe(2);
  });
});
