/** docs/bring-your-own.md, as it is written. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { PageData } from "#reports/page/shared/model.js";
import { cli } from "../support/cli.js";
import { WAIT_MS } from "../support/within.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLE = join(ROOT, "docs/examples/replicated-counter.ts");
const guide = readFileSync(join(ROOT, "docs/bring-your-own.md"), "utf8");
const counter = readFileSync(EXAMPLE, "utf8");
const folder = mkdtempSync(join(tmpdir(), "seedstorm-guide-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The blocks of code in this language. */
function blocks(language: string): string[] {
  return [...guide.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text!);
}

test("shows the whole example", () => {
  expect(blocks("ts")[0]).toBe(counter);
  const lines = counter.split("\n").filter((line) => !/^\s*(\/\/.*|\/\*\*.*\*\/)?$/.test(line));
  expect(guide).toContain(`${lines.length} lines of TypeScript`);
});

test.concurrent("the counter keeps its promise", async () => {
  const { code, out } = await cli("run", EXAMPLE, "--count", "200");
  expect(out).toContain("held: 200 seeds");
  expect(code).toBe(0);
});

test.concurrent("the mistake that the guide plants is found", async () => {
  const [before, after] = blocks("diff")[0]!
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(1));
  expect(counter.split(before!)).toHaveLength(2);
  const path = join(folder, "careless-counter.ts");
  writeFileSync(path, counter.replace(before!, after!));
  const { code, out } = await cli("run", path, "--count", "200");
  expect(out).toMatch(/^seed \d+ {2}FAIL {2}replicated-counter\/lost {2}/m);
  expect(out).not.toMatch(/FAIL {2}(?!replicated-counter\/lost)/);
  expect(code).toBe(1);
});

test.concurrent("its tracks are drawn on the page", async () => {
  let shown = counter.replace(
    "import type",
    'import type { Observation } from "seedstorm/env";\nimport type',
  );
  for (const hunk of blocks("diff")[1]!.split("@@\n").slice(1)) {
    const [context, ...added] = hunk.trimEnd().split("\n");
    const line = `${context!.slice(1)}\n`;
    expect(counter.split(line)).toHaveLength(2);
    shown = shown.replace(line, `${line}${added.map((each) => `${each.slice(1)}\n`).join("")}`);
  }
  const path = join(folder, "shown-counter.ts");
  const page = join(folder, "page.html");
  writeFileSync(path, shown);
  const { code } = await cli("replay", path, "--seed", "0", "--html", page);
  expect(code).toBe(0);
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(
    readFileSync(page, "utf8"),
  )![1]!;
  const { tracks } = JSON.parse(json) as PageData;
  expect(tracks.map(({ group, name }) => `${group} ${name}`).toSorted()).toEqual(
    ["s1", "s2", "s3"].map((name) => `counter ${name}`),
  );
  for (const { lines } of tracks) {
    expect(lines.map(({ name, isFilled }) => [name, isFilled])).toEqual([
      ["kept", false],
      ["synced", true],
    ]);
    expect(lines.every(({ points }) => points.length > 10)).toBe(true);
  }
});

test.concurrent("its types are those of the package", async () => {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: "nodenext",
    target: "es2022",
    lib: ["es2023"],
    types: ["node"],
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
  };
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [EXAMPLE] }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const said = await new Promise<string>((resolve) => {
    const options = { timeout: WAIT_MS };
    execFile(process.execPath, [tsc, "-p", folder], options, (error, out, err) =>
      resolve(`${out}${err}${error?.killed === true ? "tsc was killed: it took too long" : ""}`),
    );
  });
  expect(said).toBe("");
});
