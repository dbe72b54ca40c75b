/** How far a batch is: a bar on a terminal, a plain line now and then elsewhere. */
import { SingleBar } from "cli-progress";
import { plural, thousands, threeDigits } from "./format.js";

export interface Progress {
  /** So many seeds are done, so many of them failing. */
  update(done: number, failing: number): void;
  /** To be called before anything else is printed on the same terminal. */
  clear(): void;
  stop(): void;
}

/** What a batch wants to reach: a number of seeds, or else a time. */
export interface ProgressGoal {
  readonly scenario: string;
  readonly seeds: number;
  readonly forMs?: number;
}

const PLAIN_EVERY_MS = 5_000;
const ERASE_LINE = "\r\u001b[K";

/** A bar on `stream`, which is a terminal. */
export function barProgress(stream: NodeJS.WriteStream, goal: ProgressGoal): Progress {
  const byTime = goal.seeds === Infinity;
  const startMs = performance.now();
  const bar = new SingleBar({
    format: `${goal.scenario} {bar} {done} seeds, {rate}/s, {failing} failing${byTime ? "" : ", {eta_formatted} left"}`,
    stream,
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    fps: 5,
    etaBuffer: 500,
    clearOnComplete: true,
    gracefulExit: false,
    hideCursor: false,
  });
  const payload = (done: number, failing: number): object => {
    const seconds = Math.max(performance.now() - startMs, 1) / 1_000;
    const rate = done === 0 ? "0" : threeDigits(done / seconds);
    return { done: thousands(done), failing: thousands(failing), rate };
  };
  bar.start(byTime ? goal.forMs! : goal.seeds, 0, payload(0, 0));
  return {
    update: (done, failing) =>
      bar.update(byTime ? Math.min(performance.now() - startMs, goal.forMs!) : done, payload(done, failing)),
    clear: () => void stream.write(ERASE_LINE),
    stop: () => bar.stop(),
  };
}

/** A line every few seconds through `write`. */
export function plainProgress(write: (line: string) => void, goal: ProgressGoal): Progress {
  const startMs = performance.now();
  let lastMs = startMs;
  return {
    update(done, failing) {
      const nowMs = performance.now();
      if (nowMs - lastMs < PLAIN_EVERY_MS) return;
      lastMs = nowMs;
      const of = goal.seeds === Infinity ? "" : ` of ${thousands(goal.seeds)}`;
      const rate = threeDigits((done * 1_000) / (nowMs - startMs));
      write(
        `${goal.scenario}: ${plural(done, "seed")}${of} done, ${rate}/s, ${thousands(failing)} failing\n`,
      );
    },
    clear() {},
    stop() {},
  };
}
