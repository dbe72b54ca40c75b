/** Puts a failing seed of a batch into a file that shows the failure again. */
import type { Host } from "#sim/host.js";
import type { Scenario } from "#sim/scenario.js";
import { fileCommand, type RunInput } from "#reports/failure-line.js";
import { printable, thrownText } from "#reports/printable.js";
import { failureKey } from "#reports/seed-report.js";
import type { FailingSeed, FailureGroup } from "#reports/tally.js";
import { nodeHost } from "../host.js";
import { failureKeyOf, reproOfSeed, type Repro } from "../repro/index.js";
import type { ReproStore, StoredRepro } from "./store.js";

/** The file of a failure, or why there is none, as an end of a sentence that begins with "no repro file: ". */
export type Recorded = StoredRepro | { readonly reason: string };

/**
 * Runs the seed once more in this process, for what its file needs, and stores that. Throws `ReportNotWritten`
 * where it can't be stored.
 */
export async function recordFailure(
  scenario: Scenario,
  input: RunInput,
  failing: FailingSeed,
  host: Host,
  store: ReproStore,
  options: { readonly beside?: boolean } = {},
): Promise<Recorded> {
  const repro = await reproOf(scenario, input, failing, host);
  return typeof repro === "string" ? { reason: repro } : store.add(scenario.name, repro, options);
}

/** An interrupted user waits no longer than this for files. */
export const PATIENCE_MS = 2_000;

/**
 * The same for the failures of a batch, each by its first seed. Rejects with `ReportNotWritten` as soon as one
 * can't be stored. Once `signal` is aborted, it takes no longer than a user wants to wait.
 */
export async function recordFailures(
  scenario: Scenario,
  input: RunInput,
  failures: readonly FailureGroup[],
  store: ReproStore,
  signal: AbortSignal,
  onRecorded: (key: string, recorded: Recorded) => void,
): Promise<void> {
  const host = nodeHost();
  const untilMs = performance.now() + PATIENCE_MS;
  for (const { key, first } of failures) {
    const isLate = signal.aborted && performance.now() > untilMs;
    const recorded = isLate
      ? { reason: "interrupted" }
      : await recordFailure(scenario, input, first[0]!, host, store);
    onRecorded(key, recorded);
  }
}

/** What there is to say of it: the commands that take the file, or why there is none. */
export function recordedLines(recorded: Recorded, program: string): string[] {
  if ("reason" in recorded) return [`no repro file: ${printable(recorded.reason)}`];
  return ["replay", "shrink"].map((command) => fileCommand(program, command, recorded.path));
}

/** The repro, or why there is none. */
async function reproOf(
  scenario: Scenario,
  input: RunInput,
  failing: FailingSeed,
  host: Host,
): Promise<Repro | string> {
  const { seed, verdict } = failing;
  // Here it would take this process along.
  if (verdict === "hung") return "the seed never ends";
  if (verdict === "died") return "the seed ends its process";
  let repro: Repro | undefined;
  try {
    repro = await reproOfSeed(scenario, input, seed, host);
  } catch (error) {
    return `the simulator itself broke: ${thrownText(error)}`;
  }
  if (repro === undefined) return "not deterministic: the seed held when it ran again; see run --verify";
  const key = failureKeyOf(repro.failure);
  if (key === failureKey(failing)) return repro;
  return `not deterministic: the seed broke ${key} when it ran again; see run --verify`;
}
