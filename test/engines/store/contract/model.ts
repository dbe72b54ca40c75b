/** Drawn operations on the store and on a plain sorted list: the same answers, through flushes and new lives. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { KeyValueStore } from "#engines/store/index.js";
import { answersOf, drawnSteps, type Answers } from "../steps.js";
import type { StoreHarness } from "../contract.js";
import { MemoryStore } from "../memory-store.js";

export function modelContract({ place, open }: StoreHarness): void {
  it("gives the answers of a sorted list", () =>
    fc.assert(
      fc.asyncProperty(drawnSteps(60), async (steps) => {
        const run = async (openIn: (env: never) => Promise<KeyValueStore>): Promise<Answers> => {
          let answers: Answers = [];
          await place(async (env) => {
            answers = await answersOf(steps, () => openIn(env as never));
          });
          return answers;
        };
        const expected = await run((env) => MemoryStore.open(env, { directory: "model" }));
        expect(await run(open)).toEqual(expected);
      }),
      { seed: 3, numRuns: 6 },
    ));
}
