import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32c } from "#engines/bytes/index.js";
import { BrokerError } from "#engines/broker/index.js";
import {
  NO_PRODUCER,
  batchProblem,
  batchesOf,
  batchesSeen,
  checkNewBatch,
  encodeBatch,
  keepRecords,
  readBatchHeader,
  recordsOf,
  stampBatch,
  type NewRecord,
} from "#engines/broker/record/index.js";

const SEED = 60001;
const field = fc.option(fc.uint8Array({ maxLength: 200 }));
const header = fc.record({ key: fc.string({ unit: "grapheme" }), value: field });
const record: fc.Arbitrary<NewRecord> = fc
  .record({
    key: field,
    value: field,
    timestampMs: fc.maxSafeNat(),
    headers: fc.array(header, { maxLength: 3 }),
  })
  .map(({ headers, ...rest }) => (headers.length === 0 ? rest : { ...rest, headers }));
const records = fc.array(record, { minLength: 1, maxLength: 8 });
const stamp = fc.oneof(
  fc.constant(NO_PRODUCER),
  fc.record({
    producerId: fc.maxSafeNat(),
    producerEpoch: fc.nat(0x7fff),
    baseSequence: fc.nat(0x7fffffff),
  }),
);

test("what is encoded is decoded, wherever a leader puts it", () => {
  fc.assert(
    fc.property(records, stamp, fc.nat(2 ** 48), fc.nat(0x7fffffff), (given, producer, offset, epoch) => {
      const batch = encodeBatch(given, producer);
      const checked = checkNewBatch(batch, batch.length);
      stampBatch(batch, 0, offset, epoch);
      expect(batchProblem(batch, 0, batch.length)).toBeUndefined();
      const found = readBatchHeader(batch, 0);
      expect(found).toMatchObject({ baseOffset: offset, leaderEpoch: epoch, crc: checked.crc, ...producer });
      expect(found.lastOffset).toBe(offset + given.length - 1);
      expect(recordsOf(batch, 0)).toEqual(given.map((each, at) => ({ ...each, offset: offset + at })));
    }),
    { seed: SEED, numRuns: 150 },
  );
});

test("compaction keeps some records, their offsets and times, with a delete horizon or without", () => {
  fc.assert(
    fc.property(records, fc.integer({ min: -1 }), fc.nat(255), (given, horizon, mask) => {
      const batch = encodeBatch(given, { producerId: 1, producerEpoch: 2, baseSequence: 3 });
      stampBatch(batch, 0, 1000, 7);
      const before = readBatchHeader(batch, 0);
      const kept = recordsOf(batch, 0).filter((_, at) => (mask & (1 << at)) !== 0);
      const cleaned = keepRecords(before, kept, horizon);
      expect(batchProblem(cleaned, 0, cleaned.length)).toBeUndefined();
      expect(recordsOf(cleaned, 0)).toEqual(kept);
      const after = readBatchHeader(cleaned, 0);
      expect(after).toMatchObject({ baseOffset: 1000, lastOffset: before.lastOffset, leaderEpoch: 7 });
      expect(after).toMatchObject({ producerId: 1, producerEpoch: 2, baseSequence: 3 });
      expect(after.deleteHorizonMs).toBe(horizon);
    }),
    { seed: SEED, numRuns: 150 },
  );
});

test("a flipped bit is found, but for those that the checksum leaves out", () => {
  fc.assert(
    fc.property(records, fc.nat(), (given, bit) => {
      const batch = encodeBatch(given, undefined);
      const at = (bit >> 3) % batch.length;
      if (at < 8 || (at >= 12 && at < 16)) return;
      batch[at]! ^= 1 << (bit & 7);
      expect(batchProblem(batch, 0, batch.length)).toBeDefined();
      expect(() => checkNewBatch(batch, batch.length)).toThrow(BrokerError);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("no bytes at all make the checks throw anything but what they promise", () => {
  const body = fc.uint8Array({ minLength: 0, maxLength: 120 });
  fc.assert(
    fc.property(records, body, fc.nat(200), (given, noise, place) => {
      // Noise behind a sound beginning, with a checksum that fits: only the records' own checks are left.
      const batch = encodeBatch(given, undefined);
      batch.set(
        noise.subarray(0, Math.max(0, batch.length - 57 - place)),
        Math.min(batch.length, 57 + place),
      );
      new DataView(batch.buffer).setUint32(17, crc32c(batch, 21, batch.length));
      try {
        checkNewBatch(batch, batch.length);
      } catch (error) {
        expect(error).toMatchObject({ code: "CORRUPT_MESSAGE" });
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("several batches are walked, a cut off one is left out", () => {
  const one = encodeBatch([{ key: null, value: new Uint8Array(3), timestampMs: 1 }], undefined);
  const two = encodeBatch([{ key: null, value: new Uint8Array(9), timestampMs: 1 }], undefined);
  stampBatch(two, 0, 1, 0);
  const both = new Uint8Array([...one, ...two]);
  expect(Array.from(batchesOf(both), ({ at }) => at)).toEqual([0, one.length]);
  expect(batchesSeen(both.subarray(0, both.length - 1)).map(({ lastOffset }) => lastOffset)).toEqual([0]);
  expect(batchesSeen(both.subarray(0, one.length + 5))).toHaveLength(1);
});

test("a producer's batch is refused when it is too large, two, or of no sense", () => {
  const batch = encodeBatch([{ key: null, value: null, timestampMs: 1 }], undefined);
  const errorOf = (bytes: Uint8Array, maxBytes = 1000): unknown => {
    try {
      return checkNewBatch(bytes, maxBytes).recordCount;
    } catch (error) {
      return (error as BrokerError).code;
    }
  };
  expect(errorOf(batch)).toBe(1);
  expect(errorOf(batch, batch.length - 1)).toBe("MESSAGE_TOO_LARGE");
  expect(errorOf(new Uint8Array([...batch, ...batch]))).toBe("CORRUPT_MESSAGE");
  expect(
    errorOf(encodeBatch([{ key: null, value: null, timestampMs: 1 }], { ...NO_PRODUCER, producerId: 1 })),
  ).toBe("CORRUPT_MESSAGE");
  expect(() => encodeBatch([{ key: null, value: null, timestampMs: 0.5 }], undefined)).toThrow(BrokerError);
});
