import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeInlineCell } from "#engines/btree/page/cells.js";
import { PendingGroup } from "#engines/btree/pending-group.js";
import type { WriteOperation } from "#engines/store/index.js";

const key = fc.uint8Array({ maxLength: 300 });
const operation: fc.Arbitrary<WriteOperation> = fc.oneof(
  fc.record({ type: fc.constant("put" as const), key, value: fc.uint8Array({ maxLength: 9000 }) }),
  fc.record({ type: fc.constant("delete" as const), key }),
);
const groups = fc.array(
  fc.array(fc.array(operation, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
  {
    minLength: 1,
    maxLength: 3,
  },
);

function sizeOf(batch: readonly WriteOperation[]): number {
  return batch.reduce(
    (sum, each) => sum + each.key.length + (each.type === "put" ? each.value.length : 0),
    0,
  );
}

function expectSame(group: PendingGroup, all: readonly WriteOperation[]): void {
  expect(group.operations).toBe(all.length);
  for (const [i, each] of all.entries()) {
    expect(group.key(i)).toEqual(each.key);
    expect(group.isDeletion(i)).toBe(each.type === "delete");
    if (each.type === "delete") continue;
    expect(group.valueBytes(i)).toBe(each.value.length);
    expect(group.value(i)).toEqual(each.value);
    expect(group.cell(i)).toEqual(makeInlineCell(each.key, each.value));
  }
}

describe("a group of batches", () => {
  test("gives what was put in, as often as it is used again, and answers each batch", () => {
    fc.assert(
      fc.property(groups, (rounds) => {
        const group = new PendingGroup();
        for (const batches of rounds) {
          const resolved: number[][] = [];
          const rejected: unknown[] = [];
          let count = 0;
          for (const [i, batch] of batches.entries()) {
            group.reserve(batch.length, sizeOf(batch));
            for (const each of batch) group.add(each);
            group.expect(
              (sequence) => resolved.push([i, sequence]),
              (error) => rejected.push(error),
            );
            count += batch.length;
            expect(group.operationsEnd(i)).toBe(count);
          }
          expect(group.batches).toBe(batches.length);
          expect(group.sizeBytes).toBe(sizeOf(batches.flat()));
          expectSame(group, batches.flat());
          group.resolve(100);
          expect(resolved).toEqual(batches.map((_, i) => [i, 100 + i]));
          expect(rejected).toEqual([]);
          group.clear();
          expect([group.batches, group.operations, group.sizeBytes]).toEqual([0, 0, 0]);
        }
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});
