import fc from "fast-check";
import { expect, test } from "vitest";
import { dependencies, MetadataLog, type MetadataOperation } from "#sim/disk/metadata-log.js";
import { Inode } from "#sim/disk/inode.js";
import { Directory } from "#sim/disk/namespace.js";

const DIRECTORIES = [0, 1, 2].map((id) => new Directory(id, `d${id}`));
const FILE = new Inode(1, "f");

const place = fc.record({
  directory: fc.constantFrom(...DIRECTORIES),
  name: fc.constantFrom("a", "b", "c"),
});
const operation = fc.oneof(
  fc.record({ kind: fc.constantFrom("link", "unlink"), from: place }),
  fc.record({ kind: fc.constant("rename"), from: place, to: place }),
  fc.record({ kind: fc.constant("size"), from: place }),
);

test("the closure of a directory is what its operations need, and what that needs", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 20 }),
      fc.constantFrom(...DIRECTORIES),
      fc.nat(20),
      (drawn, directory, upTo) => {
        const log = new MetadataLog();
        for (const [index, { kind, from, ...rest }] of drawn.entries()) {
          const to = "to" in rest ? rest.to : from;
          if (kind === "size") log.addSize(index, FILE, index);
          else {
            const places = { ...from, toDirectory: to.directory, toName: to.name };
            log.pending.push({
              kind,
              order: index,
              parked: undefined,
              node: FILE,
              ...places,
            });
          }
        }
        expect(orders(log.closureOf(directory, upTo))).toEqual(orders(closure(log.pending, directory, upTo)));
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});

/** By the definition of `dependencies`. */
function closure(
  pending: readonly MetadataOperation[],
  directory: Directory,
  upTo: number,
): Set<MetadataOperation> {
  const needs = dependencies(pending);
  const found = new Set<MetadataOperation>();
  const add = (one: MetadataOperation): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const needed of needs.get(one)!) add(needed);
  };
  for (const one of pending) {
    if (one.kind === "size" || one.order > upTo) continue;
    if (one.directory === directory || (one.kind === "rename" && one.toDirectory === directory)) add(one);
  }
  return found;
}

function orders(operations: ReadonlySet<MetadataOperation>): number[] {
  return [...operations].map(({ order }) => order).toSorted((a, b) => a - b);
}
