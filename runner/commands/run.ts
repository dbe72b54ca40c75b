/** `seedstorm run`: a batch of seeds of one scenario, and what it says. */
import { join } from "node:path";
import type { Scenario } from "#sim/scenario.js";
import { ReportNotWritten } from "#reports/atomic-file.js";
import { BatchFiles } from "#reports/batch-files.js";
import { annotations } from "#reports/batch/annotations.js";
import { batchVerdict, type BatchFacts } from "#reports/batch/facts.js";
import { RateSeries } from "#reports/batch/rate-series.js";
import { seedRow } from "#reports/csv.js";
import { failureLine, type RunInput } from "#reports/failure-line.js";
import { plural } from "#reports/format.js";
import { barProgress, plainProgress, type Progress } from "#reports/progress.js";
import { failureKey, jsonLine, type SeedReport } from "#reports/seed-report.js";
import { summaryText } from "#reports/summary.js";
import { BatchTally, KEPT_PER_FAILURE } from "#reports/tally.js";
import { wantsAnnotations } from "../annotations.js";
import { runBatch, type BatchEnd, type BatchPlan } from "../batch.js";
import { divergenceText } from "../divergence-text.js";
import { errorLine } from "../errors.js";
import { judgeCoverage, VERDICT_EXIT } from "../judge.js";
import { loadScenario } from "../load-scenario.js";
import type { Output } from "../output.js";
import {
  DEFAULT_REPROS,
  Probe,
  recordFailures,
  recordedLines,
  ReproStore,
  type Recorded,
} from "../corpus/index.js";
import { batchPlan, runInput, seedRange, shardOf, type RunArguments } from "../run-input.js";
import { VERSION } from "../version.js";

/**
 * Runs the batch and gives the exit code. Throws `UsageError` for bad input, `ReportNotWritten` where a report
 * can't be written, `PoolFailed` where no worker comes up.
 */
export async function run(args: RunArguments, output: Output, signal: AbortSignal): Promise<number> {
  const loaded = await loadScenario(args.scenario);
  const input = runInput(loaded, args, output.program);
  const plan = batchPlan(loaded, args, input);
  const annotated = wantsAnnotations(args.annotations);
  const files = args.out === undefined ? undefined : new BatchFiles(args.out);
  try {
    const session = new Session(input, plan, output, args.json ?? false, files);
    const end = await runBatch(plan, session, signal).finally(() => session.progress.stop());
    const facts = batchFacts(loaded.scenario, args, input, plan, end, session);
    const repros = await recordRepros(loaded.scenario, args, input, plan, session.tally, signal);
    // What the batch has shown is said first: no disk is needed for that.
    session.conclude(end, facts, annotated, repros);
    session.finishFiles(facts);
    if (repros.error !== undefined) {
      // Nobody asked for files below the current directory, so the batch does not fail for want of them.
      if (args.out !== undefined) throw repros.error;
      output.err(`no repro files: ${errorLine(repros.error)}\n`);
    }
    return VERDICT_EXIT[batchVerdict(session.tally, facts)];
  } finally {
    files?.discard();
  }
}

/** What became of the repro files of a batch. */
interface Repros {
  /** What there is to say of each failure, by its key. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  /** Failures without a file, for there were too many. */
  readonly left: number;
  /** Why not all were written. */
  readonly error?: ReportNotWritten;
}

/** Writes a repro file for each failure. */
async function recordRepros(
  scenario: Scenario,
  args: RunArguments,
  input: RunInput,
  { watchdogMs }: BatchPlan,
  tally: BatchTally,
  signal: AbortSignal,
): Promise<Repros> {
  const store = new ReproStore(args.out === undefined ? DEFAULT_REPROS : join(args.out, "repros"));
  const notes = new Map<string, readonly string[]>();
  const probe = new Probe(watchdogMs);
  const onRecorded = (key: string, recorded: Recorded): void =>
    void notes.set(key, recordedLines(recorded, input.program));
  try {
    const left = await recordFailures(scenario, input, tally.failures(), store, probe, signal, onRecorded);
    return { notes, left };
  } catch (error) {
    if (!(error instanceof ReportNotWritten)) throw error;
    return { notes, left: 0, error };
  } finally {
    probe.close();
  }
}

/** What happens to the reports of one batch as they come in. */
class Session {
  readonly tally: BatchTally = new BatchTally();
  readonly progress: Progress;
  readonly rate: RateSeries = new RateSeries();
  verified = 0;
  /** Why the files can't be written: they are given up, the batch is not. */
  #notWritten: ReportNotWritten | undefined;
  readonly #startMs: number = performance.now();
  readonly #input: RunInput;
  readonly #output: Output;
  readonly #json: boolean;
  readonly #files: BatchFiles | undefined;

