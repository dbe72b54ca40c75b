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

  constructor(setup: ShrinkWorkerSetup) {
    this.#setup = setup;
  }

  async judge(candidate: Candidate): Promise<Judged | undefined> {
    const worker = (this.#worker ??= await this.#start());
    return new Promise((resolve) => {
      const settle = (judged: Judged | undefined, isLost: boolean): void => {
        clearTimeout(timer);
        worker.removeAllListeners();
        if (isLost) {
          void worker.terminate();
          this.#worker = undefined;
        }
        resolve(judged);
      };
      const timer = setTimeout(() => settle(undefined, true), HUNG_MS);
      worker.once("message", (message: ShrinkWorkerMessage) => {
        settle(message.type === "judged" ? message.judged : undefined, false);
      });
      worker.once("error", () => settle(undefined, true));
      worker.once("exit", () => settle(undefined, true));
      worker.postMessage(candidate);
    });
  }

  close(): void {
    void this.#worker?.terminate();
  }

  #start(): Promise<Worker> {
    const worker = new Worker(builtModule("shrink/worker"), { workerData: this.#setup });
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        void worker.terminate();
        reject(new PoolFailed(reason));
      };
      const timer = setTimeout(
        () => fail(`one that did not start within ${STARTUP_MS / 1_000} s`),
        STARTUP_MS,
      );
      worker.once("error", (error: unknown) => fail(thrownText(error)));
      worker.once("message", () => {
        clearTimeout(timer);
        worker.removeAllListeners();
        resolve(worker);
      });
    });
  }
}
