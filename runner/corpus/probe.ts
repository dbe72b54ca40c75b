/** Whether a file still shows its failure. */
import { Crew } from "../crew.js";
import { PoolFailed } from "../errors.js";
import { threadLanes } from "../lane.js";
import type { CorpusEntry } from "./store.js";
import { CorpusWork, type CorpusOutcome } from "./work.js";

/**
 * Runs files in threads of its own: under code that is not what wrote them they may never end, or end their
 * process. A thread is only opened where there is a file to run.
 */
export class Probe {
  readonly #watchdogMs: number;
  readonly #crews: Map<string, Crew> = new Map();

  #isStopped = false;

  /** `watchdogMs`: the longest that a file may run, in wall-clock milliseconds. */
  constructor(watchdogMs: number) {
    this.#watchdogMs = watchdogMs;
  }

  /** False also where its scenario can't be loaded from here, and once `stop` was called. */
  async shows(entry: CorpusEntry): Promise<boolean> {
    if (this.#isStopped) return false;
    let outcome: CorpusOutcome | undefined;
    const work = new CorpusWork([entry], (_, found) => (outcome = found));
    try {
      await this.#crewOf(entry.repro.scenario).run(work);
    } catch (error) {
      if (!(error instanceof PoolFailed)) throw error;
    }
    return outcome === "same";
  }

  /** Gives up what is under way. */
  stop(): void {
    this.#isStopped = true;
    for (const crew of this.#crews.values()) crew.stop(0);
  }

  close(): void {
    for (const crew of this.#crews.values()) crew.close();
  }

  /** Threads load their scenarios when they start. */
  #crewOf(reference: string): Crew {
    let crew = this.#crews.get(reference);
    if (crew === undefined) {
      crew = new Crew({ open: threadLanes([reference]), workers: 1, watchdogMs: this.#watchdogMs });
      this.#crews.set(reference, crew);
    }
    return crew;
  }
}
