/** test/mutants/caught.json: the seed that catches each mutant, for the replay. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MutantError } from "./errors.js";
import type { Mutant } from "./mutant.js";
import type { Hunt } from "./search.js";

/** The first seed at which a scenario caught a mutant, and the check that fired. */
export interface CatchRecord {
  readonly mutant: string;
  readonly scenario: string;
  readonly seed: number;
  readonly invariant: string;
}

const FILE = "caught.json";

/** Throws `MutantError` where the file is no list of records. */
export function readRecords(folder: string): readonly CatchRecord[] {
  const path = join(folder, FILE);
  if (!existsSync(path)) return [];
  try {
    return JSON.parse(readFileSync(path, "utf8")) as readonly CatchRecord[];
  } catch (error) {
    throw new MutantError(path, "a list of records", String(error), "run the search again");
  }
}

/**
 * Replaces the records of the mutants that were hunted, and drops those of mutants that are no more. The order
 * is that of the catalogue.
 */
export function writeRecords(folder: string, mutants: readonly Mutant[], hunts: readonly Hunt[]): void {
  const old = readRecords(folder);
  const records = mutants.flatMap((mutant) => {
    const hunted = hunts.filter((hunt) => hunt.mutant === mutant);
    if (hunted.length === 0) return old.filter((record) => record.mutant === mutant.id);
    return hunted.flatMap(({ catcher, trial }) => {
      if (trial.caught === undefined) return [];
      const { seed, invariant } = trial.caught;
      return [{ mutant: mutant.id, scenario: catcher.scenario, seed, invariant }];
    });
  });
  writeFileSync(join(folder, FILE), `${JSON.stringify(records, undefined, 2)}\n`);
}

/** The recorded seed. Throws `MutantError` where there is none. */
export function recordedSeed(records: readonly CatchRecord[], mutant: Mutant, scenario: string): number {
  const record = records.find((each) => each.mutant === mutant.id && each.scenario === scenario);
  if (record !== undefined) return record.seed;
  throw new MutantError(
    `mutant ${mutant.id}, scenario ${scenario}`,
    "a recorded catching seed",
    "none",
    `search for one: npm run mutants -- --only ${mutant.id}`,
  );
}
