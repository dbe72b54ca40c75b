/** The examples that talk to the package's own entries are typed as those are. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLES = ["embedded-broker.mjs", "broker-client.mjs", "stores.mjs"];

test("the examples use the package as its types say", () => {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = ["--ignoreConfig", "--allowJs", "--checkJs", "--noEmit", "--strict", "--skipLibCheck"];
  const target = ["--module", "nodenext", "--target", "es2022", "--lib", "es2023", "--types", "node"];
  const files = EXAMPLES.map((name) => join(ROOT, "docs/examples", name));
  const words = [tsc, ...options, ...target, ...files];
  expect(execFileSync(process.execPath, words, { cwd: ROOT, encoding: "utf8" })).toBe("");
});
