/** Loads the modules of test/mutants/ and checks that they are complete and make sense. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MutantError } from "./errors.js";
import type { HistoricBug, Mutant, NotApplicable } from "./mutant.js";

export interface Catalogue {
  readonly mutants: readonly Mutant[];
  readonly bugs: readonly HistoricBug[];
  readonly notApplicable: readonly NotApplicable[];
}

/** The modules that hold mutants, in the order of the tables. */
const MUTANT_MODULES = [
  "wal.mjs",
  "snapshot.mjs",
  "raft.mjs",
  "lsm.mjs",
  "btree.mjs",
  "store-machine.mjs",
  "broker.mjs",
  "group.mjs",
  "transaction.mjs",
];
const ROW_ID = /^[A-Z]\d\d$/;

/** Throws `MutantError` where the catalogue contradicts itself or leaves a historic bug out. */
export async function loadCatalogue(folder: string): Promise<Catalogue> {
  const mutants: Mutant[] = [];
  for (const module of MUTANT_MODULES) mutants.push(...(await load<Mutant>(folder, module)));
  const catalogue = {
    mutants,
    bugs: await load<HistoricBug>(folder, "historic-bugs.mjs"),
    notApplicable: await load<NotApplicable>(folder, "not-applicable.mjs"),
  };
  checkMutants(catalogue);
  checkComplete(catalogue);
  return catalogue;
}

/** The row that a mutant's source names, in words; or the source as it stands. */
export function describeSource(bugs: readonly HistoricBug[], source: string): string {
  const bug = bugs.find((each) => each.id === source);
  return bug === undefined ? source : `${bug.id}: ${bug.reference}`;
}

async function load<T>(folder: string, name: string): Promise<readonly T[]> {
  const path = join(folder, name);
  if (!existsSync(path)) {
    throw new MutantError(
      path,
      "a module of the catalogue",
      "no file",
      "run it in a checkout of the repository",
    );
  }
  const module = (await import(pathToFileURL(path).href)) as { readonly default: readonly T[] };
  return module.default;
}

function checkMutants({ mutants, bugs }: Catalogue): void {
  const seen = new Set<string>();
  for (const { id, source, edits, catchers } of mutants) {
    const refuse = (expected: string, found: string): never => {
      throw new MutantError(`mutant ${id}`, expected, found, "correct test/mutants/");
    };
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) refuse("an id of lower case words and dashes", id);
    if (seen.has(id)) refuse("an id of its own", "the same id twice");
    seen.add(id);
    if (ROW_ID.test(source) && !bugs.some((bug) => bug.id === source)) refuse("a known historic bug", source);
    if (edits.length === 0) refuse("an edit", "none");
    if (catchers.length === 0 || catchers.some(({ invariants }) => invariants.length === 0)) {
      refuse("a scenario and an invariant that must catch it", "none");
    }
    if (edits.some(({ find, replace }) => find === replace)) refuse("an edit that changes something", "none");
  }
}

/** Every historic bug is planted, or said not to apply, and never both. */
function checkComplete({ mutants, bugs, notApplicable }: Catalogue): void {
  for (const { id } of bugs) {
    const planted = mutants.some(({ source }) => source === id);
    const excused = notApplicable.some(({ source }) => source === id);
    if (planted !== excused) continue;
    const found = planted ? "both" : "neither";
    throw new MutantError(
      `historic bug ${id}`,
      "a mutant or a reason why none",
      found,
      "correct test/mutants/",
    );
  }
  for (const { source } of notApplicable) {
    if (bugs.some((bug) => bug.id === source)) continue;
    throw new MutantError(
      `not-applicable ${source}`,
      "a known historic bug",
      "none",
      "correct test/mutants/",
    );
  }
}
