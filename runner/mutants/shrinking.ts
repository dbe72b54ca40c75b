/** How small the failures of planted mistakes get: `seedstorm shrink`, run by the copy that has the mistake in it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { failureKeyOf, readRepro, sizeOf, type Repro } from "../repro/index.js";
import { MutantError } from "./errors.js";
import type { Catcher, Mutant } from "./mutant.js";
import type { Workshop } from "./workshop.js";

/** What is left of the failure that catches a mutant. */
export interface Shrunk {
  readonly mutant: Mutant;
  readonly catcher: Catcher;
  readonly seed: number;
  readonly repro: Repro;
  /** Of the whole command, on the wall clock, starting and the telling of the story included. */
  readonly seconds: number;
}

const run = promisify(execFile);
const TIMEOUT_MS = 120_000;
/** Lists of the plans of our scenarios that hold what clients do, and what is done on purpose. */
const OPERATIONS = ["operations", "appends"];
const ACTS = "acts";

/** Shrinks the failure of the mutant's first catcher. Throws `MutantError`. */
export async function shrinkMutant(workshop: Workshop, mutant: Mutant, seed: number): Promise<Shrunk> {
  const catcher = mutant.catchers[0]!;
  const root = workshop.plantTexts(mutant.id, mutant.edits);
  const out = join(root, "shrunk.json");
  const startMs = performance.now();
  try {
    const words = [join(root, "dist/cli/main.js"), "shrink", ...wordsOf(catcher, seed), "--out", out];
    await run(process.execPath, words, { timeout: TIMEOUT_MS, maxBuffer: 1 << 26 });
    const seconds = (performance.now() - startMs) / 1_000;
    return { mutant, catcher, seed, repro: readRepro(out), seconds };
  } catch (error) {
    throw new MutantError(`mutant ${mutant.id}`, "a failure that shrinks", String(error), "run it by hand");
  } finally {
    workshop.remove(root);
  }
}

function wordsOf({ scenario, parameters = {}, faults = {} }: Catcher, seed: number): string[] {
  const values = Object.entries(parameters).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  const kinds = Object.entries(faults).map(([kind, isOn]) => `${isOn ? "+" : "-"}${kind}`);
  const switches = kinds.length === 0 ? [] : [`--faults=${kinds.join(",")}`];
  return [scenario, "--seed", String(seed), ...values, ...switches];
}

/** The figures of one row. */
export interface ShrunkFigures {
  readonly faults: number;
  readonly operations: number;
  readonly acts: number;
  readonly seconds: number;
}

export function figuresOf({ repro, seconds }: Pick<Shrunk, "repro" | "seconds">): ShrunkFigures {
  const { faults, plan } = sizeOf(repro);
  const operations = OPERATIONS.reduce((sum, name) => sum + (plan[name] ?? 0), 0);
  return { faults, operations, acts: plan[ACTS] ?? 0, seconds };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** One line for the terminal. */
export function shrunkLine(shrunk: Shrunk): string {
  const { faults, operations, acts, seconds } = figuresOf(shrunk);
  return `shrunk    ${shrunk.mutant.id}  ${failureKeyOf(shrunk.repro.failure)}  ${faults} faults, ${operations} operations, ${acts} acts  ${seconds.toFixed(1)} s`;
}

export function shrunkSummary(all: readonly Shrunk[]): string {
  const figures = all.map(figuresOf);
  const of = (name: keyof ShrunkFigures): number => median(figures.map((each) => each[name]));
  const slowest = Math.max(0, ...figures.map(({ seconds }) => seconds));
  return (
    `${all.length} failures: median ${of("faults")} faults, ${of("operations")} client operations, ` +
    `${of("acts")} acts of operators, ${of("seconds").toFixed(1)} s; the slowest took ${slowest.toFixed(1)} s.`
  );
}
