/** Judges candidates in worker threads, several at a time. */
import { Worker } from "node:worker_threads";
import { assert } from "#engines/env/index.js";
import { thrownText } from "#reports/printable.js";
import { builtModule } from "../built-module.js";
import { PoolFailed } from "../errors.js";
import { NOTHING, type Candidate, type Judge, type Search, type Verdict, type Wanted } from "./judge.js";

export interface ShrinkWorkerSetup {
  /** As `loadScenario` takes it. */
  readonly reference: string;
  readonly wanted: Wanted;
}

export type ShrinkWorkerMessage =
  { readonly type: "ready" } | { readonly type: "judged"; readonly verdicts: readonly Verdict[] };

/** A candidate that takes longer on the wall clock than this is given up, and its thread with it. */
const HUNG_MS = 20_000;
const STARTUP_MS = 30_000;
/** A run of up to so many events takes about as long as a message there and back: several go with one. */
const SHORT_EVENTS = 400;
const PACK_OF_SHORT = 12;

/**
 * Which candidate it gives does not depend on the number of threads: the first in their order, whatever was known
 * first of others.
 */
export class ThreadJudge implements Judge {
  readonly #threads: Thread[];
  #packSize = 1;
  #isClosed = false;

  constructor(setup: ShrinkWorkerSetup, threads: number) {
    assert(threads >= 1, "somebody has to judge");
    this.#threads = Array.from({ length: threads }, () => new Thread(setup));
  }

  /** Rejects with `PoolFailed` where no thread comes up. Finds nothing once the judge is closed. */
  async first(candidates: Iterable<Candidate>): Promise<Search> {
    const source = candidates[Symbol.iterator]();
    const verdicts: Verdict[] = [];
    let taken = 0;
    let found = Infinity;
    const work = async (thread: Thread): Promise<void> => {
      // Whatever comes after one that was found does not matter any more.
      while (taken < found && !this.#isClosed) {
        const pack = takeUpTo(this.#packSize, source);
        if (pack.length === 0) return;
        const position = taken;
        taken += pack.length;
        const its = await thread.judge(pack);
        for (const [i, verdict] of its.entries()) {
          verdicts[position + i] = verdict;
          if (verdict.judged !== undefined) found = Math.min(found, position + i);
        }
        this.#packSize = (its.at(-1)?.events ?? 0) <= SHORT_EVENTS ? PACK_OF_SHORT : 1;
      }
    };
    await Promise.all(this.#threads.map(work));
    const upTo = verdicts.slice(0, found + 1);
    const events = upTo.reduce((sum, verdict) => sum + verdict.events, 0);
    const other = verdicts.length === 1 ? verdicts[0]!.other : undefined;
    return {
      judged: verdicts[found]?.judged,
      events,
      tried: upTo.length,
      ...(other === undefined ? {} : { other }),
    };
  }

  /** Ends all threads, whatever they do. */
  close(): void {
    this.#isClosed = true;
    for (const thread of this.#threads) thread.close();
  }
}

function takeUpTo(count: number, source: Iterator<Candidate>): Candidate[] {
  const pack: Candidate[] = [];
  while (pack.length < count) {
    const next = source.next();
    if (next.done === true) break;
    pack.push(next.value);
  }
  return pack;
}

/** One worker thread, replaced by another where it hangs or dies: such a candidate does not fail in the same way. */
class Thread {
  readonly #setup: ShrinkWorkerSetup;
  #isClosed = false;
  #worker: Worker | undefined;
  #settle: (message: ShrinkWorkerMessage | "lost", reason?: string) => void = () => {};

  constructor(setup: ShrinkWorkerSetup) {
    this.#setup = setup;
  }

  /** One verdict each, up to the first that fails in the same way. */
  async judge(pack: readonly Candidate[]): Promise<readonly Verdict[]> {
    if (this.#worker === undefined) await this.#start();
    const answer = await this.#ask(HUNG_MS, () => this.#worker?.postMessage(pack));
    if (answer.message !== "lost" && answer.message.type === "judged") return answer.message.verdicts;
    if (pack.length === 1 || this.#isClosed) return pack.map(() => NOTHING);
    // One of them took the thread with it: the others are not to suffer for it.
    const verdicts: Verdict[] = [];
    for (const candidate of pack) verdicts.push(...(await this.judge([candidate])));
    return verdicts;
  }

  close(): void {
    this.#isClosed = true;
    void this.#worker?.terminate();
    this.#worker = undefined;
    this.#settle("lost");
  }

  async #start(): Promise<void> {
    const { message, reason } = await this.#ask(STARTUP_MS, () => {
      const worker = new Worker(builtModule("shrink/worker"), { workerData: this.#setup });
      const lost = (why: string): void => {
        if (this.#worker === worker) this.#settle("lost", why);
      };
      worker.on("message", (told: ShrinkWorkerMessage) => this.#settle(told));
      worker.on("error", (error: unknown) => lost(thrownText(error)));
      worker.on("exit", () => lost("the thread ended"));
      this.#worker = worker;
    });
    if (message === "lost") throw new PoolFailed(reason);
  }

  /** Does it and waits for the next message; where the thread is lost, or takes too long, it is ended. */
  #ask(
    timeoutMs: number,
    act: () => void,
  ): Promise<{ message: ShrinkWorkerMessage | "lost"; reason: string }> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle("lost", `no answer within ${timeoutMs} ms`), timeoutMs);
      this.#settle = (message, reason = "") => {
        clearTimeout(timer);
        this.#settle = () => {};
        if (message === "lost") {
          void this.#worker?.terminate();
          this.#worker = undefined;
        }
        resolve({ message, reason });
      };
      act();
    });
  }
}
