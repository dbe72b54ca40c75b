/** The failures of a session: each is put into a file and told of once, and counted from then on. */
import type { Host } from "#sim/host.js";
import { ReportNotWritten } from "#reports/atomic-file.js";
import { failureKey, type SeedReport } from "#reports/seed-report.js";
import type { FailingSeed } from "#reports/tally.js";
import { PATIENCE_MS, recordFailure, type Recorded, type ReproStore } from "../corpus/index.js";
import { errorLine } from "../errors.js";
import type { FuzzTarget } from "./strand.js";

/** One failure, as `failureIdentity` tells them apart. */
export interface Failure {
  /** The invariant, and the place in the code. */
  readonly key: string;
  /** Whether a file of the corpus showed it at the start of the session. */
  readonly isKnown: boolean;
  /** Failing seeds of this session. */
  count: number;
  /** Its first seed, and what ran it; undefined while only its file is known. */
  first: (FailingSeed & { readonly target: FuzzTarget }) | undefined;
  /** Undefined until its file is written. */
  recorded: Recorded | undefined;
}

/** Told of a failure that is new, once its file is durable. */
export type OnFailure = (failure: Failure) => void;

/** A scenario that breaks at a new place in every seed must not take the memory, nor the disk. */
const MAX_FAILURES = 1_000;

export class Failures {
  /** Failing seeds that are not told apart any more. */
  uncounted = 0;
  readonly #byIdentity: Map<string, Failure> = new Map();
  readonly #store: ReproStore;
  readonly #host: Host;
  readonly #onFailure: OnFailure;
  #recording: Promise<void> = Promise.resolve();
  #untilMs = Infinity;

  constructor(store: ReproStore, host: Host, onFailure: OnFailure) {
    this.#store = store;
    this.#host = host;
    this.#onFailure = onFailure;
  }

  all(): readonly Failure[] {
    return [...this.#byIdentity.values()];
  }

  /** A file of the corpus still shows this failure. */
  know(scenarioName: string, report: SeedReport, path: string): void {
    const identity = failureIdentity(scenarioName, report);
    if (this.#byIdentity.has(identity)) return;
    this.#byIdentity.set(identity, {
      key: failureKey(report),
      isKnown: true,
      count: 0,
      first: undefined,
      recorded: { path },
    });
  }

  /** Counts a failing seed; where its failure is new, its file is written in the background. */
  add(target: FuzzTarget, report: SeedReport): void {
    const identity = failureIdentity(target.scenario.name, report);
    const { seed, verdict, findings } = report;
    const first = { seed, verdict, findings: findings.slice(0, 1), target };
    const failure = this.#byIdentity.get(identity);
    if (failure !== undefined) {
      failure.count++;
      failure.first ??= first;
    } else if (this.#byIdentity.size < MAX_FAILURES) {
      const found: Failure = {
        key: failureKey(report),
        isKnown: false,
        count: 1,
        first,
        recorded: undefined,
      };
      this.#byIdentity.set(identity, found);
      // One after the other: a process runs one world at a time.
      this.#recording = this.#recording.then(() => this.#record(found, first));
    } else this.uncounted++;
  }

  /** From now on the user waits: files that are not written soon are left out. */
  hurry(): void {
    this.#untilMs = Math.min(this.#untilMs, performance.now() + PATIENCE_MS);
  }

  /** Resolves once every failure is in its file and was told of. */
  async settled(): Promise<void> {
    for (let recording; recording !== this.#recording;) {
      recording = this.#recording;
      await recording;
    }
  }

  async #record(failure: Failure, first: NonNullable<Failure["first"]>): Promise<void> {
    failure.recorded =
      performance.now() > this.#untilMs ? { reason: "interrupted" } : await this.#fileOf(first);
    this.#onFailure(failure);
  }

  #fileOf(first: NonNullable<Failure["first"]>): Promise<Recorded> {
    const { scenario, input } = first.target;
    // A file of this name is of a failure that did not show when the corpus was run: it may well be another bug.
    const keeps = (): Promise<boolean> => Promise.resolve(false);
    const recorded = recordFailure(scenario, input, first, this.#host, this.#store, keeps);
    // A full disk does not end the session: what is found later may still be seen.
    return recorded.catch((error: unknown) => {
      if (error instanceof ReportNotWritten) return { reason: errorLine(error) };
      throw error;
    });
  }
}

/**
 * What makes two failures one, over all scenarios. Where the place in the code is not known, scenarios are told
 * apart: that seeds hang in two of them says little.
 */
export function failureIdentity(scenarioName: string, report: Pick<SeedReport, "findings">): string {
  const place = report.findings[0]?.place ?? "";
  return place === "" ? `${scenarioName}: ${failureKey(report)}` : failureKey(report);
}
