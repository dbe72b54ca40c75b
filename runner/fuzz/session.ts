/** A fuzzing session from its start to its end. */
import { failureKey, type SeedReport } from "#reports/seed-report.js";
import { ReportNotWritten } from "#reports/atomic-file.js";
import { failureLine } from "#reports/failure-line.js";
import { printable } from "#reports/printable.js";
import { CorpusWork, ReproStore, type CorpusEntry, type CorpusOutcome } from "../corpus/index.js";
import { Crew } from "../crew.js";
import { errorLine, UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { nodeHost } from "../host.js";
import { threadLanes } from "../lane.js";
import { loadScenario } from "../load-scenario.js";
import type { Output } from "../output.js";
import { FairWork } from "./fair-work.js";
import { Failures, type Failure } from "./failures.js";
import type { FuzzPlan } from "./plan.js";
import { Status } from "./status.js";
import { Strand } from "./strand.js";
import { corpusLine, failureDetails, fuzzSummary, headText, statusLine, type FuzzFigures } from "./words.js";

/** What is under way gets this long to end: when the user interrupts, and when the session ends by itself. */
const INTERRUPT_GRACE_MS = 500;
const GRACE_MS = 5_000;

export class FuzzSession {
  readonly #plan: FuzzPlan;
  readonly #output: Output;
  readonly #store: ReproStore;
  readonly #strands: readonly Strand[];
  readonly #failures: Failures;
  readonly #corpus: Record<CorpusOutcome, number> = { same: 0, otherwise: 0, fixed: 0 };
  /** The scenario's name, by how a file of the corpus refers to it. */
  readonly #names: Map<string, string> = new Map();
  #crew: Crew | undefined;
  #status: Status | undefined;
  #startMs = performance.now();
  #lastNewMs = performance.now();
  #end: "time is up" | "interrupted" | "complete" | undefined;

  constructor(plan: FuzzPlan, output: Output) {
    this.#plan = plan;
    this.#output = output;
    this.#store = new ReproStore(plan.corpus);
    this.#strands = plan.targets.map((target) => new Strand(target, plan.seedBase, plan.workers));
    this.#failures = new Failures(this.#store, nodeHost(), (failure) => this.#tell(failure));
  }

  /**
   * Runs the corpus, then new seeds until the time is up or `signal` interrupts. Gives the exit code. Rejects with
   * `ReportNotWritten` where the corpus can't be written, with `PoolFailed` where no worker comes up.
   */
  async run(signal: AbortSignal): Promise<number> {
    // Whoever waits for an hour does not want to hear then that it can't be written.
    this.#store.open();
    try {
      return await this.#run(signal);
    } finally {
      this.#store.close();
    }
  }

  async #run(signal: AbortSignal): Promise<number> {
    const entries = await this.#loadCorpus();
    const plan = this.#plan;
    this.#output.out(headText(plan, entries.length));
    const references = new Set([
      ...plan.targets.map(({ input }) => input.scenario),
      ...entries.map(({ repro }) => repro.scenario),
    ]);
    let timer: NodeJS.Timeout | undefined;
    const crew = new Crew({
      open: threadLanes([...references]),
      workers: plan.workers,
      watchdogMs: plan.watchdogMs,
      onReady: () => {
        this.#startMs = this.#lastNewMs = performance.now();
        if (plan.forMs !== undefined) timer = setTimeout(() => this.#stop("time is up"), plan.forMs);
      },
    });
    this.#crew = crew;
    this.#status = new Status(this.#output, () => statusLine(this.#figures()));
    const onAbort = (): void => this.#stop("interrupted");
    signal.addEventListener("abort", onAbort);
    try {
      if (signal.aborted) onAbort();
      const corpus = new CorpusWork(entries, (...told) => this.#onCorpus(...told));
      const fresh = new FairWork(this.#strands, plan.workers, (...told) => this.#onReport(...told));
      for (const work of [corpus, fresh]) if (this.#end === undefined) await crew.run(work);
      await this.#failures.settled();
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(timer);
      this.#status.stop();
      crew.close();
    }
    const end = this.#end ?? "complete";
    this.#output.out(fuzzSummary(plan, this.#figures(), end, this.#output.outPalette));
    if (end === "interrupted") return EXIT.interrupted;
    const isBroken = this.#failures.all().length > 0 || this.#corpus.otherwise > 0;
    return isBroken ? EXIT.broken : EXIT.held;
  }

  /** The files that can be run here. What can't be read, or has no scenario any more, is said and left alone. */
  async #loadCorpus(): Promise<CorpusEntry[]> {
    const skip = (path: string, why: string): void =>
      this.#output.err(`${printable(path)} is not run: ${why}\n`);
    const entries = this.#store.entries((error) => this.#output.err(`not run: ${errorLine(error)}\n`));
    const loaded: CorpusEntry[] = [];
    for (const entry of entries) {
      const { scenario: reference } = entry.repro;
      try {
        const name = this.#names.get(reference) ?? (await loadScenario(reference)).scenario.name;
        this.#names.set(reference, name);
        loaded.push(entry);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        skip(entry.path, errorLine(error));
      }
    }
    return loaded;
  }

  /** What ends a session first is why it ended; but an impatient user need not wait. */
  #stop(end: "time is up" | "interrupted" | "complete"): void {
    this.#end ??= end;
    if (end === "interrupted") this.#end = end;
    if (end === "interrupted") this.#failures.hurry();
    this.#crew?.stop(end === "interrupted" ? INTERRUPT_GRACE_MS : GRACE_MS);
  }

  #onCorpus({ path, repro }: CorpusEntry, outcome: CorpusOutcome, report: SeedReport): void {
    this.#corpus[outcome]++;
    if (outcome === "same") this.#failures.know(this.#names.get(repro.scenario)!, report, path);
    else this.#say(corpusLine(path, outcome, failureKey(report), this.#plan.program));
  }

  #onReport(strand: Strand, report: SeedReport): void {
    if (strand.add(report)) this.#lastNewMs = performance.now();
    if (report.verdict !== "pass") this.#failures.add(strand.target, report);
  }

  #tell(failure: Failure): void {
    const { outPalette } = this.#output;
    const { target, ...failing } = failure.first!;
    try {
      this.#store.note(failureLine(failing, target.input));
    } catch (error) {
      if (!(error instanceof ReportNotWritten)) throw error;
      this.#output.err(`${errorLine(error)}\n`);
    }
    const line = failureLine(failing, target.input, outPalette);
    this.#say(`${line}\n${failureDetails(failure, this.#plan.program)}`);
    if (this.#plan.untilFailure) this.#stop("complete");
  }

  #say(text: string): void {
    this.#status?.clear();
    this.#output.out(text);
  }

  #figures(): FuzzFigures {
    const nowMs = performance.now();
    return {
      strands: this.#strands,
      failures: this.#failures.all(),
      corpus: this.#corpus,
      uncounted: this.#failures.uncounted,
      wallMs: nowMs - this.#startMs,
      nothingNewMs: nowMs - this.#lastNewMs,
    };
  }
}
