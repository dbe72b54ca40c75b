/** What a merge makes of shards that are each too small to judge, or were cut short. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BatchFacts } from "#reports/batch/facts.js";
import { wantsAnnotations } from "#runner/annotations.js";
import { failingReport, seedReport } from "../support/reports.js";
import { mergeInto, writeShard } from "../support/shards.js";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Writes shard `index` of two of the seeds 0 to 9: `count` of its five. Only seed 9 reaches the mark. */
function shard(index: number, count: number, over: Partial<BatchFacts> = {}): string {
  const facts: Partial<BatchFacts> & Pick<BatchFacts, "seeds"> = {
    range: { first: 0, last: 9 },
    shard: { index, of: 2 },
    seeds: { first: index - 1, stride: 2, count },
    mustReach: ["a/rare"],
    ...over,
  };
  return writeShard(join(directory, String(index)), facts, (seed) =>
    seedReport(seed, seed === 9 ? { marks: { "a/rare": 1 } } : {}),
  );
}

function both(over: Partial<BatchFacts>): { code: number; out: string } {
  return mergeInto(directory, [shard(1, 5, over), shard(2, 5, over)]);
}

describe("coverage", () => {
  test("is judged over all shards, where they are large enough together", () => {
    expect(both({ coverageSeeds: 10 })).toMatchObject({
      code: 0,
      out: expect.not.stringContaining("not judged"),
    });
    expect(both({ coverageSeeds: 11 }).out).toContain("coverage not judged");
    const vacuous = both({ coverageSeeds: 10, mustReach: ["a/rare", "a/never"] });
    expect(vacuous.code).toBe(4);
    expect(vacuous.out).toContain("vacuous: mark a/never was never reached\n");
    expect(vacuous.out).not.toContain("held");
  });

  test("is judged in a small batch where the shards were run with --require-coverage, if all of it ran", () => {
    const mustReach = ["a/never"];
    expect(both({ requireCoverage: true, mustReach }).code).toBe(4);
    const cut = { requireCoverage: true, mustReach, end: "time is up" } as const;
    expect(mergeInto(directory, [shard(1, 5, cut), shard(2, 3, cut)]).code).toBe(0);
  });
});

describe("shards that were cut short", () => {
  const seeds = (): number[] => {
    const rows = readFileSync(join(directory, "merged", "seeds.csv"), "utf8")
      .trim()
      .split("\n")
      .slice(1);
    return rows.map((row) => Number(row.split(",")[1]));
  };

  test("leave holes; what was merged is a batch that can be merged again", () => {
    const range = { first: 0 };
    const end = "time is up";
    const first = mergeInto(directory, [shard(1, 5, { range, end }), shard(2, 2, { range, end })]);
    expect(first.code).toBe(0);
    expect(first.out).toContain("sample: 7 seeds (some of 0..8), 7 pass\n");
    expect(first.out).toContain("time is up: the seeds above are all that is known\n");
    expect(seeds()).toEqual([0, 1, 2, 3, 4, 6, 8]);
    const merged = join(directory, "merged");
    const files = ["seeds.csv", "summary.json", "junit.xml", "batch.html"];
    const before = files.map((name) => readFileSync(join(merged, name), "utf8"));
    const again = join(directory, "again");
    expect(mergeInto(again, [merged])).toEqual(first);
    expect(files.map((name) => readFileSync(join(again, "merged", name), "utf8"))).toEqual(before);
  });

  test("make the batch interrupted where one was, even before its first seed", () => {
    const end = "interrupted";
    const { code, out } = mergeInto(directory, [shard(1, 5), shard(2, 0, { end })]);
    expect(code).toBe(130);
    expect(out).toContain("interrupted: the seeds above are all that is known\n");
    expect(mergeInto(directory, [shard(1, 0, { end }), shard(2, 0, { end })]).out).toContain(
      "0 seeds (none)",
    );
  });
});

test("the first seed that is not deterministic in any shard is that of the batch", () => {
  const verify = (divergent: number): Partial<BatchFacts> => ({ verify: { same: 3, divergent } });
  const { code, out } = mergeInto(directory, [shard(1, 5, verify(8)), shard(2, 5, verify(3))]);
  expect(code).toBe(3);
  expect(out).toContain("verified: 6 seeds ran again with the same trace\nnot deterministic: seed 3\n");
});

test("the first failing seeds of the batch are kept, not those of the first shard", () => {
  const fails = (index: number): string =>
    writeShard(
      join(directory, `f${index}`),
      {
        range: { first: 0, last: 39 },
        shard: { index, of: 2 },
        seeds: { first: index - 1, stride: 2, count: 20 },
      },
      (seed) => failingReport(seed),
    );
  const { code, out } = mergeInto(directory, [fails(2), fails(1)]);
  expect(code).toBe(1);
  const listed = [...out.matchAll(/^seed (\d+) /gm)].map((match) => Number(match[1]));
  expect(listed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(out).toContain("sample/broken: 40 seeds, the first 10 above; seed 0: it broke\n");
});

test("annotations come by themselves on GitHub's runners only", () => {
  expect(wantsAnnotations(undefined, {})).toBe(false);
  expect(wantsAnnotations(undefined, { GITHUB_ACTIONS: "true" })).toBe(true);
  expect(wantsAnnotations("none", { GITHUB_ACTIONS: "true" })).toBe(false);
  expect(wantsAnnotations("github", {})).toBe(true);
});
