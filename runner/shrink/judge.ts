/** Whether a candidate fails in the same way, and the judges that find out: here, or in worker threads. */
import type { Host } from "#sim/host.js";
import type { Scenario } from "#sim/scenario.js";
import { makeRepro, runRepro, type Repro, type ReproFailure } from "../repro/index.js";

/** A repro that was run and failed, as that run has it. */
export interface Judged {
  readonly repro: Repro;
  /** Names of the run's nodes: their places are their numbers, which the keys of decisions have. */
  readonly nodes: readonly string[];
}

/** A repro to try. */
export interface Candidate extends Repro {
  /** See `ReproRunOptions`. */
  readonly drawsFaults?: true;
}

/** Looks for the first of the candidates, in their order, that fails in the same way. */
export interface Judge {
  first(candidates: Iterable<Candidate>): Promise<Judged | undefined>;
  /** Candidates that were run so far. */
  readonly runs: number;
}

/** What tells whether a failure is the same. */
export interface Wanted {
  readonly invariant: string;
  /** Of an error that nobody caught, whose invariant says nothing: the place in the code. Else any. */
  readonly place: string | undefined;
}

/** Checks that fire for whatever goes wrong. */
const UNSPECIFIC: ReadonlySet<string> = new Set(["process/uncaught-error", "simulator/internal-error"]);

export function wantedOf({ invariant, place }: ReproFailure): Wanted {
  return { invariant, place: UNSPECIFIC.has(invariant) ? place : undefined };
}

/** A candidate is given up where it takes so much longer than the failure that it comes from. */
const LONGER = 2;
const GRACE_US = 1_000_000;
const GRACE_EVENTS = 2_000;

/** Runs one candidate. Undefined where it does not fail, or otherwise. Rejects as `runSeed` does. */
export async function judgeOne(
  scenario: Scenario,
  host: Host,
  wanted: Wanted,
  candidate: Candidate,
): Promise<Judged | undefined> {
  const { failure, events } = candidate;
  const limits = {
    simTimeUs: LONGER * failure.timeUs + GRACE_US,
    events: LONGER * events + GRACE_EVENTS,
  };
  const { result, run } = await runRepro(scenario, candidate, {
    host,
    limits,
    drawsFaults: candidate.drawsFaults === true,
  });
  const index = result.findings.findIndex(
    ({ invariant, place }) =>
      invariant === wanted.invariant && (wanted.place === undefined || wanted.place === place),
  );
  // Whatever came first ended the run: a later finding is what it led to.
  if (index !== 0) return undefined;
  const { shrunkFrom } = candidate;
  const repro = makeRepro(candidate.scenario, scenario, run, result);
  return {
    repro: { ...repro, ...(shrunkFrom === undefined ? {} : { shrunkFrom }) },
    nodes: run.world.nodes.map(({ name }) => name),
  };
}

/** Judges one after the other, in this process. */
export function localJudge(scenario: Scenario, host: Host, wanted: Wanted): Judge {
  let runs = 0;
  return {
    get runs() {
      return runs;
    },
    async first(candidates) {
      for (const candidate of candidates) {
        runs++;
        const judged = await judgeOne(scenario, host, wanted, candidate).catch(() => undefined);
        if (judged !== undefined) return judged;
      }
      return undefined;
    },
  };
}
