/** Smaller and rounder numbers in place of those of a repro: times, sizes, and answers of decisions. */
import type { Repro } from "../repro/index.js";
import { listOf, listsOf, withOverride, withPart } from "./candidates.js";

/** Names of integers that say how much of something there is; in the elements of a list only these are made smaller. */
const HAS_UNIT = /[a-z](Us|Bytes|Count)$/;

/** Numbers below `value` to try, the least first. */
export function smaller(value: number): number[] {
  const tries = new Set<number>();
  if (value > 0) tries.add(0);
  // To one digit, then to two: 1,234,567 to 1,000,000 and to 1,200,000.
  for (const digits of [1, 2]) tries.add(rounded(value, digits));
  tries.add(Math.trunc(value / 2));
  return [...tries].filter((each) => each < value).toSorted((a, b) => a - b);
}

function rounded(value: number, digits: number): number {
  let unit = 1;
  while (value / unit >= (digits === 1 ? 10 : 100)) unit *= 10;
  return Math.trunc(value / unit) * unit;
}

/** The repro with a smaller number as this part of its plan; nothing where the part is no number. */
export function smallerPart(repro: Repro, name: string): Repro[] {
  const part = repro.plan[name];
  if (!Number.isSafeInteger(part)) return [];
  return smaller(part as number).map((value) => withPart(repro, name, value));
}

/** A number somewhere in a repro, and how to set another one in its place. */
export interface Place {
  readonly value: number;
  readonly with: (value: number) => Repro;
}

/**
 * The element with other counts: how many of something there are, or after how many something happens. The element
 * itself where there are none: most have none, and there may be hundreds of them in each of thousands of candidates.
 */
export function withCounts(element: unknown, count: () => number): unknown {
  if (typeof element !== "object" || element === null) return element;
  if (Array.isArray(element)) {
    const parts = element.map((each) => withCounts(each, count));
    return parts.some((part, i) => part !== element[i]) ? parts : element;
  }
  let other: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(element) as [string, unknown][]) {
    const isCount = key.endsWith("Count") && Number.isSafeInteger(value);
    const next = isCount ? count() : withCounts(value, count);
    if (next !== value) (other ??= { ...element })[key] = next;
  }
  return other ?? element;
}

/** All numbers that may be made smaller. */
export function placesOf(repro: Repro): Place[] {
  return [...placesOfParts(repro), ...placesInLists(repro), ...placesOfOverrides(repro)].filter(
    ({ value }) => value > 0,
  );
}

function placesOfParts(repro: Repro): Place[] {
  return Object.entries(repro.plan).flatMap(([name, part]) =>
    Number.isSafeInteger(part)
      ? [{ value: part as number, with: (value: number) => withPart(repro, name, value) }]
      : [],
  );
}

/** Those in the elements of lists. */
function placesInLists(repro: Repro): Place[] {
  const places: Place[] = [];
  for (const name of listsOf(repro)) {
    listOf(repro.plan, name).forEach((element, i, list) => {
      for (const { value, set } of numbersIn(element)) {
        places.push({ value, with: (other) => withPart(repro, name, list.with(i, set(other))) });
      }
    });
  }
  return places;
}

function placesOfOverrides(repro: Repro): Place[] {
  return Object.entries(repro.overrides).map(([key, value]) => ({
    value,
    with: (other) => withOverride(repro, key, other),
  }));
}

interface Inner {
  readonly value: number;
  readonly set: (value: number) => unknown;
}

function numbersIn(value: unknown): Inner[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((each: unknown, i) =>
      numbersIn(each).map((inner) => ({
        value: inner.value,
        set: (to: number) => value.with(i, inner.set(to)) as unknown,
      })),
    );
  }
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
    if (Number.isSafeInteger(each) && HAS_UNIT.test(key)) {
      return [{ value: each as number, set: (to: number) => ({ ...value, [key]: to }) }];
    }
    return numbersIn(each).map((inner) => ({
      value: inner.value,
      set: (to: number) => ({ ...value, [key]: inner.set(to) }),
    }));
  });
}
