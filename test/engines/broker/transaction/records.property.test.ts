// Records of transactions come back as they were, and what is none is refused.
import fc from "fast-check";
import { expect, it } from "vitest";
import { BrokerError } from "#engines/broker/errors.js";
import { readKey, readValue, transactionRecord } from "#engines/broker/transaction/records.js";

const SEED = { seed: 11, numRuns: 200 };
const name = fc.string({ unit: "binary", maxLength: 12 });
const identity = fc.record({ producerId: fc.maxSafeNat(), producerEpoch: fc.nat({ max: 0x7fff }) });
const stored = fc.record({
  state: fc.constantFrom(
    "empty" as const,
    "ongoing" as const,
    "prepare-commit" as const,
    "prepare-abort" as const,
    "complete-commit" as const,
    "complete-abort" as const,
  ),
  producer: identity,
  next: fc.option(identity, { nil: undefined }),
  isFenced: fc.boolean(),
  timeoutUs: fc.nat(),
  partitions: fc.array(fc.record({ topic: name, partition: fc.nat() }), { maxLength: 4 }),
});

it("they come back as they were", () => {
  fc.assert(
    fc.property(name, stored, (id, given) => {
      const { key, value } = transactionRecord(id, given, 5);
      expect(readKey(key!)).toBe(id);
      expect(readValue(value!)).toEqual(given);
      expect(transactionRecord(id, undefined, 5)).toEqual({ key, value: null, timestampMs: 5 });
    }),
    SEED,
  );
});

it("bytes that are cut off, of another version or of no state are damage", () => {
  fc.assert(
    fc.property(stored, fc.nat(), (given, cut) => {
      const value = transactionRecord("id", given, 0).value!;
      const read = (bytes: Uint8Array) => () => readValue(bytes);
      expect(read(value.subarray(0, cut % value.length))).toThrow(BrokerError);
      expect(read(Uint8Array.of(2, ...value.subarray(1)))).toThrow(/version/u);
      expect(read(Uint8Array.of(value[0]!, 9, ...value.subarray(2)))).toThrow(/state/u);
    }),
    SEED,
  );
  expect(() => readKey(Uint8Array.of(9, 0))).toThrow(BrokerError);
});
