/** Starts a process that appends to a log, and kills it. */
import { fork } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { builtModule } from "../built-module.js";
import { readJournal } from "./journal.js";
import type { LifeOrder, Note, Signal } from "./protocol.js";

/** SIGKILL comes `delayMs` after the process has said `after`. */
export interface KillMoment {
  readonly after: Signal;
  readonly delayMs: number;
}

export interface LifeEnd {
  readonly notes: readonly Note[];
  /** Why it did not live until it was killed. Undefined where it did. */
  readonly failure: string | undefined;
}

const CHILD = fileURLToPath(builtModule("real-files/life-child"));
/** A process that does not get to where it is to be killed for so long hangs. */
const LONGEST_MS = 60_000;

/** Resolves once the process is gone. `signal` ends it early; its notes are then as good as any. */
export async function runLife(order: LifeOrder, moment: KillMoment, signal?: AbortSignal): Promise<LifeEnd> {
  writeFileSync(order.journalPath, "");
  const failure = await runProcess(order, moment, signal);
  const notes = readJournal(order.journalPath);
  rmSync(order.journalPath);
  return { notes, failure };
}

/** Resolves with why it did not live until it was killed. */
function runProcess(
  order: LifeOrder,
  moment: KillMoment,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const child = fork(CHILD, { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
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
