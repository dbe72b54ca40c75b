import { compareBytes, type Sequence } from "../../store/index.js";
import type { Cursor } from "../cursor.js";

/** In internal order, (key, this) comes before every version of the key: sequences end below it. */
export const BEFORE_VERSIONS: Sequence = Number.MAX_SAFE_INTEGER;
/** And (key, this) behind every version of it: sequences begin at 1. */
export const BEHIND_VERSIONS: Sequence = 0;

/** Below 0, 0 or above 0, as the entry of `a` comes before, is equal to or comes behind that of `b`. */
export function compareEntries(a: Cursor, b: Cursor): number {
  const order = compareBytes(a.keyBytes, a.keyStart, a.keyEnd, b.keyBytes, b.keyStart, b.keyEnd);
  return order === 0 ? b.sequence - a.sequence : order;
}
