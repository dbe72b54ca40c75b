/** Scenarios in TypeScript, as users bring them: the built command line over modules in a folder of theirs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { stripTypes, TypeScriptProblem } from "#runner/loading/strip-types.js";
import { cli } from "../support/cli.js";

const folder = mkdtempSync(join(tmpdir(), "seedstorm-load-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file of the user's and gives its path. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

// What no module here is to meet: a package of the same name, and a format that is not that of the modules.
file("package.json", JSON.stringify({ name: "theirs", type: "commonjs" }));
file("node_modules/seedstorm/package.json", JSON.stringify({ name: "seedstorm", exports: "./other.js" }));
file("node_modules/seedstorm/other.js", "throw new Error('another copy');");

file("lib/first.ts", "export const FIRST: number = 1;");
file("lib/second.mts", 'import { FIRST } from "./first.js";\nexport const SECOND: number = FIRST + 1;');
file("lib/third.js", "export const THIRD = 3;");
file("lib/data.json", "[4]");
const WHOLE = file(
  "whole.ts",
  `import type { Program, Scenario } from "seedstorm";
import { HONEST_PROFILE } from "seedstorm";
import { DiskError, type Env } from "seedstorm/env";
import { FIRST } from "./lib/first.ts";
import { SECOND } from "./lib/second.mjs";
import data from "./lib/data.json" with { type: "json" };

interface Opened { readonly how: "found" | "missing" }

async function open<T extends Env>(env: T): Promise<Opened> {
  try {
    await env.disk.open("nowhere", "existing");
    return { how: "found" };
  } catch (error) {
    // True only where the error's class is the one of the very module that the simulator uses.
    if (error instanceof DiskError) return { how: "missing" };
    throw error;
  }
}

const program: Program = async (env) => {
  const { how } = (await open(env)) as Opened;
  env.reached(\`my/\${how}\`);
  await env.clock.sleep(FIRST + SECOND + data[0]!);
};

export default {
  name: "whole",
  summary: "imports this and that",
  parameters: {},
  faults: {},
  mustReach: ["my/missing"],
  coverageSeeds: 10,
  async drive(run) {
    if (HONEST_PROFILE === undefined) throw new Error("no value behind the name");
    await run.world.boot(run.world.addNode("n1"), program).exited;
  },
} satisfies Scenario;
`,
);

test.concurrent("runs in worker threads and again in verifying processes", async () => {
  const { code, out, err } = await cli("run", WHOLE, "--count", "12", "--workers", "2", "--verify");
  expect(err).toBe("");
  expect(out).toContain("verified: 12 seeds ran again with the same trace");
  expect(code).toBe(0);
});

test.concurrent("stack traces have the lines and columns of the source", async () => {
  const text = `import type { Scenario } from "seedstorm";
type Ghost = { readonly line: 2 };
const fail = (reason: string): never => { throw new Error(reason); };
export default {
  name: "fails", summary: "", parameters: {}, faults: {}, mustReach: [], coverageSeeds: 1,
  drive: async (run: unknown): Promise<void> => fail("as it must"),
} satisfies Scenario as Scenario & Partial<Ghost>;
`;
  const { code, out } = await cli("replay", file("fails.ts", text), "--seed", "1");
  expect(code).toBe(1);
  expect(out).toContain("fails.ts:3:49");
  expect(out).toContain("fails.ts:6:49");
});

const LINES: readonly (readonly [name: string, text: string, line: RegExp])[] = [
  [
    "syntax.ts",
    "export const a: number = 1;\nexport default a b;\n",
    /syntax\.ts:2:18: expected TypeScript that/,
  ],
  [
    "enum.ts",
    "enum Colour { Red }\nexport default Colour;",
    /enum\.ts:1:1: .*found a TypeScript enum; write it/,
  ],
  ["deep.ts", 'import "./enum.ts";\nexport default 1;', /enum\.ts:1:1: .*found a TypeScript enum/],
  [
    "name.ts",
    'import { Scenario } from "seedstorm";',
    /named 'Scenario' \(file:.*name\.ts:1\).*`import type`/,
  ],
  ["throws.mts", "const a: number = 1;\n\nthrow new Error(`so ${a}`);", /so 1 \(file:.*throws\.mts:3:7\)/],
  ["throws-null.ts", "throw null;", /found .*throws-null\.ts: null; make it load/],
  ["missing.ts", 'import "./nowhere.js";', /Cannot find module '.*nowhere\.js' imported from .*missing\.ts/],
  ["nothing.ts", "export const a: number = 1;", /a default export that is a scenario, found undefined/],
  [
    "page.tsx",
    "export default 1;",
    /an ES module: \.ts, \.mts, \.js or \.mjs, found .*; write it without JSX/,
  ],
  ["old.cts", "export default 1;", /found .*old\.cts; write it with import and export/],
  ["notes.txt", "export default 1;", /found .*notes\.txt; choose a module/],
];

test.concurrent.each(LINES)("%s is refused in one line", async (name, text, line) => {
  const { code, out, err } = await cli("run", file(name, text), "--count", "1");
  expect(err).toMatch(line);
  expect(err.trimEnd()).not.toContain("\n");
  expect(out).toBe("");
  expect(code).toBe(2);
});

test.concurrent("a folder is refused in one line", async () => {
  const { code, err } = await cli("run", folder);
  expect(err).toMatch(/^seedstorm: <scenario>: expected a module, found the directory .*; name the file\n$/);
  expect(code).toBe(2);
});

test("erasing leaves everything where it stood", () => {
  const source =
    "const ü = <T>(a?: T): a is T => !!a; let b!: string; export type { X } from './x';\ncall<1>(b as any)";
  const erased = stripTypes(source, "a.ts");
  expect(erased).toHaveLength(source.length);
  expect(erased.split("\n")).toHaveLength(2);
  for (const word of ["ü", "!!a", "let b", "call", "(b"])
    expect(erased.indexOf(word)).toBe(source.indexOf(word));
});

test.each([
  ["namespace N { export const x = 1 }", "namespace declaration"],
  ["module N { export const x = 1 }", "namespace declaration"],
  ["class A { constructor(private a: 1) {} }", "parameter property"],
  ["import x = require('y')", "import equals declaration"],
  ["export = 1", "export assignment"],
  ["const a = <any>1", "angle-bracket"],
])("%s is more than a type", (source, what) => {
  const refused = (): string => stripTypes(`\n${source}`, "a.ts");
  expect(refused).toThrow(TypeScriptProblem);
  expect(refused).toThrow(/^a\.ts:2:\d+: /);
  expect(refused).toThrow(what);
});
