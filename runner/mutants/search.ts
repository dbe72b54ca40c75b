/** Looks for the seed that catches a mutant, and proves that the unmutated code passes it. */
import { MutantError } from "./errors.js";
import type { Catcher, Mutant } from "./mutant.js";
import { runTrial, type TrialEnd } from "./trial.js";
import type { Workshop } from "./workshop.js";

/** What came of one mutant under one of its catchers. */
export interface Hunt {
  readonly mutant: Mutant;
  readonly catcher: Catcher;
  readonly trial: TrialEnd;
}

/** Which seeds to try. */
export type SeedsFor = (mutant: Mutant, catcher: Catcher) => readonly number[];

/** The seeds from 1 to `count`. */
export function firstSeeds(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Plants a mutant and runs it under each of its catchers. Throws `MutantError` where it can't be planted. */
export async function searchMutant(
  workshop: Workshop,
  mutant: Mutant,
  seedsFor: SeedsFor,
  watchdogMs: number,
): Promise<Hunt[]> {
  const root = workshop.plantTexts(mutant.id, mutant.edits);
  const hunts: Hunt[] = [];
  try {
    for (const catcher of mutant.catchers) {
      const seeds = seedsFor(mutant, catcher);
      const trial = await runTrial({ ...catcher, root, seeds, wanted: catcher, watchdogMs });
      hunts.push({ mutant, catcher, trial });
    }
  } finally {
    workshop.remove(root);
  }
  return hunts;
}

/** Runs the unmutated code on every catching seed. Throws `MutantError` at the first one that does not pass. */
export async function checkClean(
  workshop: Workshop,
  hunts: readonly Hunt[],
  watchdogMs: number,
): Promise<void> {
  const groups = new Map<string, { readonly catcher: Catcher; readonly seeds: Set<number> }>();
  for (const { catcher, trial } of hunts) {
    if (trial.caught === undefined) continue;
    const { scenario, parameters, faults } = catcher;
    const key = JSON.stringify([scenario, parameters, faults]);
    const group = groups.get(key) ?? { catcher, seeds: new Set() };
    groups.set(key, group);
    group.seeds.add(trial.caught.seed);
  }
  for (const { catcher, seeds } of groups.values()) {
    const trial = await runTrial({ ...catcher, root: workshop.cleanRoot, seeds: [...seeds], watchdogMs });
    if (trial.end === "exhausted") continue;
    const { seed, invariant, message } = trial.caught ?? {
      seed: 0,
      invariant: "not loaded",
      message: trial.reason,
    };
    throw new MutantError(
      `the unmutated code, scenario ${catcher.scenario}, seed ${seed}`,
      "no finding",
      `${invariant}: ${message}`,
      "correct the code or the scenario: a check that fails anyway catches nothing",
    );
  }
}

/** Runs `task` for each item, `lanes` at a time, and returns the results in the order of the items. */
export async function inLanes<T, R>(
  lanes: number,
  items: readonly T[],
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await task(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
