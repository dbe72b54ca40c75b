// Records of groups come back as they were, and what is none is refused.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  groupRecord,
  offsetRecord,
  readGroupValue,
  readKey,
  readOffsetValue,
} from "#engines/broker/group/records.js";
import { BrokerError } from "#engines/broker/errors.js";

const SEED = { seed: 7, numRuns: 200 };
const name = fc.string({ unit: "binary", maxLength: 12 });
const partition = fc.record({ topic: name, partition: fc.nat() });
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const bytes = fc.uint8Array({ maxLength: 20 });

const offset = fc.record({
  partition,
  offset: fc.maxSafeNat(),
  leaderEpoch: fc.integer({ min: -1, max: 1_000 }),
  metadata: name,
});
const stored = fc.record({
  generation: fc.nat(),
  protocol: maybe(name),
  leaderId: maybe(name),
  emptySinceMs: maybe(fc.nat()),
  members: fc.array(
    fc.record({
      memberId: name,
      instanceId: maybe(name),
      client: name,
      sessionTimeoutUs: fc.nat(),
      rebalanceTimeoutUs: fc.nat(),
      metadata: bytes,
      assignment: bytes,
    }),
    { maxLength: 4 },
  ),
});

it("offsets and groups come back as they were", () => {
  fc.assert(
    fc.property(name, offset, stored, (group, given, state) => {
      const ofOffset = offsetRecord(group, given.partition, given, 5);
      expect(readKey(ofOffset.key!)).toEqual({ kind: "offset", group, partition: given.partition });
      expect({ partition: given.partition, ...readOffsetValue(ofOffset.value!) }).toEqual(given);
      const ofGroup = groupRecord(group, state, 5);
      expect(readKey(ofGroup.key!)).toEqual({ kind: "group", group });
      expect(readGroupValue(ofGroup.value!)).toEqual(state);
      expect(offsetRecord(group, given.partition, undefined, 5)).toEqual({ ...ofOffset, value: null });
      expect(groupRecord(group, undefined, 5)).toEqual({ ...ofGroup, value: null });
    }),
    SEED,
  );
});

it("bytes that are cut off or of another version are damage", () => {
  fc.assert(
    fc.property(stored, fc.nat(), (state, cut) => {
      const value = groupRecord("g", state, 0).value!;
      const read = (given: Uint8Array) => () => readGroupValue(given);
      expect(read(value.subarray(0, cut % value.length))).toThrow(BrokerError);
      expect(read(Uint8Array.of(2, ...value.subarray(1)))).toThrow(/version/u);
    }),
    SEED,
  );
  expect(() => readKey(Uint8Array.of(9, 0))).toThrow(BrokerError);
});
