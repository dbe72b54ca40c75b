// `seedstorm check` on small histories of its own: verdict, explanation, exit code, one line for bad input.
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cli } from "../support/cli.js";
import { cliHere } from "../support/main.js";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-check-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function history(name: string, reads: string): string {
  const file = join(directory, name);
  const line = (type: string, value: string): string => `{:process 0, :type :${type}, :f ${value}}\n`;
  writeFileSync(
    file,
    line("invoke", ':put, :key "a", :value "1"') +
      line("ok", ':put, :key "a", :value "1"') +
      line("invoke", ':get, :key "a", :value nil') +
      line("ok", `:get, :key "a", :value "${reads}"`),
  );
  return file;
}

it("holds a history that is linearizable, and explains one that is not", async () => {
  const good = await cli("check", history("good.edn", "1"), "--model", "kv", "--format", "porcupine-kv");
  expect([good.code, good.out.split(":")[0]]).toEqual([0, "linearizable"]);
  const bad = await cli("check", history("bad.edn", "2"), "--model", "kv", "--format", "porcupine-kv");
  expect(bad.code).toBe(1);
  expect(bad.out).toContain("violation:");
  expect(bad.out).toContain("fits nowhere:");
});

it("takes an empty file for a mistake, not for a history that holds", async () => {
  const file = join(directory, "empty.edn");
  writeFileSync(file, "\n");
  const { code, err, out } = await cliHere("check", file, "--model", "kv", "--format", "edn");
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(/^seedstorm: [^\n]*empty\.edn: [^\n]*no operations[^\n]*\n$/);
});

it.each([
  [["--format", "edn"], /^seedstorm: --model: expected one of register, kv, found none/],
  [["--model", "kv", "--format", "json"], /did you mean jsonl/],
  [["--model", "kv", "--format", "jsonl"], /good.edn:1: expected/],
])("says in one line what is wrong with %s", async (options, message) => {
  const { code, err, out } = await cliHere("check", history("good.edn", "1"), ...options);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(message);
  expect(err.trimEnd().split("\n").length).toBe(1);
});
