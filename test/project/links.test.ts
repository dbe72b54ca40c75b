// What the pages refer to is there, in the repository and in the package that is made of it.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** Paths from the root that the page links to. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/^```[^]*?^```/gm, "");
  return [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => normalize(join(dirname(page), target)));
}

test("whoever has the package can follow every link of its pages", () => {
  const words = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [listed] = JSON.parse(execFileSync("npm", words, { cwd: ROOT, encoding: "utf8", stdio: "pipe" })) as [
    { readonly files: readonly { readonly path: string }[] },
  ];
  const packed = new Set(listed.files.map(({ path }) => path));
  expect(PAGES.filter((page) => !packed.has(page))).toEqual([]);
  const broken = PAGES.flatMap((page) =>
    linksOf(page)
      .filter((target) => !packed.has(target))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});
