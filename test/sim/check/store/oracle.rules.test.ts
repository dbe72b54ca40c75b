// Every rule fires on a history that breaks it, and on nothing less.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  StoreOracle,
  type StoreBroken,
  type StoreChange,
  type StoreEntry,
  type StoreOperation,
  type StorePromise,
} from "#sim/check/index.js";
import { ToyStore, idOf, keyOf, order, valueOf, type ToyStep } from "./toy-store.js";

const A = keyOf(0);
const B = keyOf(2);
const C = keyOf(4);

function oracleOf(promise: StorePromise = "whole"): StoreOracle {
  return new StoreOracle({ idOf, promise: () => promise });
}

function put(key: Uint8Array, id: number): StoreChange {
  return { key, value: valueOf(id) };
}

function entry(key: Uint8Array, id: number): StoreEntry {
  return { key, value: valueOf(id) };
}

function del(key: Uint8Array): StoreChange {
  return { key, value: undefined };
}

function rule(broken: StoreBroken | undefined): string | undefined {
  return broken?.rule;
}

/** Writes that were acknowledged, at sequence 1 and on, each a batch. */
function acknowledged(oracle: StoreOracle, ...batches: StoreChange[][]): void {
  for (const batch of batches) acknowledge(oracle, oracle.sent(0, batch), oracle.newestSequence + 1);
}

function acknowledge(oracle: StoreOracle, operation: StoreOperation, sequence: number): void {
  expect(oracle.acknowledged(operation, sequence, true)).toBeUndefined();
}

function get(
  oracle: StoreOracle,
  key: Uint8Array,
  sequence: number,
  id?: number,
  isSnapshot = false,
): string | undefined {
  const operation = oracle.asked(1, { kind: "get", key, sequence, isSnapshot });
  return rule(oracle.got(operation, id === undefined ? undefined : valueOf(id)));
}

function scan(
  oracle: StoreOracle,
  sequence: number,
  entries: StoreEntry[],
  isWhole = true,
  reverse = false,
): string | undefined {
  const range = reverse ? { lte: C, gt: A, reverse } : { gte: A, lt: C };
  const operation = oracle.asked(1, { kind: "scan", range, sequence, isSnapshot: false });
  return rule(oracle.scanned(operation, entries, isWhole));
}

