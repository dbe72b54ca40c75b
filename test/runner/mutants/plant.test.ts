import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MutantError } from "#runner/mutants/errors.js";
import { Workshop } from "#runner/mutants/workshop.js";
import { makeToyProject, toyMutant } from "./toy-project.js";

const FILE = "dist/engines/toy/counter.js";

describe("planting", () => {
  const project = makeToyProject();
  let workshop: Workshop;
  beforeAll(() => void (workshop = new Workshop(project.root)));
  afterAll(() => {
    workshop.dispose();
    project.remove();
  });

  function refusal(find: string): MutantError {
    try {
      workshop.plantTexts("toy-mutant", toyMutant(find, "x").edits);
    } catch (error) {
      expect(error).toBeInstanceOf(MutantError);
      return error as MutantError;
    }
    throw new Error("it was planted");
  }

  it("changes the copy, and neither the clean one nor the project", () => {
    const root = workshop.plantTexts("toy-mutant", toyMutant("sum += b", "sum -= b").edits);
    expect(readFileSync(join(root, FILE), "utf8")).toContain("sum -= b");
    for (const other of [workshop.cleanRoot, project.root]) {
      expect(readFileSync(join(other, FILE), "utf8")).toContain("sum += b");
    }
  });

  it("shares the files that it does not change", () => {
    const root = workshop.plantTexts("toy-mutant", toyMutant("sum += b", "sum -= b").edits);
    const inode = (of: string): number => statSync(join(of, "dist/runner/host.js")).ino;
    expect(inode(root)).toBe(inode(workshop.cleanRoot));
    expect(inode(root)).not.toBe(inode(project.root));
  });

  it("makes several edits of one file, whatever their order", () => {
    const edits = [
      ...toyMutant("let sum", "var sum").edits,
      ...toyMutant("return sum", "return sum | 0").edits,
    ];
    for (const ordered of [edits, edits.toReversed()]) {
      const text = readFileSync(join(workshop.plantTexts("two", ordered), FILE), "utf8");
      expect(text).toMatch(/var sum = a;[^]*return sum \| 0;/);
    }
  });

  it("refuses a text that is not there, and names the mutant", () => {
    expect(refusal("sum *= b").line).toMatch(
      /^mutant toy-mutant, engines\/toy\/counter\.js: .*0 times.*sum \*= b/,
    );
  });

  it("refuses a text that is there more than once, overlapping or not", () => {
    expect(refusal("sum").line).toMatch(/ 3 times/);
    expect(refusal("  ").line).toMatch(/ \d\d times/);
  });

  it("refuses a file that is not there", () => {
    const edits = [{ file: "engines/toy/none.js", find: "a", replace: "b" }];
    expect(() => workshop.plantTexts("toy-mutant", edits)).toThrow(
      /toy-mutant.*none\.js|none\.js.*toy-mutant/,
    );
  });
});
