/** Runs the background of a disk as events of the process that uses it. */
import type { Caller } from "../caller.js";
import { site, type Decisions } from "../decisions.js";
import { eventKind } from "../events.js";
import { evictSome, hasWriteBack, writeBackSome } from "./background.js";
import type { DiskCore } from "./core.js";

const BACKGROUND = eventKind("disk/background");
const INTERVAL = site("disk/background-interval");
const MIN_INTERVAL_US = 500;

/**
 * There is an event only while there is something to do: dirty pages, or pages that were used and whose eviction
 * can be seen. A process that is idle has none.
 */
export class Background {
  readonly #caller: Caller;
  readonly #core: DiskCore;
  readonly #decisions: Decisions;
  #awake = false;
  #runs = 0;

  constructor(caller: Caller, core: DiskCore, decisions: Decisions) {
    this.#caller = caller;
    this.#core = core;
    this.#decisions = decisions;
  }

  /** To be called after each use of the disk. */
  wake(): void {
    if (this.#awake) return;
    if (this.#core.dirtyFiles.length === 0 && !this.#core.faults.makesEvictionVisible) return;
    this.#awake = true;
    const { node, incarnation } = this.#caller;
    const run = ++this.#runs;
    const mean = this.#core.profile.backgroundMeanUs;
    const drawn = this.#decisions.exponential(mean, INTERVAL, node.index, incarnation, run);
    this.#caller.after(Math.max(MIN_INTERVAL_US, drawn), BACKGROUND, () => this.#run(run));
  }

  #run(run: number): void {
    this.#awake = false;
    writeBackSome(this.#core, this.#decisions, run);
    if (this.#core.faults.makesEvictionVisible) evictSome(this.#core, this.#decisions, run);
    if (hasWriteBack(this.#core)) this.wake();
  }
}
