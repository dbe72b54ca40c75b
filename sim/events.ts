/** Kinds of event, as they appear in traces and in the trace hash. */
import { hashText } from "./hash.js";

/** Make one with `eventKind` and keep it. */
export interface EventKind {
  /** `part/what`, such as `disk/sync`. */
  readonly name: string;
  readonly hash: number;
}

/** The kind with this name. */
export function eventKind(name: string): EventKind {
  return { name, hash: hashText(name) };
}
