import { expect, test } from "vitest";
import type { ContractHarness } from "../contract.js";

export function envBasicsContract({ run, runPair }: ContractHarness): void {
  test("nodes have different names", () =>
    runPair(async (a, b) => {
      expect(a.node).not.toBe("");
      expect(b.node).not.toBe("");
      expect(a.node).not.toBe(b.node);
    }));

  test("whatever is logged, observed or reached, the engine goes on", () =>
    run(async (env) => {
      env.log("a line");
      env.observe({ kind: "test/happened" });
      env.reached("test/mark");
      expect(typeof env.buggify("test/point")).toBe("boolean");
    }));

  test("uint32 draws integers from the whole range", () =>
    run(async ({ random }) => {
      const draws = Array.from({ length: 1000 }, () => random.uint32());
      expect(draws.every((draw) => Number.isInteger(draw) && draw >= 0 && draw < 2 ** 32)).toBe(true);
      expect(draws.some((draw) => draw >= 2 ** 31)).toBe(true);
      expect(draws.some((draw) => draw < 2 ** 31)).toBe(true);
      expect(new Set(draws).size).toBeGreaterThan(990);
    }));

  test.each([1, 2, 3, 10, 1000, 2 ** 31 + 1, 2 ** 32])("below(%d) stays below", (bound) =>
    run(async ({ random }) => {
      const draws = Array.from({ length: 500 }, () => random.below(bound));
      expect(draws.every((draw) => Number.isInteger(draw) && draw >= 0 && draw < bound)).toBe(true);
    }),
  );

  test("below favours no value", () =>
    run(async ({ random }) => {
      const counts = [0, 0, 0, 0, 0, 0];
      for (let draw = 0; draw < 6000; draw++) counts[random.below(6)]!++;
      // 1,000 each with a standard deviation of 29: seven of them either way.
      expect(counts.every((count) => count > 800 && count < 1200)).toBe(true);
      // Where the bound doesn't divide 2^32, a mere remainder would draw half of these from the first third.
      const bound = 3 * 2 ** 30;
      const low = Array.from({ length: 3000 }, () => random.below(bound)).filter((draw) => draw < bound / 3);
      expect(low.length).toBeGreaterThan(800);
      expect(low.length).toBeLessThan(1200);
    }));
}
