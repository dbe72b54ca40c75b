import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evictPage, writeBackSome } from "#sim/disk/background.js";
import { ADVERSARIAL_PROFILE, HONEST_PROFILE } from "#sim/disk/index.js";
import { Model } from "./model.js";
import { rig } from "./support.js";
import { expectContent, lives } from "./steps.js";
import { runSteps } from "./steps.js";

test.each([HONEST_PROFILE, ADVERSARIAL_PROFILE])(
  "without faults it is a tree of byte arrays, whatever is written back and evicted ($metadata)",
  (profile) => {
    fc.assert(
      fc.property(lives, fc.nat(1_000_000), (all, seed) => {
        const { disk, faults } = rig({}, { seed, profile });
        const model = new Model(profile.metadata);
        let run = 0;
        for (const life of all) {
          runSteps(disk, model, life, () => {
            if (++run % 2 === 0) writeBackSome(disk.core, faults.decisions, run);
            for (const { path } of disk.inspect().files) {
              const pages = disk.open(path, "existing").pages.filter((page) => page?.evictable === true);
              for (const page of pages) evictPage(page!);
            }
            expectContent(disk, model);
          });
        }
        expect(disk.list("").every((name) => model.names.has(name))).toBe(true);
      }),
      { seed: 3, numRuns: 150 },
    );
  },
);