  constructor(
    input: RunInput,
    plan: BatchPlan,
    output: Output,
    json: boolean,
    files: BatchFiles | undefined,
  ) {
    this.#input = input;
    this.#output = output;
    this.#json = json;
    this.#files = files;
    const goal = {
      scenario: plan.scenarioName,
      seeds: plan.seeds.length,
      ...(plan.forMs === undefined ? {} : { forMs: plan.forMs }),
    };
    const terminal = output.errTerminal;
    this.progress =
      terminal === undefined ? plainProgress((line) => output.err(line), goal) : barProgress(terminal, goal);
  }

  onReport(report: SeedReport): void {
    this.tally.add(report);
    this.rate.add(this.elapsedMs());
    this.#addRow(report);
    if (this.#json) this.#output.out(jsonLine(report));
    if (report.verdict !== "pass") this.#showFailure(report);
    this.progress.update(this.tally.seeds, this.tally.failing);
  }

  #addRow(report: SeedReport): void {
    if (this.#notWritten !== undefined) return;
    try {
      this.#files?.add(seedRow(report));
    } catch (error) {
      if (!(error instanceof ReportNotWritten)) throw error;
      this.#notWritten = error;
      this.progress.clear();
      this.#output.err(`the batch goes on without files: ${errorLine(error)}\n`);
    }
  }

  onVerified(seeds: number): void {
    this.verified += seeds;
  }

  /** Since the batch began. */
  elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Puts the files of the batch in their places. Throws `ReportNotWritten`. */
  finishFiles(facts: BatchFacts): void {
    if (this.#notWritten !== undefined) throw this.#notWritten;
    this.#files?.finish(this.tally, facts);
  }

  conclude(end: BatchEnd, facts: BatchFacts, annotated: boolean, { notes, left }: Repros): void {
    const { errPalette, outPalette } = this.#output;
    const failing = end.beyond.filter((report) => report.verdict !== "pass");
    if (failing.length > 0) this.#say("known beyond the seeds that are done:\n");
    for (const report of failing) this.#say(`${failureLine(report, this.#input)}\n`);
    for (const seed of end.unverified) this.#say(`seed ${seed} did not end in both runs: not verified\n`);
    if (end.divergence !== undefined) this.#say(divergenceText(end.divergence, this.#input));
    if (left > 0) this.#say(`${plural(left, "failure")} without a repro file: there are too many\n`);
    this.#say(summaryText(this.tally, facts, this.#json ? errPalette : outPalette, notes));
    if (annotated) this.#say(annotations(this.tally, facts));
  }

  #showFailure(report: SeedReport): void {
    const group = this.tally.group(failureKey(report))!;
    if (group.count > KEPT_PER_FAILURE) return;
    this.progress.clear();
    const { errPalette, outPalette } = this.#output;
    this.#say(`${failureLine(report, this.#input, this.#json ? errPalette : outPalette)}\n`);
  }

  #say(text: string): void {
    if (this.#json) this.#output.err(text);
    else this.#output.out(text);
  }
}

function batchFacts(
  scenario: Scenario,
  args: RunArguments,
  input: RunInput,
  plan: BatchPlan,
  end: BatchEnd,
  session: Session,
): BatchFacts {
  const { tally } = session;
  const { first, last } = seedRange(args);
  const shard = shardOf(args);
  const { mustReach, coverageSeeds } = scenario;
  const asked = { mustReach, coverageSeeds, requireCoverage: args.requireCoverage ?? false };
  const whole = end.end === "complete" && end.divergence === undefined && shard.of === 1;
  return {
    input,
    scenario: scenario.name,
    version: VERSION,
    ...asked,
    range: { first, ...(last === Infinity ? {} : { last }) },
    shard,
    seeds: { first: plan.seeds.first, stride: plan.seeds.stride, count: end.finished },
    end: end.end,
    wallMs: session.elapsedMs(),
    workers: plan.workers,
    rate: session.rate.data(),
    ...judgeCoverage(tally.seeds, tally.coverage, asked, whole),
    ...(plan.verify ? { verify: verifyFacts(session, end) } : {}),
  };
}

function verifyFacts(session: Session, end: BatchEnd): NonNullable<BatchFacts["verify"]> {
  const { divergence } = end;
  return { same: session.verified, ...(divergence === undefined ? {} : { divergent: divergence.seed }) };
}