describe("what a recovery finds", () => {
  const found = (
    oracle: StoreOracle,
    entries: StoreEntry[],
    sequence: number,
    processOnly = false,
  ): string | undefined => rule(oracle.stopped() ?? oracle.recovered(entries, sequence, processOnly));

  it.each<[string | undefined, StoreEntry[], number]>([
    [undefined, [entry(A, 3), entry(B, 2)], 4],
    ["acknowledged-lost", [entry(A, 3), entry(B, 2)], 3],
    ["acknowledged-lost", [entry(A, 3)], 4],
    ["acknowledged-lost", [entry(A, 1), entry(B, 2)], 4],
    ["resurrected", [entry(A, 3), entry(B, 2), entry(C, 4)], 4],
    ["invented", [entry(A, 99), entry(B, 2)], 4],
    ["acknowledged-changed", [entry(A, 2), entry(B, 2)], 4],
    ["acknowledged-changed", [{ key: A, value: new Uint8Array([0, 3, 7, 8]) }, entry(B, 2)], 4],
    ["hole", [entry(A, 3), entry(B, 2)], 5],
  ])("is called %s", (expected, entries, sequence) => {
    const oracle = oracleOf();
    acknowledged(oracle, [put(A, 1)], [put(B, 2), put(C, 4)], [put(A, 3)], [del(C)]);
    expect(found(oracle, entries, sequence)).toBe(expected);
  });

  it("is a torn batch, acknowledged or not", () => {
    const oracle = oracleOf();
    acknowledged(oracle, [put(A, 1)], [put(A, 2), put(B, 3)]);
    expect(found(oracle, [entry(A, 1), entry(B, 3)], 2)).toBe("torn-batch");
    const other = oracleOf();
    acknowledged(other, [put(A, 1)]);
    other.sent(0, [del(A), put(B, 2), put(C, 3)]);
    expect(found(other, [entry(A, 1), entry(B, 2), entry(C, 3)], 2)).toBe("torn-batch");
    const inner = oracleOf();
    acknowledged(inner, [put(A, 1), put(A, 2)]);
    expect(found(inner, [entry(A, 1)], 1)).toBe("torn-batch");
  });

  it("is a hole where a write above the end is there, or a sequence is nobody's", () => {
    const oracle = oracleOf();
    for (const id of [1, 2]) oracle.acknowledged(oracle.sent(0, [put(id === 1 ? A : B, id)]), id, false);
    expect(found(oracle, [entry(A, 1), entry(B, 2)], 1)).toBe("hole");
    const other = oracleOf();
    acknowledged(other, [put(A, 1)]);
    other.sent(0, [put(B, 2)]);
    expect(found(other, [entry(A, 1)], 2)).toBe("hole");
  });

  it("is what failed, or what was missing before", () => {
    const oracle = oracleOf();
    oracle.failed(oracle.sent(0, [put(A, 1)]), "FULL");
    expect(found(oracle, [entry(A, 1)], 1)).toBe("failed-yet-there");
    const other = oracleOf();
    other.sent(0, [put(A, 1)]);
    expect(found(other, [], 0)).toBeUndefined();
    expect(found(other, [entry(A, 1)], 1)).toBe("resurrected");
  });

  it("has what was merely acknowledged after the death of the process alone, and what a read has shown", () => {
    const fill = (): StoreOracle => {
      const oracle = oracleOf();
      oracle.acknowledged(oracle.sent(0, [put(A, 1)]), 1, false);
      return oracle;
    };
    expect(found(fill(), [], 0)).toBeUndefined();
    expect(found(fill(), [], 0, true)).toBe("acknowledged-lost");
    const synced = fill();
    synced.durable(1);
    expect(found(synced, [], 0)).toBe("acknowledged-lost");
    const shown = oracleOf();
    shown.sent(0, [put(A, 1)]);
    expect(shown.shown(1, true)).toBeUndefined();
    expect(found(shown, [], 0)).toBe("acknowledged-lost");
  });

  it("has the one write without an answer that a read has shown, not another", () => {
    const oracle = oracleOf();
    oracle.sent(0, [put(A, 1)]);
    oracle.sent(2, [put(B, 2)]);
    oracle.shown(1, true);
    expect(get(oracle, A, 1, 1)).toBeUndefined();
    expect(found(oracle, [entry(B, 2)], 1)).toBe("acknowledged-lost");
  });

  it("may have any of the writes without an answer, in any order, each whole", () => {
    const tried = (entries: StoreEntry[], sequence: number): string | undefined => {
      const oracle = oracleOf();
      acknowledged(oracle, [put(A, 1)]);
      oracle.sent(0, [put(A, 2), put(B, 3)]);
      oracle.sent(1, [put(A, 4), del(B)]);
      oracle.sent(2, [put(B, 5)]);
      return found(oracle, entries, sequence);
    };
    expect(tried([entry(A, 2), entry(B, 3)], 4)).toBeUndefined();
    expect(tried([entry(A, 4)], 4)).toBeUndefined();
    expect(tried([entry(A, 4), entry(B, 5)], 3)).toBeUndefined();
    expect(tried([entry(A, 1), entry(B, 5)], 2)).toBeUndefined();
    expect(tried([entry(A, 4), entry(B, 3)], 4)).toBe("torn-batch");
    expect(tried([entry(A, 1)], 2)).toBe("hole");
  });
});

