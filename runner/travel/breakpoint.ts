/** Stops in Node's debugger at an event of the run. */
import inspector from "node:inspector";
import { clockTime } from "#reports/format.js";
import { printable } from "#reports/printable.js";
import { broken } from "#reports/seed-report.js";
import type { Run } from "#sim/scenario.js";
import { EXIT } from "../exit-codes.js";
import { UsageError } from "../errors.js";
import { nodeHost } from "../host.js";
import { parseInteger } from "../input/integer.js";
import type { Output } from "../output.js";
import { findingText } from "#reports/timeline.js";
import { Journey } from "./journey.js";
import type { Place } from "./place.js";
import { travel } from "./place.js";
import type { Subject } from "./subject.js";
import { verdictLines } from "./verdict.js";

/** Where debuggers look for a process by themselves. */
const DEFAULT_PORT = 9_229;
const MAX_PORT = 65_535;

/** The port of `--inspect-brk`; nothing given: the usual one. Throws `UsageError`. */
export function inspectorPort(text: string): number {
  return text === "" ? DEFAULT_PORT : parseInteger("--inspect-brk", text, 0, MAX_PORT);
}

/**
 * Looks for the event, waits for a debugger, and runs to the event once more, where it stops before the event is
 * handled. Gives the exit code of the verdict.
 */
export async function debugAt(subject: Subject, place: Place, port: number, output: Output): Promise<number> {
  const position = await positionOf(subject, place, output);
  output.err(
    `Attach a debugger (chrome://inspect, or an editor) and resume. It stops before event ${position.eventId}; stepping\n` +
      "into again and again leads to the code that handles it, also where that goes on after an await.\n",
  );
  awaitDebugger(port);
  let events = 0;
  let run: Run | undefined;
  const report = await subject
    .run({
      host: nodeHost(),
      onRun: (given) => (run = given),
      traceSink: ({ type }) => {
        if (type === "effect" || ++events !== position.events) return;
        // oxlint-disable-next-line no-debugger -- this is what was asked for
        debugger; // Step into, a few times: what follows is the event.
      },
    })
    .catch((error: unknown) => broken(subject.scenario.name, subject.seed, error));
  for (const finding of report.findings) output.out(findingText(finding, output.outPalette));
  for (const line of verdictLines(subject, report, run)) output.out(`${line}\n`);
  return report.verdict === "pass" ? EXIT.held : EXIT.broken;
}

async function positionOf(
  subject: Subject,
  place: Place,
  output: Output,
): Promise<{ readonly eventId: number; readonly events: number }> {
  const journey = new Journey(subject);
  try {
    await travel(journey, place, "--at");
    const { here } = journey;
    if (here === undefined)
      throw new UsageError("--inspect-brk", "an event to stop at", "the start", "name one");
    const { id, timeUs, node, kind } = here.event;
    output.err(
      `event ${id} at ${clockTime(timeUs)}${node === "" ? "" : ` on ${printable(node)}`}: ${printable(kind)}\n`,
    );
    return { eventId: id, events: here.position };
  } finally {
    await journey.close();
  }
}

/**
 * Where the usual port is taken, by another process under a debugger, any other will do. `open` itself must wait: a
 * debugger that attached and resumed between an `open` and a `waitForDebugger` would be waited for without end.
 */
function awaitDebugger(port: number): void {
  if (inspector.url() !== undefined) return inspector.waitForDebugger();
  inspector.open(port, "127.0.0.1", true);
  if (inspector.url() === undefined) inspector.open(0, "127.0.0.1", true);
}
