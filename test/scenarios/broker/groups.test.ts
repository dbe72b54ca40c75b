// The scenarios of consumer groups, as far as a test has time for them; batches of many seeds run elsewhere.
import { describe, expect, it } from "vitest";
import { run, told } from "../support.js";

describe.each(["groups", "groups-coordinator", "groups-server"])("%s", (name) => {
  it("holds, and does something", async () => {
    const result = await run(name, 3);
    expect(told(result)).toEqual([]);
    for (const figure of ["ok", "recordsProcessed", "offsetsCommitted", "rebalances"]) {
      expect([figure, result.counts[figure]]).not.toEqual([figure, 0]);
      expect(result.counts[figure]).toBeDefined();
    }
  });
});

// What these found, of the scenario: a coordinator that let commits expire, or had them, and was deposed before it could say
// so; a member that hangs, which a new coordinator takes for one like any other; one that was deposed twice over and is asked
// while its successors are gone.
it.each([
  ["groups", 2],
  ["groups", 30],
  ["groups", 266],
  ["groups-coordinator", 1447],
])("holds where it once did not: %s seed %i", async (name, seed) => {
  expect(told(await run(name, seed))).toEqual([]);
});
