/** One run that goes from stop to stop. */
import { assert } from "#engines/env/index.js";
import type { Host } from "#sim/host.js";
import type { Run } from "#sim/scenario.js";
import { broken, type SeedReport } from "#reports/seed-report.js";
import { nodeHost } from "../host.js";
import type { Step } from "./step.js";
import type { Subject } from "./subject.js";
import { Watcher } from "./watcher.js";

/**
 * Goes forward only. Between two calls of `advance` the world is off the stack, its guard is down, and it may be
 * looked into, for as long as one likes; nothing of it happens meanwhile.
 */
export class Ride {
  readonly watcher: Watcher;
  readonly #onStep: (step: Step) => void;
  readonly #done: Promise<void>;
  #run: Run | undefined;
  #position = 0;
  #report: SeedReport | undefined;
  #until: (step: Step) => boolean = () => false;
  #interrupted = false;
  #abandoned = false;
  #go: () => void = () => {};
  #stopped: () => void = () => {};

  /** It stands before its first event. `onStep` hears of each step, before `until` is asked. */
  constructor(subject: Subject, onStep: (step: Step) => void) {
    this.#onStep = onStep;
    const watcher = new Watcher(subject.scenario.narration);
    this.watcher = watcher;
    this.#done = subject
      .run({
        host: this.#host(),
        traceSink: watcher.sink,
        onRun: (run) => {
          this.#run = run;
          watcher.onRun(run);
        },
      })
      .catch((error: unknown) => broken(subject.scenario.name, subject.seed, error))
      .then((report) => {
        this.#report = report;
        this.#stopped();
      });
  }

  /** Events handled so far. */
  get position(): number {
    return this.#position;
  }

  /** What came of the run; undefined while there is more to come. */
  get report(): SeedReport | undefined {
    return this.#report;
  }

  /** The run, to look into. Undefined where not even its world could be made. */
  get run(): Run | undefined {
    return this.#run;
  }

  /** Goes on until `until` says yes to a step, somebody interrupts, or the run has ended. */
  advance(until: (step: Step) => boolean): Promise<void> {
    assert(this.#report === undefined && !this.#abandoned, "only a run that goes on is taken further");
    this.#until = until;
    this.#interrupted = false;
    return new Promise((resolve) => {
      this.#stopped = resolve;
      this.#go();
    });
  }

  /** Stops after the present event. For handlers of signals. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** Ends it here, for good. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    this.#go();
    await this.#done;
  }

  #host(): Host {
    const host = nodeHost();
    return {
      arm: (onViolation, onRejection) => host.arm(onViolation, onRejection),
      disarm: () => host.disarm(),
      loop: async (step) => {
        for (;;) {
          await new Promise<void>((resolve) => (this.#go = resolve));
          if (this.#abandoned || (await this.#leg(host, step))) return;
          this.#stopped();
        }
      },
    };
  }

  /**
   * From one stop to the next; whether the world has ended. It begins in a macrotask of its own, so no microtask of
   * whoever looked on gets into the world.
   */
  async #leg(host: Host, step: () => boolean): Promise<boolean> {
    let hasEnded = false;
    await host.loop(() => {
      if (this.#settle()) return false;
      hasEnded = !step();
      return !hasEnded;
    });
    return hasEnded;
  }

  /** The event before is over, with all its microtasks. Whether to stop behind it. */
  #settle(): boolean {
    const step = this.watcher.take();
    if (step === undefined) return false;
    this.#position = step.position;
    this.#onStep(step);
    return this.#until(step) || this.#interrupted;
  }
}