describe("what a read shows", () => {
  it("is held to the state of its sequence, as soon as that is known", () => {
    const oracle = oracleOf();
    acknowledged(oracle, [put(A, 1)], [put(A, 2)], [del(A)]);
    expect(get(oracle, A, 2, 2)).toBeUndefined();
    expect(get(oracle, A, 2, 1)).toBe("stale-read");
    expect(get(oracle, A, 2)).toBe("stale-read");
    expect(get(oracle, A, 1, 2)).toBe("future-read");
    expect(get(oracle, A, 1, 2, true)).toBe("snapshot-changed");
    expect(get(oracle, A, 2, 1, true)).toBe("snapshot-changed");
    expect(get(oracle, A, 3, 2)).toBe("resurrected");
    expect(get(oracle, B, 3, 77)).toBe("invented");
  });

  it("is judged later where a write is still open", () => {
    const oracle = oracleOf();
    const first = oracle.sent(0, [put(A, 1)]);
    const second = oracle.sent(2, [put(A, 2)]);
    expect(oracle.shown(2, true)).toBeUndefined();
    expect(get(oracle, A, 2, 1)).toBeUndefined();
    acknowledge(oracle, first, 1);
    expect(rule(oracle.acknowledged(second, 2, true))).toBe("stale-read");
  });

  it("is judged by what may be where a write gets no answer", () => {
    const judged = (id: number | undefined): string | undefined => {
      const oracle = oracleOf();
      acknowledged(oracle, [put(A, 1)]);
      oracle.sent(0, [put(A, 2)]);
      oracle.sent(2, [put(B, 3)]);
      oracle.shown(3, true);
      return get(oracle, A, 3, id) ?? rule(oracle.stopped());
    };
    expect([judged(1), judged(2), judged(undefined), judged(3)]).toEqual([
      undefined,
      undefined,
      "stale-read",
      "acknowledged-changed",
    ]);
  });

  it("is the same at the same sequence, whatever that is", () => {
    const oracle = oracleOf();
    oracle.sent(0, [put(A, 1)]);
    oracle.shown(1, true);
    expect(get(oracle, A, 1, 1)).toBeUndefined();
    expect(get(oracle, A, 1)).toBe("snapshot-changed");
  });

  it("is of a later state where the store gave up that of its sequence", () => {
    const later = (id: number | undefined): string | undefined => {
      const oracle = oracleOf();
      acknowledged(oracle, [put(A, 1)], [put(A, 2)], [put(A, 3)], [del(A)], [put(A, 5)]);
      const operation = oracle.asked(1, { kind: "get", key: A, sequence: 2, isSnapshot: false });
      return rule(oracle.gotLater(operation, id === undefined ? undefined : valueOf(id), 4));
    };
    expect([2, 3, undefined].map(later)).toEqual([undefined, undefined, undefined]);
    expect([1, 5, 9].map(later)).toEqual(["resurrected", "future-read", "invented"]);
  });

  it("is an iterator's: sorted, within the bounds, complete", () => {
    const oracle = oracleOf();
    acknowledged(oracle, [put(A, 1), put(B, 2), put(C, 3)]);
    const [a, b, c] = [entry(A, 1), entry(B, 2), entry(C, 3)];
    expect(scan(oracle, 1, [a, b])).toBeUndefined();
    expect(scan(oracle, 1, [a], false)).toBeUndefined();
    expect(scan(oracle, 1, [c, b], true, true)).toBeUndefined();
    expect(scan(oracle, 1, [c], false, true)).toBeUndefined();
    expect(scan(oracle, 1, [b, a])).toBe("iterator-wrong");
    expect(scan(oracle, 1, [a, a, b])).toBe("iterator-wrong");
    expect(scan(oracle, 1, [a, b, c])).toBe("iterator-wrong");
    expect(scan(oracle, 1, [b, c], true, true)).toBe("iterator-wrong");
    expect(scan(oracle, 1, [b], false)).toBe("torn-batch");
    expect(scan(oracle, 1, [a])).toBe("torn-batch");
  });

  it("is lost where it was found when the store was opened", () => {
    const oracle = oracleOf();
    acknowledged(oracle, [put(A, 1)]);
    expect(oracle.recovered([entry(A, 1)], 1, false)).toBeUndefined();
    expect(get(oracle, A, 1)).toBe("acknowledged-lost");
  });
});

