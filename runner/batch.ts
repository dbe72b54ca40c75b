/**
 * Runs a batch: its seeds over a pool of workers and, where asked for, each a second time in another process.
 */
import type { SeedReport } from "#reports/seed-report.js";
import { threadLanes } from "./lane.js";
import { Pool, type PoolEnd } from "./pool.js";
import type { Job } from "./protocol.js";
import type { SeedSequence } from "./seeds.js";
import { verifyBlock, type Divergence, type KnownHash } from "./verify.js";

export interface BatchPlan {
  readonly job: Job;
  readonly scenarioName: string;
  readonly seeds: SeedSequence;
  readonly workers: number;
  /** The longest that one seed may take, in wall-clock milliseconds. */
  readonly watchdogMs: number;
  /** How long to hand out seeds, in wall-clock milliseconds from the moment on when the first one could run. */
  readonly forMs?: number;
  readonly verify: boolean;
}

export interface BatchListener {
  /** Each seed, in the order of the sequence. */
  onReport(report: SeedReport): void;
  /** So many more seeds ran again with the same trace. */
  onVerified(seeds: number): void;
}

/** How a batch ended. */
export interface BatchEnd extends PoolEnd {
  readonly end: "complete" | "time is up" | "interrupted";
  /** The first seed that ran otherwise the second time; the batch stops there. */
  readonly divergence?: Divergence;
  /** Seeds that ran to their end the first time, but not the second. */
  readonly unverified: readonly number[];
}

/** What is under way when the user interrupts gets this long to end. */
const GRACE_MS = 500;
/** With `verify`, so many seeds run before they are verified: a fresh process costs 0.2 s. */
const VERIFY_BLOCK_SEEDS = 2_000;

/**
 * Rejects with `PoolFailed` where no worker comes up, and with what the listener throws. `signal` interrupts:
 * what is known then was reported.
 */
export async function runBatch(
  plan: BatchPlan,
  listener: BatchListener,
  signal: AbortSignal,
): Promise<BatchEnd> {
  const { forMs } = plan;
  const unverified: number[] = [];
  let finished = 0;
  let beyond: readonly SeedReport[] = [];
  let divergence: Divergence | undefined;
  const deadline: { timer?: NodeJS.Timeout; passed: boolean } = { passed: false };
  const pool = new Pool({
    ...plan,
    open: threadLanes([plan.job.reference]),
    onReady() {
      if (forMs !== undefined) deadline.timer = setTimeout(onDeadline, forMs);
    },
  });
  const onDeadline = (): void => {
    deadline.passed = true;
    pool.stop(Infinity);
  };
  const onAbort = (): void => pool.stop(GRACE_MS);
  signal.addEventListener("abort", onAbort);
  try {
    const blockSeeds = plan.verify ? VERIFY_BLOCK_SEEDS : Infinity;
    while (finished < plan.seeds.length && !signal.aborted && !deadline.passed) {
      const block = plan.seeds.slice(finished, blockSeeds);
      const hashes: KnownHash[] = [];
      const end = await pool.run(block, (report) => {
        if (plan.verify) hashes.push({ seed: report.seed, traceHash: report.traceHash });
        listener.onReport(report);
      });
      finished += end.finished;
      beyond = end.beyond;
      if (!plan.verify || signal.aborted) continue;
      const verified = await verifyBlock(plan, block.slice(0, end.finished), hashes, signal);
      unverified.push(...verified.unverified);
      divergence = verified.divergence;
      listener.onVerified(verified.same);
      if (divergence !== undefined) break;
    }
  } finally {
    clearTimeout(deadline.timer);
    signal.removeEventListener("abort", onAbort);
    pool.close();
  }
  const end = signal.aborted ? "interrupted" : deadline.passed ? "time is up" : "complete";
  return { finished, beyond, end, unverified, ...(divergence === undefined ? {} : { divergence }) };
}
