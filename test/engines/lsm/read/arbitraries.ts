import fc from "fast-check";
import { PUT, TOMBSTONE } from "#engines/lsm/cursor.js";
import { sorted, type Answer, type Entry, type Move } from "./support.js";

/** Few keys, the empty one and prefixes of one another among them, so that they meet. */
export const key: fc.Arbitrary<Uint8Array> = fc
  .array(fc.constantFrom(0, 1, 255), { maxLength: 2 })
  .map((numbers) => Uint8Array.from(numbers));

export const sequence: fc.Arbitrary<number> = fc.integer({ min: 1, max: 40 });
/** Also those that no version has. */
export const anySequence: fc.Arbitrary<number> = fc.oneof(
  sequence,
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
);

const version: fc.Arbitrary<Entry> = fc.record({ key, sequence, isPut: fc.boolean() }).map((drawn) => ({
  key: drawn.key,
  sequence: drawn.sequence,
  kind: drawn.isPut ? PUT : TOMBSTONE,
  // Tells versions of a key apart.
  value: drawn.isPut ? Uint8Array.from([drawn.sequence, drawn.key.length]) : new Uint8Array(0),
}));

/** Sorted, and no two with the same key and sequence. */
export function entries(maxLength: number): fc.Arbitrary<Entry[]> {
  const selector = (each: Entry): string => `${each.key.join(".")}@${each.sequence}`;
  return fc.uniqueArray(version, { maxLength, selector, size: "max" }).map(sorted);
}

export const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("first" as const, "last" as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("next" as const, "previous" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("seek" as const, "seekBefore" as const),
      key,
      sequence: anySequence,
    }),
  },
);

const AWKWARD_MOVES = 200;

/** How sources answer their moves: over and over again, and at some time all at once, so that every test ends. */
export function answers(...kinds: Answer[]): fc.Arbitrary<() => Answer> {
  return fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 12 }).map((list) => {
    let at = 0;
    return () => (at < AWKWARD_MOVES ? list[at++ % list.length]! : "now");
  });
}
