import fc from "fast-check";
import { assert, describe, expect, test } from "vitest";
import { encodeBatch, forEachOperation } from "#engines/lsm/batch.js";
import { PUT } from "#engines/lsm/cursor.js";
import { Slab } from "#engines/bytes/index.js";
import type { WriteOperation } from "#engines/store/index.js";

const SEED = { seed: 20260901 };

const short = fc.uint8Array({ maxLength: 5 });
/** Around the lengths where a varint grows, and where copying changes its way. */
const long = fc.constantFrom(20, 21, 127, 128, 300).map((length) => new Uint8Array(length).fill(length));
const byteString = fc.oneof({ weight: 4, arbitrary: short }, { weight: 1, arbitrary: long });
const batches = batchesOf(byteString);

function batchesOf(strings: fc.Arbitrary<Uint8Array>): fc.Arbitrary<WriteOperation[]> {
  const operation: fc.Arbitrary<WriteOperation> = fc.oneof(
    fc.record({ type: fc.constant("put" as const), key: strings, value: strings }),
    fc.record({ type: fc.constant("delete" as const), key: strings }),
  );
  return fc.array(operation, { minLength: 1, maxLength: 6 });
}

/** The operations that were visited; undefined where the record was refused. */
function decode(record: Uint8Array): WriteOperation[] | undefined {
  const found: WriteOperation[] = [];
  const isRecord = forEachOperation(record, (bytes, kind, keyStart, keyEnd, valueStart, valueEnd) => {
    const key = bytes.slice(keyStart, keyEnd);
    if (kind === PUT) found.push({ type: "put", key, value: bytes.slice(valueStart, valueEnd) });
    else found.push({ type: "delete", key });
    if (kind !== PUT) assert.equal(valueStart, valueEnd);
  });
  if (!isRecord) assert.equal(found.length, 0, "nothing of a refused record is visited");
  return isRecord ? found : undefined;
}

/** Nothing else is a record than what `encodeBatch` gives: what is accepted has to be encoded to the same bytes. */
function expectCanonical(record: Uint8Array): boolean {
  const found = decode(record);
  if (found !== undefined) assert.equal(encodeBatch(found).join(), record.join());
  return found !== undefined;
}

describe("a batch's record", () => {
  test("has the bytes that the format says", () => {
    const batch: WriteOperation[] = [
      { type: "put", key: Uint8Array.of(7), value: Uint8Array.of(8, 9) },
      { type: "delete", key: new Uint8Array(0) },
    ];
    expect(encodeBatch(batch)).toEqual(Uint8Array.of(1, 2, 1, 1, 7, 2, 8, 9, 0, 0));
  });

  test("gives back what was encoded, in its order", () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(decode(encodeBatch(batch))).toEqual(batch);
      }),
      SEED,
    );
  });

  test("is refused where it is cut, and where something follows it", () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const record = encodeBatch(batch);
        for (let end = 0; end < record.length; end++) assert.isUndefined(decode(record.subarray(0, end)));
        assert.isUndefined(decode(Uint8Array.of(...record, 0)));
      }),
      { ...SEED, numRuns: 40 },
    );
  });

  test("with a bit flipped is refused, or is the record of another batch", () => {
    let refused = 0;
    let accepted = 0;
    fc.assert(
      fc.property(batchesOf(short), (batch) => {
        const record = encodeBatch(batch);
        for (let bit = 0; bit < record.length * 8; bit++) {
          const flipped = record.slice();
          flipped[bit >>> 3]! ^= 1 << (bit & 7);
          if (expectCanonical(flipped)) accepted++;
          else refused++;
        }
      }),
      { ...SEED, numRuns: 30 },
    );
    expect(Math.min(refused, accepted)).toBeGreaterThan(500);
  });

  test("whatever the bytes are, they are refused or canonical, and nothing beyond their end is read", () => {
    const numbers = fc.array(fc.constantFrom(0, 1, 2, 3, 127, 128, 129, 255), { maxLength: 24 });
    fc.assert(
      fc.property(numbers, (body) => {
        const record = Uint8Array.of(1, ...body);
        const isRecord = expectCanonical(record);
        // Bytes behind the end that would go on well.
        const larger = Uint8Array.of(...record, 1, 0, 0, 1, 0, 0);
        assert.equal(decode(larger.subarray(0, record.length)) !== undefined, isRecord);
      }),
      { ...SEED, numRuns: 3000 },
    );
  });

  test("refuses a count that the bytes can't hold, at once", () => {
    expect(decode(Uint8Array.of(1, 255, 255, 255, 255, 255, 255, 255, 15, 0, 0))).toBeUndefined();
    expect(decode(Uint8Array.of(1, 0))).toBeUndefined();
    expect(decode(new Uint8Array(0))).toBeUndefined();
  });

  test("from a slab is the same, and no record changes another", () => {
    fc.assert(
      fc.property(fc.array(batches, { minLength: 1, maxLength: 12 }), (list) => {
        const slab = new Slab();
        const records = list.map((batch) => encodeBatch(batch, slab));
        expect(records).toEqual(list.map((batch) => encodeBatch(batch)));
      }),
      { ...SEED, numRuns: 40 },
    );
  });
});

describe("a slab", () => {
  test("gives zeros of every length, which no other has", () => {
    const slab = new Slab();
    const taken: Uint8Array[] = [];
    for (let i = 0; i < 600; i++) {
      const part = slab.take((i * 37) % 9000);
      expect(part.length).toBe((i * 37) % 9000);
      expect(part.every((byte) => byte === 0)).toBe(true);
      part.fill(i);
      taken.push(part);
    }
    for (const [i, part] of taken.entries()) expect(part.every((byte) => byte === (i & 0xff))).toBe(true);
  });
});
