/**
 * `simTest` as a user has it: the package in a node_modules/ of theirs, and a vitest of their own that runs over
 * the tests of docs/bring-your-own.md.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { within } from "../support/within.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "seedstorm-sim-test-"));
const counter = readFileSync(join(ROOT, "docs/examples/replicated-counter.ts"), "utf8");
const guide = readFileSync(join(ROOT, "docs/bring-your-own.md"), "utf8");

interface Ran {
  readonly code: number | null;
  readonly text: string;
}

beforeAll(() => {
  const packages = join(folder, "node_modules");
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), "vitest", "@types/node"]) {
    mkdirSync(dirname(join(packages, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(packages, name));
  }
  for (const part of ["package.json", "dist"]) {
    cpSync(join(ROOT, part), join(packages, "seedstorm", part), { recursive: true });
  }
  write("package.json", '{ "type": "module" }');
  write("replicated-counter.ts", counter);
  write("careless-counter.ts", counter.replace("await file.sync();", "void file.sync();"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function run(...args: string[]): Promise<Ran> {
  // Nothing of the vitest around this one.
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" };
  const child = spawn(process.execPath, args, { cwd: folder, env });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => (text += data.toString()));
  }
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });
  const what = (): string => `the end of ${args.join(" ")}, which said: ${text}`;
  return within(what, ended).finally(() => child.kill("SIGKILL"));
}

const [snippet] = /import \{ simTest \}[^]*?(?=```)/.exec(guide)!;

test.concurrent("the guide's test holds, and one of a careless counter says how to replay it", async () => {
  write("counter.test.ts", snippet);
  write("careless.test.ts", snippet.replaceAll("replicated-counter.ts", "careless-counter.ts"));
  write("setup.ts", 'import "seedstorm/vitest";\nimport { vi } from "vitest";\nvi.useFakeTimers();');
  write("vitest.config.js", 'export default { test: { setupFiles: ["./setup.ts"] } };');
  const { code, text } = await run("node_modules/vitest/vitest.mjs", "run");
  expect(text).toContain("Tests  1 failed | 1 passed (2)");
  expect(text).toContain("careless.test.ts > replicated-counter holds");
  expect(text).toContain(
    "SEED_FAILED: expected replicated-counter/lost to hold, found acknowledged, and gone: ",
  );
  expect(text).toMatch(/^ {2}npx seedstorm replay careless-counter\.ts --seed \d+$/m);
  expect(text).not.toMatch(/unhandled/i);
  expect(code).toBe(1);
});

test.concurrent("its types are those of the package", async () => {
  const more = 'import { checkSeeds } from "seedstorm/testing";\n// @ts-expect-error no such fault\n';
  write("typed.ts", `${snippet}${more}void checkSeeds(counter, { seeds: 9, faults: { storm: true } });`);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: "nodenext",
    target: "es2022",
    types: ["node"],
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
  };
  write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["typed.ts"] }));
  expect(await run(join(ROOT, "node_modules/typescript/bin/tsc"))).toEqual({ code: 0, text: "" });
});
