import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TraceRecord } from "#sim/trace.js";
import { differenceOf } from "#runner/trace-difference.js";

function record(id: number, detail = ""): string {
  const value: TraceRecord = {
    type: "event",
    timeUs: id,
    id,
    cause: 0,
    node: "n1",
    incarnation: 1,
    kind: "a/b",
    sizeBytes: 0,
    detail,
    digest: id,
  };
  return JSON.stringify(value);
}

test("equal traces have no difference", () => {
  const trace = [record(1), record(2)];
  expect(differenceOf(trace.values(), trace.values())).toBeUndefined();
});

test("the first record that differs is named, with what both say before", () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(20), fc.nat(20), (same, restA, restB) => {
      fc.pre(restA > 0 || restB > 0);
      const common = Array.from({ length: same }, (_, i) => record(i));
      const a = [...common, ...Array.from({ length: restA }, (_, i) => record(same + i, "a"))];
      const b = [...common, ...Array.from({ length: restB }, (_, i) => record(same + i, "b"))];
      const difference = differenceOf(a.values(), b.values())!;
      expect(difference.index).toBe(same);
      expect(difference.before.map(({ id }) => id)).toEqual(
        common.slice(-3).map((line) => (JSON.parse(line) as TraceRecord).id),
      );
      expect(difference.first).toHaveLength(Math.min(3, restA));
      expect(difference.second).toHaveLength(Math.min(3, restB));
    }),
    { seed: 7 },
  );
});
