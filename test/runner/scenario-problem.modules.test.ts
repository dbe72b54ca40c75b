import { describe, expect, test } from "vitest";
import { loadScenario } from "#runner/load-scenario.js";
import { scenarioProblem } from "#runner/scenario-problem.js";
import { UsageError } from "#runner/errors.js";
import { SCENARIOS } from "#scenarios/index.js";
import { supportScenario } from "../support/load.js";

describe("a value from outside", () => {
  test("is a scenario where every field fits", async () => {
    for (const name of ["trouble", "vacuous", "leaky"]) {
      expect(scenarioProblem(await supportScenario(name))).toBeUndefined();
    }
    for (const scenario of SCENARIOS) expect(scenarioProblem(scenario)).toBeUndefined();
  });

  test.each([
    ["name", 3, "name"],
    ["name", "With Blanks", "name"],
    ["summary", undefined, "summary"],
    ["parameters", [], "parameters"],
    ["parameters", { p: { type: "integer", summary: "", min: 2, max: 1, default: 2 } }, "parameter p"],
    ["parameters", { p: { type: "integer", summary: "", min: 0, max: 1, default: 2 } }, "parameter p"],
    ["parameters", { p: { type: "choice", summary: "", choices: ["a"], default: "b" } }, "parameter p"],
    ["faults", { nonsense: { minPpm: 1, maxPpm: 1 } }, "kinds of fault"],
    ["faults", { crash: { minPpm: 0, maxPpm: 1 } }, "fault crash"],
    ["faults", { crash: { minPpm: 2, maxPpm: 1 } }, "fault crash"],
    ["mustReach", "mark", "mustReach"],
    ["coverageSeeds", 0, "coverageSeeds"],
    ["drive", undefined, "drive"],
    ["admit", 1, "admit"],
    ["explore", 1, "explore"],
    ["strikeEveryCalls", 0, "strikeEveryCalls"],
    ["limits", { events: 0 }, "limits"],
    ["limits", { evnets: 1 }, "limits"],
    ["clockBounds", { skewUs: 1, driftPpm: 1 }, "clockBounds"],
    ["faults", { crash: { minPpm: 1, maxPpm: 1, always: 1 } }, "always"],
  ])("is none with %s %j", async (field, value, expected) => {
    const scenario = { ...(await supportScenario("trouble")), [field]: value };
    expect(scenarioProblem(scenario)?.expected).toContain(expected);
  });

  test.each([undefined, null, 3, "text", [], () => {}])("is none where it is %j", (value) => {
    expect(scenarioProblem(value)?.expected).toContain("default export");
  });
});

test.each([
  ["no-such-scenario", "choose one of|did you mean|there are none"],
  ["./no-such-file.js", "no file"],
  [new URL("../support/", import.meta.url).pathname, "the directory"],
])("%s is refused in one line", async (reference, why) => {
  const error: unknown = await loadScenario(reference).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as UsageError).line).toMatch(new RegExp(why));
  expect((error as UsageError).line).not.toContain("\n");
});
