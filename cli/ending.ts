/**
 * The end of the process, where it does not come by way of the command: an exit code must never look like a
 * verdict that nobody reached, and nothing ends in silence.
 */
import { writeSync } from "node:fs";
import { ReportNotWritten } from "#reports/atomic-file.js";
import { EXIT } from "#runner/exit-codes.js";
import { errorLine, UsageError } from "#runner/errors.js";
import { moduleUnderWay } from "#runner/loading/index.js";

/** As it is before the guard of the world wraps it: the process may end while that is up. */
const exit = process.exit.bind(process);

/** Whether the exit code is the command's, or there is nothing to say about it. */
let isSettled = false;
/** Whether there was nothing left to do: nobody asked for the end. */
let ranDry = false;

/** To be called once, before the command begins. */
export function watchEnding(): void {
  process.stdout.on("error", (error) => onOutputError("stdout", error));
  process.stderr.on("error", (error) => onOutputError("stderr", error));
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  process.on("beforeExit", () => (ranDry = true));
  process.on("exit", sayEnding);
  watchReallyExit();
}

/** The exit code is set; from now on the process may end. */
export function commandEnded(): void {
  isSettled = true;
}

/** For what is no error of the user's. Gives the exit code. */
export function reportBug(error: unknown): number {
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  say(`this is a bug in seedstorm itself, please report it\n${text}`);
  return EXIT.internal;
}

function onOutputError(stream: string, error: NodeJS.ErrnoException): void {
  isSettled = true;
  // The reader went away (`| head`): there is nobody left to tell, and nothing was proven.
  if (error.code === "EPIPE") exit(EXIT.interrupted);
  say(errorLine(new ReportNotWritten(stream, error)));
  exit(EXIT.usage);
}

function onUncaught(error: unknown): void {
  isSettled = true;
  exit(reportBug(error));
}

/** Sets another exit code than that which was asked for. */
function sayEnding(code: number): void {
  const wasSettled = isSettled;
  isSettled = true;
  // A second Ctrl-C does not wait for the command.
  if (wasSettled || code === EXIT.interrupted) return;
  const module = moduleUnderWay();
  if (module !== undefined) {
    const found = ranDry
      ? "its top level waits for something that never comes"
      : "the module ended the process while it was loaded";
    say(new UsageError("<scenario>", "a module that loads", `${module}: ${found}`, "make it load").line);
    process.exitCode = EXIT.usage;
    return;
  }
  if (ranDry) process.exitCode = reportBug("the command waits for something that never comes");
  else {
    say(
      `the process was ended (exit code ${code}) before the command was done: by the scenario, or by what it imports`,
    );
    process.exitCode = EXIT.internal;
  }
}

/** What `process.exit` itself calls in the end. Called directly it skips the guard of the world and the event. */
function watchReallyExit(): void {
  const host = process as unknown as { reallyExit?: (code: number) => void };
  const { reallyExit } = host;
  if (reallyExit === undefined) return;
  host.reallyExit = (code) => {
    if (isSettled) reallyExit.call(process, code);
    else exit(code);
  };
}

/** At once: the process may be about to end. */
function say(text: string): void {
  try {
    writeSync(process.stderr.fd, `seedstorm: ${text}\n`);
  } catch {
    // Nobody can be told.
  }
}
