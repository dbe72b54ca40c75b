/**
 * `--verify`: the same seeds once more in a fresh process, last seed first. What leaks from one run into the
 * next (a global counter, a cache), and what no seed decides (time, addresses, the order of real I/O), gives
 * another trace there.
 */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtModule } from "./built-module.js";
import { PoolFailed } from "./errors.js";
import { firstDifference, type TraceDifference } from "./diff/index.js";
import type { Job } from "./protocol.js";
import type { SeedSequence } from "./seeds.js";
import { inTemporaryDirectory } from "./temporary-directory.js";

/** What came of a seed the first time; the hash is empty where it did not end. */
export interface KnownHash {
  readonly seed: number;
  readonly traceHash: string;
}

/** A seed that ran otherwise the second time. */
export interface Divergence {
  readonly seed: number;
  readonly hashes: readonly [first: string, second: string];
  /** Undefined where two more runs, traced, agreed or did not end: it depends on what ran before, or on chance. */
  readonly difference?: TraceDifference;
}

export interface VerifiedBlock {
  /** How many seeds gave the same trace. */
  readonly same: number;
  readonly unverified: readonly number[];
  readonly divergence?: Divergence;
}

/** What a verifying process is told to do. */
export type VerifyOrder =
  | {
      readonly type: "hashes";
      readonly job: Job;
      readonly scenarioName: string;
      readonly first: number;
      readonly stride: number;
      readonly length: number;
      readonly workers: number;
      readonly watchdogMs: number;
    }
  | {
      readonly type: "trace";
      readonly job: Job;
      /** These run before, untraced. */
      readonly before: readonly number[];
      readonly seed: number;
      readonly path: string;
    };

/** What it answers. The order is done when it exits with 0. */
export interface VerifyAnswer {
  readonly hashes: readonly KnownHash[];
}

export interface VerifyPlan {
  readonly job: Job;
  readonly scenarioName: string;
  readonly workers: number;
  readonly watchdogMs: number;
}

/** Before a seed is traced, so many of its neighbours run in one of the two processes, and none in the other. */
const NEIGHBOURS = 8;

/** Runs a block again and compares. Rejects with `PoolFailed` where the process does not do its work. */
export async function verifyBlock(
  plan: VerifyPlan,
  block: SeedSequence,
  known: readonly KnownHash[],
  signal: AbortSignal,
): Promise<VerifiedBlock> {
  if (block.length === 0) return { same: 0, unverified: [] };
  const expected = new Map(known.map(({ seed, traceHash }) => [seed, traceHash]));
  const different = new Map<number, string>();
  const unverified: number[] = [];
  let same = 0;
  const { first, stride, length } = block.reversed();
  const { job, scenarioName, workers, watchdogMs } = plan;
  const order = { type: "hashes", job, scenarioName, first, stride, length, workers, watchdogMs } as const;
  const ended = await inFreshProcess(order, Infinity, signal, ({ hashes }) => {
    for (const { seed, traceHash } of hashes) {
      const before = expected.get(seed)!;
      if (before === "" || traceHash === "") unverified.push(seed);
      else if (before === traceHash) same++;
      else different.set(seed, traceHash);
    }
  });
  if (!ended && !signal.aborted) throw new PoolFailed("a verifying process that did not end well");
  // The first in the order of the batch, so that the answer does not depend on timing.
  const seed = known.find((one) => different.has(one.seed))?.seed;
  if (seed === undefined) return { same, unverified };
  const hashes = [expected.get(seed)!, different.get(seed)!] as const;
  const difference = await traceTwice(plan, block, seed, signal);
  return {
    same,
    unverified,
    divergence: { seed, hashes, ...(difference === undefined ? {} : { difference }) },
  };
}

/** Runs a seed twice more, each in a process of its own and traced, and says where the two part. */
function traceTwice(
  plan: VerifyPlan,
  block: SeedSequence,
  seed: number,
  signal: AbortSignal,
): Promise<TraceDifference | undefined> {
  const position = (seed - block.first) / block.stride;
  const neighbours = block.slice(position + 1, NEIGHBOURS).reversed();
  const before = Array.from({ length: neighbours.length }, (_, i) => neighbours.at(i));
  return inTemporaryDirectory(undefined, "the temporary directory", async (directory) => {
    const { job, watchdogMs } = plan;
    const paths = [join(directory, "first.jsonl"), join(directory, "second.jsonl")] as const;
    const alone = { type: "trace", job, before: [], seed, path: paths[0] } as const;
    const after = { type: "trace", job, before, seed, path: paths[1] } as const;
    // What is not deterministic may also hang this time.
    const timeoutMs = watchdogMs * (1 + before.length);
    const ended =
      (await inFreshProcess(alone, timeoutMs, signal)) && (await inFreshProcess(after, timeoutMs, signal));
    return ended ? await firstDifference(...paths) : undefined;
  });
}

/** Resolves to whether the process did its work in time. */
function inFreshProcess(
  order: VerifyOrder,
  timeoutMs: number,
  signal: AbortSignal,
  onAnswer: (answer: VerifyAnswer) => void = () => {},
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(fileURLToPath(builtModule("verify-child")), [], {
      serialization: "advanced",
    });
    const kill = (): void => void child.kill("SIGKILL");
    if (signal.aborted) kill();
    signal.addEventListener("abort", kill);
    const timer = Number.isFinite(timeoutMs) ? setTimeout(kill, timeoutMs) : undefined;
    child.on("message", (answer) => onAnswer(answer as VerifyAnswer));
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      resolve(code === 0);
    });
    child.send(order);
  });
}
