/** The commands in docs/ci do what they say, with the command line as it is. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scenarioPath } from "../support/load.js";
import { within } from "../support/within.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The block of text that follows the first line ending in `|` after `mark`, without its indentation. */
function script(file: string, mark: string): string {
  const lines = readFileSync(join(ROOT, "docs/ci", file), "utf8").split("\n");
  const marked = lines.findIndex((line) => line.includes(mark));
  const from = lines.findIndex((line, i) => i > marked && line.endsWith("|")) + 1;
  const indent = /^ */.exec(lines[from]!)![0];
  const end = lines.findIndex((line, i) => i > from && line !== "" && !line.startsWith(indent));
  return lines
    .slice(from, end === -1 ? undefined : end)
    .map((line) => line.slice(indent.length))
    .join("\n");
}

/** Runs a script where `npx seedstorm` is the built command line. */
function shell(directory: string, text: string, env: Record<string, string>): Promise<number | null> {
  const bin = join(directory, "bin");
  mkdirSync(bin, { recursive: true });
  const npx = join(bin, "npx");
  const main = join(ROOT, "dist/cli/main.js");
  writeFileSync(npx, `#!/bin/sh\n[ "$1" = seedstorm ] && shift\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(npx, 0o755);
  const child = spawn("sh", ["-c", text], {
    cwd: directory,
    env: { ...process.env, ...env, PATH: `${bin}:${process.env["PATH"]}` },
    stdio: "ignore",
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return within(() => `the end of the script: ${text}`, ended).finally(() => child.kill("SIGKILL"));
}

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const BATCH = { SCENARIO: scenarioPath("vacuous"), SEEDS: "0..49" };

function summary(path: string): unknown {
  return JSON.parse(readFileSync(join(path, "summary.json"), "utf8"));
}

test.concurrent("GitHub Actions: two shards, their artefacts, the merge", () =>
  withDirectory(async (directory) => {
    const file = "github-actions.yml";
    mkdirSync(join(directory, "shards"));
    for (const index of [1, 2]) {
      const env = { ...BATCH, SHARD: `${index}/2` };
      expect(await shell(directory, script(file, "name: Run the shard"), env)).toBe(0);
      renameSync(join(directory, "results"), join(directory, `shards/seedstorm-shard-${index}`));
    }
    expect(await shell(directory, script(file, "name: Merge the shards"), {})).toBe(4);
    expect(summary(join(directory, "merged"))).toMatchObject({ finished: 50, coverageJudged: true });
    const shown = join(directory, "shown.md");
    const env = { GITHUB_STEP_SUMMARY: shown };
    expect(await shell(directory, script(file, "name: Show the summary"), env)).toBe(0);
    expect(readFileSync(shown, "utf8")).toContain("vacuous: mark vacuous/never was never reached\n");
  }),
);

test.concurrent("Kubernetes: a pod for each index, and the merge", () =>
  withDirectory(async (directory) => {
    const shared = { ...BATCH, SHARDS: "2", RESULTS: join(directory, "volume") };
    const pod = script("kubernetes-indexed-job.yaml", "kind: Job");
    for (const index of ["0", "1"]) {
      expect(await shell(directory, pod, { ...shared, JOB_COMPLETION_INDEX: index })).toBe(0);
    }
    // A shard of no seeds is bad usage: the pod fails.
    expect(await shell(directory, pod, { ...shared, SEEDS: "0..0", JOB_COMPLETION_INDEX: "1" })).toBe(2);
    expect(await shell(directory, script("kubernetes-merge-job.yaml", "kind: Job"), shared)).toBe(4);
    expect(summary(join(directory, "volume/merged"))).toMatchObject({ finished: 50, shard: { of: 1 } });
  }),
);
