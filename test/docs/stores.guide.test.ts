/** docs/stores.md, as it is written. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "docs/examples/stores.mjs");

test("shows the whole example", () => {
  const guide = readFileSync(join(ROOT, "docs/stores.md"), "utf8");
  expect(guide).toContain(`\`\`\`js\n${readFileSync(EXAMPLE, "utf8")}\`\`\`\n`);
});

test("which says what its comments say, also on a store that is there already", () => {
  const folder = mkdtempSync(join(tmpdir(), "seedstorm-stores-guide-"));
  try {
    for (let times = 0; times < 2; times++) {
      expect(execFileSync(process.execPath, [EXAMPLE, folder], { encoding: "utf8" })).toBe(
        "ada -> ada lovelace\nuser/2 grace\nuser/1 ada lovelace\nSTORE_TOO_LARGE failed true\n",
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
