import { kindOf } from "./check-options.js";
import { badArgument } from "./errors.js";
import { compareKeys } from "./keys.js";
import type { Range } from "./store.js";

/** A range's ends, checked. */
export interface Bounds {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly isReverse: boolean;
}

export interface Bound {
  readonly key: Uint8Array;
  readonly isInclusive: boolean;
}

/** Copies the keys. Throws STORE_BAD_ARGUMENT for two bounds on one side, and for what is no range or key. */
export function boundsOf(range: Range, where: string): Bounds {
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- plain JavaScript gives anything
  if (typeof range !== "object" || range === null) throw badArgument("a range", kindOf(range), where);
  const lower = boundOf("gte", range.gte, "gt", range.gt, where);
  const upper = boundOf("lte", range.lte, "lt", range.lt, where);
  return { lower, upper, isReverse: range.reverse ?? false };
}

/** Whether `key` is not below the range's lower end. */
export function isAboveLower({ lower }: Bounds, key: Uint8Array): boolean {
  if (lower === undefined) return true;
  const order = compareKeys(key, lower.key);
  return lower.isInclusive ? order >= 0 : order > 0;
}

/** Whether `key` is not above the range's upper end. */
export function isBelowUpper({ upper }: Bounds, key: Uint8Array): boolean {
  if (upper === undefined) return true;
  const order = compareKeys(key, upper.key);
  return upper.isInclusive ? order <= 0 : order < 0;
}

function boundOf(
  inclusiveName: string,
  inclusive: Uint8Array | undefined,
  exclusiveName: string,
  exclusive: Uint8Array | undefined,
  where: string,
): Bound | undefined {
  // Not `??`: where a bound is null, a scan of everything is not what was meant.
  const key = inclusive === undefined ? exclusive : inclusive;
  if (key === undefined) return undefined;
  if (inclusive !== undefined && exclusive !== undefined) {
    throw badArgument(`${inclusiveName} or ${exclusiveName}`, "both", where);
  }
  if (!(key instanceof Uint8Array)) throw badArgument("a bound that is a Uint8Array", kindOf(key), where);
  return { key: key.slice(), isInclusive: inclusive !== undefined };
}
