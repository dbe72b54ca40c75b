/** Runs mechanical mutants under all scenarios of their engines, and asks for an explanation of each survivor. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MutantError } from "./errors.js";
import type { Mutation } from "./mechanical.js";
import type { Caught } from "./protocol.js";
import { runTrial } from "./trial.js";
import type { Workshop } from "./workshop.js";

/** What became of one mechanical mutant. */
export interface Verdict {
  readonly mutation: Mutation;
  readonly end: "caught" | "exhausted" | "not-loaded";
  readonly caught: (Caught & { readonly scenario: string }) | undefined;
  /** Why it survives; undefined where it does not, or where nobody has said why. */
  readonly explanation: string | undefined;
  readonly seedsTried: number;
  readonly cpuSeconds: number;
}

/** Why a survivor survives, by the id of its mutation. */
export type Explanations = ReadonlyMap<string, string>;

/** test/mutants/survivors.json. Throws `MutantError` where it is no object of texts. */
export function readExplanations(folder: string): Explanations {
  const path = join(folder, "survivors.json");
  if (!existsSync(path)) return new Map();
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, string>));
  } catch (error) {
    throw new MutantError(path, "an object of ids and reasons", String(error), "correct it");
  }
}

/** Any finding of any scenario catches it; each tries the seeds that stand behind it. */
export async function tryMutation(
  workshop: Workshop,
  mutation: Mutation,
  trials: readonly (readonly [scenario: string, seeds: readonly number[]])[],
  explanations: Explanations,
  watchdogMs: number,
): Promise<Verdict> {
  const root = workshop.plant(mutation.id, [mutation.edit]);
  const tried = { seedsTried: 0, cpuSeconds: 0 };
  try {
    for (const [scenario, seeds] of trials) {
      const trial = await runTrial({ root, scenario, seeds, watchdogMs });
      tried.seedsTried += trial.seedsTried;
      tried.cpuSeconds += trial.cpuSeconds;
      const base = { mutation, end: trial.end, explanation: undefined, ...tried };
      if (trial.caught !== undefined) return { ...base, caught: { ...trial.caught, scenario } };
      if (trial.end === "not-loaded") return { ...base, caught: undefined };
    }
    const explanation = explanations.get(mutation.id);
    return { mutation, end: "exhausted", caught: undefined, explanation, ...tried };
  } finally {
    workshop.remove(root);
  }
}

/** Survivors that nobody explained, and explanations of mutants that did not survive: both are mistakes. */
export function contradictions(verdicts: readonly Verdict[], explanations: Explanations): string[] {
  const survivors = verdicts.filter(({ end }) => end === "exhausted");
  const unexplained = survivors
    .filter(({ explanation }) => explanation === undefined)
    .map(({ mutation }) => `no explanation: ${mutation.id}`);
  const needless = [...explanations.keys()]
    .filter((id) => !survivors.some(({ mutation }) => mutation.id === id))
    .map((id) => `explained, but no survivor: ${id}`);
  return [...unexplained, ...needless];
}
