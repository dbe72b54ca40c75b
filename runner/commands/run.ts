/** `seedstorm run`: a batch of seeds of one scenario, and what it says. */
import { vacuities } from "#sim/faults/index.js";
import type { Scenario } from "#sim/scenario.js";
import { BatchFiles } from "#reports/batch-files.js";
import { failureLine, type RunInput } from "#reports/failure-line.js";
import { barProgress, plainProgress, type Progress } from "#reports/progress.js";
import { jsonLine, type SeedReport } from "#reports/seed-report.js";
import { summaryText, type BatchFacts } from "#reports/summary.js";
import { BatchTally, KEPT_PER_INVARIANT } from "#reports/tally.js";
import { runBatch, type BatchEnd, type BatchPlan } from "../batch.js";
import { divergenceText } from "../divergence-text.js";
import { EXIT } from "../exit-codes.js";
import { loadScenario } from "../load-scenario.js";
import type { Output } from "../output.js";
import { batchPlan, runInput, type RunArguments } from "../run-input.js";

/**
 * Runs the batch and gives the exit code. Throws `UsageError` for bad input, `ReportNotWritten` where a report
 * can't be written, `PoolFailed` where no worker comes up.
 */
export async function run(args: RunArguments, output: Output, signal: AbortSignal): Promise<number> {
  const loaded = await loadScenario(args.scenario);
  const input = runInput(loaded, args, output.program);
  const plan = batchPlan(loaded, args, input);
  const files = args.out === undefined ? undefined : new BatchFiles(args.out);
  try {
    const session = new Session(input, plan, output, args.json ?? false, files);
    const startMs = performance.now();
    const end = await runBatch(plan, session, signal).finally(() => session.progress.stop());
    const facts = batchFacts(loaded.scenario, args, input, plan, end, session, performance.now() - startMs);
    session.conclude(end, facts);
    files?.finish(session.tally, facts);
    return exitCode(end, session.tally, facts);
  } finally {
    files?.discard();
  }
}

/** What happens to the reports of one batch as they come in. */
class Session {
  readonly tally: BatchTally = new BatchTally();
  readonly progress: Progress;
  verified = 0;
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
    this.#files?.add(report);
    if (this.#json) this.#output.out(jsonLine(report));
    if (report.verdict !== "pass") this.#showFailure(report);
    this.progress.update(this.tally.seeds, this.tally.failing);
  }

  onVerified(seeds: number): void {
    this.verified += seeds;
  }

  conclude(end: BatchEnd, facts: BatchFacts): void {
    const { errPalette, outPalette } = this.#output;
    const failing = end.beyond.filter((report) => report.verdict !== "pass");
    if (failing.length > 0) this.#say("known beyond the seeds that are done:\n");
    for (const report of failing) this.#say(`${failureLine(report, this.#input)}\n`);
    for (const seed of end.unverified) this.#say(`seed ${seed} did not end in both runs: not verified\n`);
    if (end.divergence !== undefined) this.#say(divergenceText(end.divergence, this.#input));
    this.#say(summaryText(this.tally, facts, this.#json ? errPalette : outPalette));
  }

  #showFailure(report: SeedReport): void {
    const group = this.tally.group(report.findings[0]!.invariant)!;
    if (group.count > KEPT_PER_INVARIANT) return;
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
  wallMs: number,
): BatchFacts {
  const { tally } = session;
  const complete = end.end === "complete" && end.divergence === undefined;
  // A batch that was cut short, or is a part of one, is only judged where it is large enough by itself.
  const whole = complete && args.for === undefined && args.shard === undefined;
  const judged = tally.seeds >= scenario.coverageSeeds || (whole && args.requireCoverage === true);
  return {
    input,
    scenario: scenario.name,
    mustReach: scenario.mustReach,
    seeds: { first: plan.seeds.first, stride: plan.seeds.stride, count: end.finished },
    end: end.end,
    wallMs,
    workers: plan.workers,
    vacuous: judged ? vacuities(tally.coverage, scenario.mustReach) : [],
    judged,
    ...(plan.verify ? { verify: verifyFacts(session, end) } : {}),
  };
}

function verifyFacts(session: Session, end: BatchEnd): NonNullable<BatchFacts["verify"]> {
  const { divergence } = end;
  return { same: session.verified, ...(divergence === undefined ? {} : { divergent: divergence.seed }) };
}

function exitCode(end: BatchEnd, tally: BatchTally, facts: BatchFacts): number {
  if (end.end === "interrupted") return EXIT.interrupted;
  if (end.divergence !== undefined) return EXIT.notDeterministic;
  if (tally.failing > 0) return EXIT.broken;
  return facts.vacuous.length > 0 ? EXIT.vacuous : EXIT.held;
}