describe("sequences", () => {
  it("go up, and are nobody else's", () => {
    const oracle = oracleOf();
    acknowledged(oracle, [put(A, 1)], [put(B, 2)]);
    expect(rule(oracle.acknowledged(oracle.sent(0, [put(A, 3)]), 2, true))).toBe("sequence-reused");
    expect(oracle.recovered([entry(A, 1), entry(B, 2)], 2, false)).toBeUndefined();
    expect(rule(oracle.acknowledged(oracle.sent(0, [put(A, 4)]), 2, true))).toBe("sequence-reused");
  });

  it("are above those that were there before", () => {
    const oracle = oracleOf();
    const early = oracle.sent(0, [put(A, 1)]);
    acknowledge(oracle, oracle.sent(1, [put(A, 2)]), 3);
    acknowledge(oracle, early, 1);
    expect(rule(oracle.acknowledged(oracle.sent(2, [put(A, 3)]), 2, true))).toBe("order");
  });

  it("that are shown never go back, and are somebody's", () => {
    const oracle = oracleOf();
    acknowledged(oracle, [put(A, 1)], [put(B, 2)]);
    expect(rule(oracle.shown(1, true))).toBe("stale-read");
    expect(rule(oracle.shown(3, true))).toBe("hole");
  });
});

describe("a disk that lies", () => {
  it("may take the end or bring an older state back, which is counted, and nothing else", () => {
    const oracle = oracleOf("prefix");
    acknowledged(oracle, [put(A, 1)], [put(A, 2), put(B, 3)], [put(C, 4)]);
    expect(rule(oracle.recovered([entry(A, 1)], 1, false))).toBeUndefined();
    expect(oracle.lost).toBe(2);
    expect(rule(oracle.recovered([entry(A, 2), entry(B, 3)], 2, false))).toBeUndefined();
    const torn = [entry(A, 1), entry(B, 3)];
    expect(rule(oracle.recovered(torn, 2, false))).toBe("resurrected");
    expect(rule(oracle.recovered([entry(A, 9)], 1, false))).toBe("invented");
    const other = oracleOf("prefix");
    acknowledged(other, [put(A, 1)], [put(A, 2), put(B, 3)]);
    expect(rule(other.recovered(torn, 2, false))).toBe("torn-batch");
  });

  it("that told a lie nobody can notice may show any value that was written there", () => {
    const oracle = oracleOf("written");
    acknowledged(oracle, [put(A, 1)], [put(A, 2), put(B, 3)], [del(A)]);
    oracle.failed(oracle.sent(0, [put(C, 5)]), "FULL");
    expect(get(oracle, A, 3, 1)).toBeUndefined();
    expect(get(oracle, A, 3, 3)).toBe("acknowledged-changed");
    expect(get(oracle, C, 3, 5)).toBe("failed-yet-there");
    expect(rule(oracle.recovered([entry(A, 1), entry(B, 3)], 3, false))).toBeUndefined();
    expect(rule(oracle.recovered([entry(C, 5)], 3, false))).toBe("failed-yet-there");
  });
});

it("finds any change of a state that is known", () => {
  const step = fc.record({
    kind: fc.constant("send" as const),
    client: fc.constant(0),
    keys: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }),
    puts: fc.integer({ min: 1, max: 15 }),
  });
  const commit: ToyStep = { kind: "commit", isNewest: false };
  const answer: ToyStep = { kind: "answer", client: 0 };
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      fc.boolean(),
      (steps, at, drop) => {
        const oracle = oracleOf();
        const store = new ToyStore(oracle, true);
        for (const each of steps)
          for (const one of [each, commit, answer]) expect(store.step(one)).toBeUndefined();
        const entries = store.entries(steps.length);
        if (entries.length === 0) return;
        const index = at % entries.length;
        const other = { key: entries[index]!.key, value: valueOf(1 + (at % 60)) };
        const isSame = order(other.value, entries[index]!.value) === 0;
        const wrong = drop ? entries.toSpliced(index, 1) : entries.with(index, other);
        expect(oracle.recovered(wrong, steps.length, false) === undefined).toBe(!drop && isSame);
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});
