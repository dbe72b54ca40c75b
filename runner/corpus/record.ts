/** Puts a failing seed of a batch into a file that shows the failure again. */
import type { Host } from "#sim/host.js";
import type { Scenario } from "#sim/scenario.js";
import { fileCommand, type RunInput } from "#reports/failure-line.js";
import { printable, thrownText } from "#reports/printable.js";
import { failureKey } from "#reports/seed-report.js";
import type { FailingSeed, FailureGroup } from "#reports/tally.js";
import { nodeHost } from "../host.js";
import { failureKeyOf, reproOfSeed, type Repro } from "../repro/index.js";
import type { Probe } from "./probe.js";
import type { CorpusEntry, ReproStore } from "./store.js";

/** The file of a failure, or why there is none, as an end of a sentence that begins with "no repro file: ". */
export type Recorded = { readonly path: string } | { readonly reason: string };

/** Whether a file of the same failure that is there already stands for this one too. */
export type Keeps = (there: CorpusEntry, repro: Repro) => Promise<boolean>;

/**
 * Runs the seed once more in this process, for what its file needs, and stores that, unless `keeps` says that
 * there is a file that will do. Throws `ReportNotWritten` where it can't be stored.
 */
export async function recordFailure(
  scenario: Scenario,
  input: RunInput,
  failing: FailingSeed,
  host: Host,
  store: ReproStore,
  keeps: Keeps,
): Promise<Recorded> {
  const repro = await reproOf(scenario, input, failing, host);
  if (typeof repro === "string") return { reason: repro };
  for (const entry of store.known(scenario.name, repro.failure)) {
    if (await keeps(entry, repro)) return { path: entry.path };
  }
  return { path: store.add(scenario.name, repro) };
}

/** Whether the two were made from the same run of the same code. */
export function isSameRun(one: Repro, other: Repro): boolean {
  return one.seed === other.seed && one.traceHash === other.traceHash;
}

/** An interrupted user waits no longer than this for files. */
export const PATIENCE_MS = 2_000;

/** What the files of a batch may cost. A scenario that breaks anew in every seed takes neither the disk nor the day. */
export interface RecordLimits {
  readonly files: number;
  /** For all of them together. No watchdog looks after this process, so it runs no more seeds than it has to. */
  readonly totalMs: number;
}

const LIMITS: RecordLimits = { files: 100, totalMs: 60_000 };

/**
 * The same for the failures of a batch, each by its first seed. A file that is there already is kept where it
 * still shows its failure: it may have been shrunk. Rejects with `ReportNotWritten` as soon as one can't be
 * stored. Once `signal` is aborted, it takes no longer than a user wants to wait. Gives how many failures are
 * without a file because of the limits.
 */
export async function recordFailures(
  scenario: Scenario,
  input: RunInput,
  failures: readonly FailureGroup[],
  store: ReproStore,
  probe: Probe,
  signal: AbortSignal,
  onRecorded: (key: string, recorded: Recorded) => void,
  limits: RecordLimits = LIMITS,
): Promise<number> {
  const host = nodeHost();
  const startMs = performance.now();
  const keeps: Keeps = async (there, repro) => isSameRun(there.repro, repro) || probe.shows(there);
  const patience = untilImpatient(signal, () => probe.stop());
  let files = 0;
  let left = 0;
  try {
    for (const { key, first } of failures) {
      const tookMs = performance.now() - startMs;
      const reason = files >= limits.files ? "other failures have one" : "running seeds again takes too long";
      if (signal.aborted && tookMs > PATIENCE_MS) onRecorded(key, { reason: "interrupted" });
      else if (files >= limits.files || tookMs > limits.totalMs) {
        left++;
        onRecorded(key, { reason });
      } else {
        const recorded = await recordFailure(scenario, input, first[0]!, host, store, keeps);
        if ("path" in recorded) files++;
        onRecorded(key, recorded);
      }
    }
  } finally {
    patience.end();
  }
  return left;
}

/** Calls `then` when an interrupted user has waited long enough; not after `end`. */
function untilImpatient(signal: AbortSignal, then: () => void): { end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => void (timer = setTimeout(then, PATIENCE_MS));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort);
  return {
    end: () => {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    },
  };
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
