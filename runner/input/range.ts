import { UsageError } from "../errors.js";
import { parseInteger } from "./integer.js";

/** The largest seed: every integer up to here has a form of its own. */
export const MAX_SEED: number = Number.MAX_SAFE_INTEGER;

/** Seeds from `first` to `last`, both included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** `A..B`, both included. Throws `UsageError` where it is none, or runs backwards. */
export function parseRange(where: string, text: string): SeedRange {
  const match = /^(\d+)\.\.(\d+)$/.exec(text);
  if (match === null) {
    throw new UsageError(where, "a range A..B", JSON.stringify(text), "write it as 0..999, both included");
  }
  const first = parseInteger(where, match[1]!, 0, MAX_SEED);
  const last = parseInteger(where, match[2]!, 0, MAX_SEED);
  if (first > last) {
    throw new UsageError(where, "a range that runs upwards", JSON.stringify(text), "turn it around");
  }
  return { first, last };
}
