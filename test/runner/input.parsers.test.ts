import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Scenario } from "#sim/scenario.js";
import { UsageError } from "#runner/errors.js";
import { parseDurationUs } from "#runner/input/duration.js";
import { parseFaults } from "#runner/input/faults.js";
import { parseInteger } from "#runner/input/integer.js";
import { editDistance, suggest } from "#runner/input/nearest.js";
import { parseParameters } from "#runner/input/parameters.js";
import { parseRange } from "#runner/input/range.js";
import { parseShard } from "#runner/input/shard.js";
import { clockTime } from "#reports/format.js";

const SCENARIO: Scenario = {
  name: "sample",
  summary: "for parsers",
  parameters: {
    size: { type: "integer", summary: "", min: 1, max: 10, default: 5 },
    mode: { type: "choice", summary: "", choices: ["fast", "safe"], default: "safe" },
  },
  faults: { crash: { minPpm: 1, maxPpm: 2 }, "power-loss": { minPpm: 1, maxPpm: 2 } },
  mustReach: [],
  coverageSeeds: 1,
  drive: async () => {},
};

function problem(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).line;
  }
  throw new Error("nothing was thrown");
}

describe("durations", () => {
  test.each([
    ["30s", 30_000_000],
    ["1.5s", 1_500_000],
    ["250ms", 250_000],
    ["7us", 7],
    ["0s", 0],
    ["10m", 600_000_000],
    ["2h", 7_200_000_000],
    ["0.000001s", 1],
  ])("%s is %i us", (text, us) => expect(parseDurationUs("--for", text)).toBe(us));

  test.each(["", "30", "s", "-1s", "1 s", "1.s", "1e3s", "0.5us", "1d", "99999999999999999h", "1s\n"])(
    "%j is none",
    (text) => expect(problem(() => parseDurationUs("--for", text))).toMatch(/^--for: /),
  );

  test("what the timeline prints is read back", () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000_000 }), (us) => parseDurationUs("--from", clockTime(us)) === us),
      { seed: 1 },
    );
  });
});

describe("ranges and shards", () => {
  test("any two seeds in order are a range", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        expect(parseRange("--seeds", `${first}..${last}`)).toEqual({ first, last });
      }),
      { seed: 2 },
    );
  });

  test.each(["", "5", "1...3", "1..", "..3", "3..1", "-1..3", "a..b", "0..99999999999999999999"])(
    "%j is no range",
    (text) => expect(problem(() => parseRange("--seeds", text))).toMatch(/^--seeds: /),
  );

  test.each(["", "1", "0/4", "5/4", "1/0", "a/b", "-1/4"])("%j is no shard", (text) =>
    expect(problem(() => parseShard("--shard", text))).toMatch(/^--shard: /),
  );

  test.each(["", "x", "1.5", "1e3", "0x10", " 1", "99999999999999999"])("%j is no integer", (text) =>
    expect(problem(() => parseInteger("--count", text, 0, Number.MAX_SAFE_INTEGER))).toMatch(/^--count: /),
  );
});

describe("parameters and faults", () => {
  test("are checked against the scenario", () => {
    expect([...parseParameters(SCENARIO, ["size=7", "mode=fast"])]).toEqual([
      ["size", 7],
      ["mode", "fast"],
    ]);
    expect([...parseFaults(SCENARIO, ["+crash,-power-loss"])]).toEqual([
      ["crash", true],
      ["power-loss", false],
    ]);
  });

  test.each([
    ["size", "name=value"],
    ["=3", "name=value"],
    ["siez=3", "did you mean size?"],
    ["constructor=3", "choose one of size, mode"],
    ["size=11", "in 1..10"],
    ["size=", "in 1..10"],
    ["mode=saef", "did you mean safe?"],
  ])("--param %s is refused: %s", (text, why) =>
    expect(problem(() => parseParameters(SCENARIO, [text]))).toContain(why),
  );

  test("a parameter or a fault that comes twice is refused", () => {
    expect(problem(() => parseParameters(SCENARIO, ["size=1", "size=2"]))).toContain("twice");
    expect(problem(() => parseFaults(SCENARIO, ["+crash", "-crash"]))).toContain("twice");
  });

  test.each([
    ["crash", "+kind or -kind"],
    ["+crahs", "did you mean crash?"],
    ["+bit-rot", "a fault of sample"],
    ["", "+kind or -kind"],
    ["+crash,", "+kind or -kind"],
  ])("--faults %j is refused: %s", (text, why) =>
    expect(problem(() => parseFaults(SCENARIO, [text]))).toContain(why),
  );
});

describe("the nearest name", () => {
  test("edit distance is a metric, 0 only for equal names", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "-"), maxLength: 6 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
      { seed: 3 },
    );
  });

  test("is suggested where it is near, else all are listed", () => {
    expect(suggest("wall", ["wal", "wal-snapshot"])).toBe("did you mean wal?");
    expect(suggest("raft", ["wal", "wal-snapshot"])).toBe("choose one of wal, wal-snapshot");
    expect(suggest("raft", [])).toBe("there are none");
  });
});
