import { UsageError } from "../errors.js";
import { parseInteger } from "./integer.js";

/** One of `of` parts of the seeds, `index` from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export const WHOLE: Shard = { index: 1, of: 1 };
const MAX_SHARDS = 1_000_000;

/** `i/n` with 1 <= i <= n. Throws `UsageError` otherwise. */
export function parseShard(where: string, text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  if (match === null) {
    throw new UsageError(where, "a shard i/n", JSON.stringify(text), "write it as 1/4 to 4/4");
  }
  const of = parseInteger(where, match[2]!, 1, MAX_SHARDS);
  return { index: parseInteger(where, match[1]!, 1, of), of };
}
