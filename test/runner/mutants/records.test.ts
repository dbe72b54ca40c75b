import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Catalogue } from "#runner/mutants/catalogue.js";
import type { Verdict } from "#runner/mutants/mechanical-trials.js";
import type { Mutant } from "#runner/mutants/mutant.js";
import { readRecords, recordedSeed, writeRecords } from "#runner/mutants/records.js";
import type { Hunt } from "#runner/mutants/search.js";
import { writeHistoric, writeMechanical } from "#runner/mutants/tables.js";
import { toyMutant } from "./toy-project.js";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "seedstorm-records-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function mutantOf(id: string): Mutant {
  return { ...toyMutant("a", "b"), id };
}

function huntOf(mutant: Mutant, seed: number | undefined): Hunt {
  const base = { others: new Map(), seedsTried: seed ?? 9, cpuSeconds: 0.26 };
  const trial =
    seed === undefined
      ? { ...base, end: "exhausted" as const }
      : { ...base, end: "caught" as const, caught: { seed, invariant: "toy/wrong-sum", message: "" } };
  return { mutant, catcher: mutant.catchers[0]!, trial };
}

describe("the recorded seeds", () => {
  const [first, second, third] = [mutantOf("first"), mutantOf("second"), mutantOf("third")];

  it("stand in the order of the catalogue, whatever the order of the hunts", () => {
    writeRecords(folder, [first, second], [huntOf(second, 7), huntOf(first, 3)]);
    expect(readRecords(folder)).toEqual([
      { mutant: "first", scenario: "toy", seed: 3, invariant: "toy/wrong-sum" },
      { mutant: "second", scenario: "toy", seed: 7, invariant: "toy/wrong-sum" },
    ]);
  });

  it("of mutants that were not hunted stay; of those that survived, or are no more, they go", () => {
    writeRecords(folder, [first, second, third], [huntOf(first, 3), huntOf(second, 7), huntOf(third, 5)]);
    writeRecords(folder, [first, second], [huntOf(second, undefined)]);
    expect(readRecords(folder).map(({ mutant }) => mutant)).toEqual(["first"]);
    expect(recordedSeed(readRecords(folder), first, "toy")).toBe(3);
    expect(() => recordedSeed(readRecords(folder), second, "toy")).toThrow(
      /second.*--only second|--only second/,
    );
  });
});

describe("docs/mutants.md", () => {
  const catalogue: Catalogue = {
    mutants: [],
    bugs: [{ id: "S01", title: "an old bug", reference: "somewhere#1" }],
    notApplicable: [{ source: "S01", reason: "none of it | here" }],
  };

  it("keeps the one section while the other is written again", () => {
    const path = join(folder, "mutants.md");
    const verdict = {
      mutation: { id: "toy/counter.js add off-by-one 1", before: "a\n < b", after: "a <= b" },
      end: "exhausted",
      caught: undefined,
      explanation: "never equal",
      seedsTried: 9,
      cpuSeconds: 1,
    } as unknown as Verdict;
    writeMechanical(path, "log", [verdict]);
    writeHistoric(path, catalogue, [huntOf(mutantOf("first"), undefined)]);
    writeHistoric(path, catalogue, [huntOf(mutantOf("first"), 4)]);
    const text = readFileSync(path, "utf8");
    expect(text.match(/^## .*/gm)).toEqual([
      "## Historic mistakes",
      "## Mechanical mutants of the log and its snapshots",
    ]);
    expect(text).toMatch(/\| `first` +\| a mistake \| a test +\| toy +\| `toy\/wrong-sum` \| 4 +\| 0\.3 +\|/);
    expect(text).not.toContain("**survived**");
    expect(text).toContain("none of it \\| here");
    expect(text).toMatch(/`a < b` → `a <= b` \| survived +\| never equal/);
  });
});
