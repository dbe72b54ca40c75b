// The scenarios of stores have nothing to say of a right store.
import { describe, expect, it } from "vitest";
import { broken, results, toyScenario } from "./toy-scenario.js";

describe("over a right store", () => {
  it("nothing is found on an honest disk", async () => {
    const all = await results(toyScenario(false), 60);
    expect(
      all.flatMap(({ seed, findings }) =>
        findings.map(({ invariant, message }) => `${seed} ${invariant} ${message}`),
      ),
    ).toEqual([]);
  });
  it("nothing is found on a disk that lies", async () => {
    expect(await broken(toyScenario(true), 60)).toEqual(new Map());
  });
});
