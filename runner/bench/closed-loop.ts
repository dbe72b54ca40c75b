/** Clients that act, wait for the acknowledgement, and act again: what they get done, and how long each waits. */

/** One measurement. Latencies are from the call to its acknowledgement. */
export interface Measured {
  readonly acksPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Acknowledgements that need no turn of the event loop would keep timers, and so the `interval` policy, from theirs. */
const ACKS_PER_TURN = 256;

/** So many clients for so long. `act` gets the client's number, from 0. */
export async function closedLoop(
  act: (client: number) => Promise<unknown>,
  clients: number,
  durationMs: number,
): Promise<Measured> {
  const latenciesMs: number[] = [];
  let pause: Promise<void> | undefined;
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  const run = async (client: number): Promise<void> => {
    for (let beganMs = startMs; beganMs < endMs;) {
      await act(client);
      const nowMs = performance.now();
      if (latenciesMs.push(nowMs - beganMs) % ACKS_PER_TURN === 0)
        pause ??= turn().then(() => (pause = undefined));
      // All of them together: one alone would leave the others without its company.
      if (pause !== undefined) await pause;
      beganMs = performance.now();
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  const elapsedMs = performance.now() - startMs;
  const sorted = Float64Array.from(latenciesMs).sort();
  const percentileUs = (percent: number): number => {
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))]! * 1_000;
  };
  return {
    acksPerSecond: (sorted.length * 1_000) / elapsedMs,
    p50Us: percentileUs(50),
    p99Us: percentileUs(99),
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
