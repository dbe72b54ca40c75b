/** Steps as text. */
import { unreachable } from "#engines/env/index.js";
import type { TraceRecord } from "#sim/trace.js";
import { clockTime, plural } from "#reports/format.js";
import type { Palette } from "#reports/palette.js";
import { printable } from "#reports/printable.js";
import { plainValue } from "#reports/recording/index.js";
import { timelineLine } from "#reports/timeline.js";
import type { Note, Step } from "./step.js";

const INDENT = " ".repeat(14);
/** How far `where` follows causes. */
const CAUSES_SHOWN = 8;

/** The event, its effects, and what was noted. */
export function stepLines({ event, effects, notes }: Step, palette: Palette): string[] {
  const lines = [event, ...effects].map((record) => timelineLine(record, palette));
  for (const note of notes) {
    const text = noteText(note, palette);
    if (text !== undefined) lines.push(`${INDENT}${text}`);
  }
  return lines;
}

/** Undefined where it is not worth a line of its own. */
function noteText(note: Note, palette: Palette): string | undefined {
  const node = printable(note.node);
  switch (note.type) {
    case "observed": {
      const { told, became, status } = note;
      if (told !== undefined) return `${palette.bold(node)} ${printable(told)}`;
      return became === undefined ? undefined : `${palette.bold(node)} is ${printable(status!)}`;
    }
    case "reached":
      return palette.dim(`reached ${printable(note.mark)}`);
    case "fault":
      return palette.yellow(`fault ${printable(note.id)}  ${printable(note.target)}`);
    case "asked":
    case "answered":
      return `${palette.bold(node)} ${note.type === "asked" ? "asks" : "hears"}: ${printable(note.text)}`;
    case "found":
      return palette.red(`FAIL ${printable(note.invariant)}: ${printable(note.message)}`);
    default:
      return unreachable(note);
  }
}

/** Where one is: the event, the message that came with it, why it happened, and what it did. */
export function whereLines(
  step: Step,
  known: (eventId: number) => Step | undefined,
  palette: Palette,
): string[] {
  const { event, position, effects, notes } = step;
  const place = event.node === "" ? "the world" : `${printable(event.node)}#${event.incarnation}`;
  const lines = [
    `event ${palette.bold(String(event.id))} at ${clockTime(event.timeUs)} on ${place}: ${palette.bold(printable(event.kind))} (${plural(position, "event")} so far)`,
  ];
  for (const record of [event, ...effects]) lines.push(...messageLines(record));
  lines.push(...causeLines(event, known));
  const did = [
    ...effects.map((effect) => `${printable(effect.kind)}  ${printable(effect.detail)}`.trimEnd()),
    ...notes.map((note) => noteText(note, palette) ?? observedText(note)),
  ];
  lines.push(...section("it did", did.length === 0 ? ["nothing that shows"] : did));
  return lines;
}

function observedText(note: Note): string {
  return note.type === "observed" ? `${printable(note.node)} observes ${printable(note.kind)}` : "";
}

function messageLines({ message }: TraceRecord): string[] {
  if (message === undefined) return [];
  const { from, to, type, value, sentIn, lostTo } = message;
  const lost = lostTo === undefined ? "" : `, lost to ${printable(lostTo)}`;
  const text = printable(JSON.stringify(plainValue(value)) ?? "nothing");
  return section("message", [
    `${printable(from)} to ${printable(to)}, ${printable(type)}, sent in event ${sentIn}${lost}`,
    text,
  ]);
}

function causeLines(event: TraceRecord, known: (eventId: number) => Step | undefined): string[] {
  const lines: string[] = [];
  let { cause } = event;
  for (let i = 0; i < CAUSES_SHOWN && cause !== 0; i++) {
    const step = known(cause);
    if (step === undefined) {
      lines.push(`event ${cause}, long ago`);
      break;
    }
    lines.push(timelineLine(step.event).trim());
    ({ cause } = step.event);
  }
  return lines.length === 0 ? [] : section("because of", lines);
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `  ${(i === 0 ? name : "").padEnd(10)}  ${line}`);
}

/** The step as plain data. */
export function stepData({ position, event, effects, notes }: Step): object {
  return { position, event: recordData(event), effects: effects.map(recordData), notes };
}

function recordData(record: TraceRecord): object {
  const { message } = record;
  if (message === undefined) return record;
  return { ...record, message: { ...message, value: plainValue(message.value) } };
}
