import * as fc from "fast-check";
import { describe, test } from "vitest";
import { ModelledTree, stepOf } from "./support.js";

describe("a tree against a map", () => {
  for (const [pageBytes, runs, most] of [
    [512, 20, 250],
    [1024, 10, 250],
    [4096, 5, 400],
  ] as const) {
    test(`pages of ${pageBytes} bytes: every rule holds after every operation, and the log gives the same pages`, () => {
      const steps = fc.array(stepOf(pageBytes), { minLength: 1, maxLength: most, size: "max" });
      fc.assert(
        fc.property(steps, fc.nat(), (list, salt) => {
          const tree = new ModelledTree(pageBytes);
          let draws = salt;
          tree.pages.isMissing = () => {
            draws = (Math.imul(draws, 1664525) + 1013904223) >>> 0;
            return draws >>> 30 === 0;
          };
          for (const step of list) {
            tree.step(step);
            tree.checkStructure();
          }
          tree.checkEntries();
          tree.checkReplay();
        }),
        { seed: 1, numRuns: runs },
      );
    });
  }
});
