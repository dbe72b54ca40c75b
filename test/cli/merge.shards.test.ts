/** Shards that are merged are the batch run at once, but for wall-clock figures. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, startCli } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs all shards of a batch, and the batch itself into `whole`; gives the exit codes, that of the batch last. */
function runAll(directory: string, of: number, ...words: string[]): Promise<(number | null)[]> {
  const shards = Array.from({ length: of }, (_, i) =>
    cli("run", ...words, "--workers", "1", "--shard", `${i + 1}/${of}`, "--out", join(directory, `${i + 1}`)),
  );
  const whole = cli("run", ...words, "--out", join(directory, "whole"));
  return Promise.all([...shards, whole].map(async (result) => (await result).code));
}

/** The files of a directory, without wall-clock figures. */
function timeless(directory: string): Record<string, string> {
  const read = (name: string): string => readFileSync(join(directory, name), "utf8");
  const { wallMs, workers, rate, ...summary } = JSON.parse(read("summary.json")) as Record<string, unknown>;
  expect([wallMs, workers, rate].map((figure) => typeof figure)).toEqual(["number", "number", "object"]);
  return {
    "seeds.csv": read("seeds.csv"),
    "seeds.tsv": read("seeds.tsv"),
    "summary.json": JSON.stringify(summary, null, 2),
    "summary.txt": read("summary.txt").replace(/^ .* workers?, .* seeds\/s; /m, ""),
    "junit.xml": read("junit.xml").replaceAll(/ time="[\d.]+"/g, ""),
    "batch.html": read("batch.html")
      .replace(/<section aria-labelledby="rate">[^]*?<\/section>/, "")
      .replaceAll(/<dt>(Time|Rate)<\/dt><dd>[^<]*<\/dd>/g, ""),
  };
}

test.concurrent("a batch of wal that holds", () =>
  withDirectory(async (directory) => {
    const words = ["wal", "--seeds", "100..115", "--param", "operations=40"];
    expect(await runAll(directory, 4, ...words)).toEqual([0, 0, 0, 0, 0]);
    const dirs = ["3", "1", "4", "2"].map((name) => join(directory, name));
    const merged = join(directory, "merged");
    const { code, out, err } = await cli("merge", ...dirs, "--out", merged);
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(timeless(merged)).toEqual(timeless(join(directory, "whole")));
    expect(readdirSync(merged)).toEqual(readdirSync(join(directory, "whole")));
    expect(out).toContain("wal: 16 seeds (100..115), 16 pass\n");
    expect(out).toContain("held: 16 seeds\n");
  }),
);

test.concurrent("a batch that breaks in most of its shards, in words that need escapes", () =>
  withDirectory(async (directory) => {
    const words = [
      scenarioPath("trouble"),
      "--count",
      "62",
      "--param",
      "kind=speaks-oddly",
      "--param",
      "every=2",
    ];
    expect(await runAll(directory, 3, ...words)).toEqual([1, 1, 1, 1]);
    const dirs = ["1", "2", "3"].map((name) => join(directory, name));
    const merged = join(directory, "merged");
    const { code, out, err } = await cli(
      "merge",
      ...dirs,
      "--out",
      merged,
      "--json",
      "--annotations",
      "github",
    );
    expect(code).toBe(1);
    expect(timeless(merged)).toEqual(timeless(join(directory, "whole")));
    // Large enough to judge, which no shard is.
    expect(JSON.parse(out)).toMatchObject({
      finished: 62,
      coverageJudged: true,
      verdicts: { pass: 30, fail: 32 },
    });
    expect(out.trimEnd()).not.toContain("\n");
    const lines = err.split("\n").filter((line) => line.startsWith("seed "));
    expect(lines.map((line) => Number(line.split(" ")[1]))).toEqual([0, 2, 4, 6, 7, 8, 10, 12, 14, 16]);
    const repros = (name: string): string[] => readdirSync(join(directory, name, "repros"));
    expect(repros("merged")).toEqual(repros("whole"));
    expect(repros("merged")).toHaveLength(1);
    expect(err).toContain(`replay ${join(merged, "repros")}`);
    expect(err).toMatch(/^::error title=trouble%3A trouble\/\\u001b/m);
  }),
);

test.concurrent("GitHub's runners get annotations unasked: on stdout, or beside --json on stderr", () =>
  withDirectory(async (directory) => {
    const args = ["run", scenarioPath("trouble"), "--count", "9", "--param", "kind=breaks"];
    const github = "export GITHUB_ACTIONS=true";
    const [plain, json] = await Promise.all([
      startCli([...args, "--out", join(directory, "1")], github).result,
      startCli([...args, "--out", join(directory, "2"), "--json"], github).result,
    ]);
    const line =
      /^::error title=trouble%3A trouble\/broken at \S+ getInto::broken on purpose%0A1 seed, the first is 7%0A/m;
    expect(plain.out).toMatch(line);
    expect(json.err).toMatch(line);
    expect(json.out).not.toContain("::error");
  }),
);
