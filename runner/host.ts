/** `Host` over Node: two ways to drain microtasks between events, with the same trace. */
import { assert } from "#engines/env/index.js";
import type { Host } from "#sim/host.js";
import { thrownText } from "#reports/printable.js";
import { DrainFailed } from "./errors.js";
import { arm, disarm, real, takeUncaught, type GuardListener } from "./guards.js";

/**
 * `sync` drains by `process._tickCallback()`, ten times as fast; `async` hops through `setImmediate`, which
 * needs nothing undocumented.
 */
export type Drain = "sync" | "async";

/** Events between two breaths of Node's own loop, so that signals and timers of the host get their turn. */
const SLICE_EVENTS = 4_096;

/** A host for one world at a time; it can be used for one seed after the other. */
export function nodeHost(drain: Drain = "sync"): Host {
  return new NodeHost(drain);
}

class NodeHost implements Host {
  readonly #drain: Drain;
  #listener: GuardListener | undefined;

  constructor(drain: Drain) {
    this.#drain = drain;
  }

  arm(onViolation: (what: string, stack: string) => void, onRejection: (reason: unknown) => void): void {
    assert(this.#listener === undefined, "a host runs one world at a time");
    this.#listener = { onViolation, onUncaught: onRejection };
  }

  disarm(): void {
    this.#listener = undefined;
  }

  /**
   * The guard is only up while the world is on the stack: what the host itself does between two slices is its
   * own business. Starting in a macrotask also keeps microtasks of the host out of the world.
   */
  loop(step: () => boolean): Promise<void> {
    assert(this.#listener !== undefined, "the host is armed before its loop starts");
    return this.#drain === "sync" ? syncLoop(step, this.#listener) : asyncLoop(step, this.#listener);
  }
}

function syncLoop(step: () => boolean, listener: GuardListener): Promise<void> {
  const drain = tickCallback();
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      const restore = takeUncaught(listener);
      arm(listener);
      let more = true;
      try {
        probe(drain);
        for (let i = 0; more && i < SLICE_EVENTS; i++) {
          more = step();
          drain();
        }
      } catch (error) {
        reject(asError(error));
        return;
      } finally {
        disarm();
        restore();
      }
      if (more) real.setImmediate(slice);
      else resolve();
    };
    real.setImmediate(slice);
  });
}

/** Inside a microtask `_tickCallback` does nothing and says nothing, so each slice tries it. */
function probe(drain: () => void): void {
  let ran = false;
  void Promise.resolve().then(() => (ran = true));
  drain();
  if (!ran) throw new DrainFailed("a promise that had not run after the drain");
}

function tickCallback(): () => void {
  const { _tickCallback: drain } = process as unknown as { _tickCallback?: () => void };
  if (drain === undefined) throw new DrainFailed("no process._tickCallback in this version of Node");
  return () => drain.call(process);
}

function asyncLoop(step: () => boolean, listener: GuardListener): Promise<void> {
  return new Promise((resolve, reject) => {
    let restore: (() => void) | undefined;
    let more = true;
    const turn = (): void => {
      if (!more) {
        restore!();
        resolve();
        return;
      }
      restore ??= takeUncaught(listener);
      arm(listener);
      try {
        more = step();
      } catch (error) {
        disarm();
        restore();
        reject(asError(error));
        return;
      }
      // A tick asked for inside a microtask comes when all microtasks are done: the world is off the stack.
      queueMicrotask(() => {
        real.nextTick(() => {
          disarm();
          real.setImmediate(turn);
        });
      });
    };
    real.setImmediate(turn);
  });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(thrownText(thrown));
}
