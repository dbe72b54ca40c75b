/** Starts a process that writes to real files, and kills it. */
import { fork } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { readJournal } from "./journal.js";

/** When a process is to be killed: they are said over the channel as it goes along. */
export type Signal = "opening" | "reached";

/** What every process is told; what it does is up to its module. */
export interface JournaledOrder {
  /** A file to which it notes what it does. */
  readonly journalPath: string;
}

/** SIGKILL comes `delayMs` after the process has said `after`. */
export interface KillMoment {
  readonly after: Signal;
  readonly delayMs: number;
}

export interface LifeEnd<N> {
  readonly notes: readonly N[];
  /** Why it did not live until it was killed. Undefined where it did. */
  readonly failure: string | undefined;
}

/** A process that does not get to where it is to be killed for so long hangs. */
const LONGEST_MS = 60_000;

/**
 * Resolves once the process is gone. `module`: the path of the program. `signal` ends it early; its notes, which are
 * of the kind that the program writes, are then as good as any.
 */
export async function runLife<N>(
  module: string,
  order: JournaledOrder,
  moment: KillMoment,
  signal?: AbortSignal,
): Promise<LifeEnd<N>> {
  writeFileSync(order.journalPath, "");
  const failure = await runProcess(module, order, moment, signal);
  const notes = readJournal<N>(order.journalPath);
  rmSync(order.journalPath);
  return { notes, failure };
}

/** Resolves with why it did not live until it was killed. */
function runProcess(
  module: string,
  order: JournaledOrder,
  moment: KillMoment,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const child = fork(module, { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let errors = "";
  /** Undefined: not killed. */
  let killedFor: "the plan" | "its silence" | undefined;
  const kill = (reason: typeof killedFor): void => {
    killedFor ??= reason;
    child.kill("SIGKILL");
  };
  const killAsPlanned = (): void => kill("the plan");
  const watchdog = setTimeout(() => kill("its silence"), LONGEST_MS);
  // A child whose parent is gone ends by itself, unless it hangs.
  process.on("exit", killAsPlanned);
  signal?.addEventListener("abort", killAsPlanned);
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text));
  child.on("message", (name: Signal) => {
    if (name === moment.after) setTimeout(killAsPlanned, moment.delayMs);
  });
  child.send(order);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, by) => {
      clearTimeout(watchdog);
      process.off("exit", killAsPlanned);
      signal?.removeEventListener("abort", killAsPlanned);
      if (killedFor === "its silence") resolve(`nothing to kill it for within ${LONGEST_MS} ms`);
      else
        resolve(killedFor !== undefined && by === "SIGKILL" ? undefined : `${code ?? by}: ${errors.trim()}`);
    });
  });
}
