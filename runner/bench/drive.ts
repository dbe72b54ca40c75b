/** Operations one after the other, or by several who each wait for their own: how many, and how long each took. */
import { isPromise, type MaybePromise } from "#engines/store/index.js";
import { Latencies } from "./latencies.js";

export interface DriveOptions {
  /** The most that are done. */
  readonly operations: number;
  /** None begins after so long. */
  readonly limitMs: number;
  /** Nor after this. */
  readonly signal?: AbortSignal;
  /** How many wait for operations at the same time. */
  readonly clients: number;
}

/** Latencies are from the call to its end. */
export interface Driven {
  readonly operations: number;
  readonly elapsedMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** Operations that end at once would keep timers, and the work that waits for them, from their turn. */
const OPERATIONS_PER_TURN = 512;

/** `act` gets the operation's number, from 0. What is no promise is not waited for. */
export async function drive(
  act: (operation: number) => MaybePromise<unknown>,
  { operations, limitMs, signal, clients }: DriveOptions,
): Promise<Driven> {
  const latencies = new Latencies();
  const startMs = performance.now();
  const endMs = startMs + limitMs;
  let next = 0;
  let pause: Promise<void> | undefined;
  const isOver = (nowMs: number): boolean => next >= operations || nowMs >= endMs || signal?.aborted === true;
  const client = async (): Promise<void> => {
    for (let beganMs = startMs; !isOver(beganMs);) {
      const operation = next++;
      beganMs = performance.now();
      const answer = act(operation);
      if (isPromise(answer)) await answer;
      latencies.add(performance.now() - beganMs);
      if (latencies.total % OPERATIONS_PER_TURN === 0) pause ??= turn().then(() => (pause = undefined));
      // All of them together: one alone would leave the others without its company.
      if (pause !== undefined) await pause;
    }
  };
  await Promise.all(Array.from({ length: clients }, () => client()));
  return {
    operations: latencies.total,
    elapsedMs: performance.now() - startMs,
    p50Us: latencies.percentileUs(50),
    p99Us: latencies.percentileUs(99),
    maxUs: latencies.maxUs,
  };
}

/** Lets the event loop go round once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
