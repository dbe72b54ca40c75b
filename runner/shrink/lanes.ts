/** Judges candidates in worker threads, several at a time. */
import { Worker } from "node:worker_threads";
import { assert } from "#engines/env/index.js";
import { thrownText } from "#reports/printable.js";
import { builtModule } from "../built-module.js";
import { PoolFailed } from "../errors.js";
import type { Candidate, Judge, Judged, Wanted } from "./judge.js";

export interface ShrinkWorkerSetup {
  /** As `loadScenario` takes it. */
  readonly reference: string;
  readonly wanted: Wanted;
}

export type ShrinkWorkerMessage =
  { readonly type: "ready" } | { readonly type: "judged"; readonly judged: Judged | undefined };

/** A candidate that takes longer on the wall clock than this is given up, and its thread with it. */
const HUNG_MS = 20_000;
const STARTUP_MS = 30_000;

/**
 * Which candidate it gives does not depend on the number of threads: the first in their order, whatever was known
 * first of others.
 */
export class ThreadJudge implements Judge {
  readonly #threads: Thread[];
  #runs = 0;

  constructor(setup: ShrinkWorkerSetup, threads: number) {
    assert(threads >= 1, "somebody has to judge");
    this.#threads = Array.from({ length: threads }, () => new Thread(setup));
  }

  get runs(): number {
    return this.#runs;
  }

  /** Rejects with `PoolFailed` where no thread comes up. */
  async first(candidates: Iterable<Candidate>): Promise<Judged | undefined> {
    const source = candidates[Symbol.iterator]();
    const verdicts = new Map<number, Judged>();
    let taken = 0;
    let firstFound = Infinity;
    const work = async (thread: Thread): Promise<void> => {
      // Whatever comes after one that was found does not matter any more.
      while (taken < firstFound) {
        const next = source.next();
        if (next.done === true) return;
        const position = taken++;
        this.#runs++;
        const judged = await thread.judge(next.value);
        if (judged === undefined) continue;
        verdicts.set(position, judged);
        firstFound = Math.min(firstFound, position);
      }
    };
    await Promise.all(this.#threads.map(work));
    return verdicts.get(firstFound);
  }

  /** Ends all threads, whatever they do; a `first` under way never settles. */
  close(): void {
    for (const thread of this.#threads) thread.close();
  }
}

/** One worker thread, replaced by another where it hangs or dies: such a candidate does not fail in the same way. */
class Thread {
  readonly #setup: ShrinkWorkerSetup;
  #worker: Worker | undefined;
  #settle: (message: ShrinkWorkerMessage | "lost", reason?: string) => void = () => {};

  constructor(setup: ShrinkWorkerSetup) {
    this.#setup = setup;
  }

  async judge(candidate: Candidate): Promise<Judged | undefined> {
    if (this.#worker === undefined) await this.#start();
    const answer = await this.#ask(HUNG_MS, () => this.#worker?.postMessage(candidate));
    return answer.message !== "lost" && answer.message.type === "judged" ? answer.message.judged : undefined;
  }

  close(): void {
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
