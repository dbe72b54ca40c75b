import { describe, expect, it } from "vitest";
import { UsageError } from "#runner/errors.js";
import { parseOptions } from "#runner/mutants/options.js";

describe("the options of npm run mutants", () => {
  it("have defaults", () => {
    expect(parseOptions([])).toMatchObject({ mode: "search", only: [], maxSeeds: 5_000 });
    expect(parseOptions(["--mechanical"])).toMatchObject({ mode: "mechanical", maxSeeds: 500 });
  });

  it("are read", () => {
    const options = parseOptions(["--replay", "--only", "a,b", "--lanes", "1", "--max-seeds", "7"]);
    expect(options).toMatchObject({ mode: "replay", only: ["a", "b"], lanes: 1, maxSeeds: 7 });
    expect(parseOptions(["--mechanical", "--study", "raft"])).toMatchObject({ study: "raft" });
  });

  it.each([
    ["--max-seeds", "0"],
    ["--lanes", "two"],
    ["--nonsense"],
    ["--study", "nobody"],
    ["stray"],
    ["--replay", "--mechanical"],
  ])("are refused in one line: %s %s", (...args) => {
    let refusal: unknown;
    try {
      parseOptions(args.filter((arg) => arg !== undefined));
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(UsageError);
    expect((refusal as UsageError).line).not.toContain("\n");
  });
});
