import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shortestSeparator } from "#engines/lsm/table/separator.js";
import { compareKeys } from "#engines/store/index.js";

const anyKey = fc
  .uint8Array({ maxLength: 5 })
  .chain((bytes) =>
    fc
      .tuple(fc.constant(bytes), fc.array(fc.constantFrom(0, 1, 2, 0xfe, 0xff), { maxLength: 4 }))
      .map(([head, tail]) => Uint8Array.from([...head.subarray(0, 1), ...tail])),
  );

/** Whether any key up to `length` is at or above `last` and below `next`: the smallest one that is not below `last`. */
function isAnyOfLength(length: number, last: Uint8Array, next: Uint8Array): boolean {
  if (last.length <= length) return true;
  const candidate = [...last.subarray(0, length)];
  while (candidate.length > 0 && candidate.at(-1) === 0xff) candidate.pop();
  if (candidate.length === 0) return false;
  candidate[candidate.length - 1]!++;
  return compareKeys(Uint8Array.from(candidate), next) < 0;
}

describe("a separator", () => {
  test("is at or above the last key, below the next one, and none is shorter", () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        fc.pre(compareKeys(a, b) !== 0);
        const [last, next] = compareKeys(a, b) < 0 ? [a, b] : [b, a];
        const separator = shortestSeparator(last, next);
        expect(compareKeys(separator, last)).toBeGreaterThanOrEqual(0);
        expect(compareKeys(separator, next)).toBeLessThan(0);
        if (separator.length > 0) expect(isAnyOfLength(separator.length - 1, last, next)).toBe(false);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });
});
