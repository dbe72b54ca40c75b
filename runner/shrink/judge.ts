/** Whether a candidate fails in the same way, and the judges that find out: here, or in worker threads. */
import type { Host } from "#sim/host.js";
import type { Scenario } from "#sim/scenario.js";
import { DEFAULT_LIMITS, type Limits } from "#sim/world.js";
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

/** What came of one candidate. */
export interface Verdict {
  /** Undefined where it does not fail, or otherwise. */
  readonly judged: Judged | undefined;
  /** Of the run: what it cost. 0 where it did not come to its end. */
  readonly events: number;
  /** The invariant that broke instead, where another one did. */
  readonly other?: string;
}

/** The first of some candidates, in their order, that fails in the same way. */
export interface Search extends Verdict {
  /** Candidates up to that one: the same however many are tried at a time. The events are those of all of them. */
  readonly tried: number;
}

export interface Judge {
  first(candidates: Iterable<Candidate>): Promise<Search>;
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
const LONGER = 1.5;
const GRACE_US = 1_000_000;
const GRACE_EVENTS = 500;

/** Runs one candidate. Rejects as `runSeed` does. */
export async function judgeOne(
  scenario: Scenario,
  host: Host,
  wanted: Wanted,
  candidate: Candidate,
): Promise<Verdict> {
  const { failure, events } = candidate;
  // Never beyond the scenario's own: then the failure would be another one.
  const own = { ...DEFAULT_LIMITS, ...scenario.limits };
  const limits = {
    simTimeUs: Math.min(own.simTimeUs, Math.trunc(LONGER * failure.timeUs) + GRACE_US),
    events: Math.min(own.events, Math.trunc(LONGER * events) + GRACE_EVENTS),
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
  // Whatever came first ended the run: a later finding is what it led to. And what ran into a limit that is set
  // here alone did not fail.
  const isCut = wanted.invariant.startsWith("limits/") && isBelow(limits, own, wanted.invariant);
  if (index !== 0 || isCut) {
    const other = result.findings[0]?.invariant;
    return { judged: undefined, events: result.events, ...(other === undefined ? {} : { other }) };
  }
  const { shrunkFrom } = candidate;
  const repro = makeRepro(candidate.scenario, scenario, run, result);
  const judged = {
    repro: { ...repro, ...(shrunkFrom === undefined ? {} : { shrunkFrom }) },
    nodes: run.world.nodes.map(({ name }) => name),
  };
  return { judged, events: result.events };
}

function isBelow(limits: Pick<Limits, "simTimeUs" | "events">, own: Limits, invariant: string): boolean {
  if (invariant === "limits/events") return limits.events < own.events;
  return invariant === "limits/sim-time" && limits.simTimeUs < own.simTimeUs;
}

/** What is thrown is no failure of the same kind: it breaks the simulator itself. */
export const NOTHING: Verdict = { judged: undefined, events: 0 };

/** Judges one after the other, in this process. */
export function localJudge(scenario: Scenario, host: Host, wanted: Wanted): Judge {
  return {
    async first(candidates) {
      let events = 0;
      let tried = 0;
      for (const candidate of candidates) {
        tried++;
        const verdict = await judgeOne(scenario, host, wanted, candidate).catch(() => NOTHING);
        events += verdict.events;
        if (verdict.judged !== undefined) return { judged: verdict.judged, events, tried };
      }
      return { judged: undefined, events, tried };
    },
  };
}
