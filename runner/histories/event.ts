/** What every format of a recorded history comes down to: who asked for what, and how it ended. */
import { SeedstormError } from "#engines/env/index.js";

export const EVENT_TYPES = ["invoke", "ok", "fail", "info"] as const;
/** `info`: nobody knows whether it took effect. */
export type EventType = (typeof EVENT_TYPES)[number];

/** One event of a client. */
export interface HistoryEvent {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly process: number;
  readonly type: EventType;
  /** What was asked for: `read`, `write`, `cas`... */
  readonly f: string;
  /** Undefined where the format has none, or where the value carries it. */
  readonly key: string | undefined;
  /** As it was read: null, boolean, number, string, or an array of such; undefined where there is none. */
  readonly value: unknown;
  /** Why it failed or is unknown. */
  readonly error: string | undefined;
}

/** A file is not what its format says. Code `HISTORY_FORMAT`; `where` is file and line. */
export class HistoryFormatError extends SeedstormError {
  constructor(file: string, line: number, expected: string, found: string) {
    super("HISTORY_FORMAT", {
      expected,
      found: found.length > 60 ? `${found.slice(0, 60)}...` : found,
      where: `${file}:${line}`,
      todo: "mend the line, or choose the format that the file has",
    });
  }
}

/** Deeper than this a value is not shown: a file may nest deeper than the stack is. */
const SHOWN_DEPTH = 4;

/** What a message shows of a value that was found. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(pruned(value, SHOWN_DEPTH)) ?? "none");
}

function pruned(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "...";
  if (Array.isArray(value)) return value.map((each) => pruned(each, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, pruned(each, depth - 1)]));
}

export function isEventType(text: string): text is EventType {
  return (EVENT_TYPES as readonly string[]).includes(text);
}
