// What members tell each other comes through the coordinator as it was.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ASSIGNMENT, SUBSCRIPTION } from "#engines/broker/client/index.js";

const partitions = fc.array(fc.record({ topic: fc.string({ unit: "binary" }), partition: fc.nat() }));
const sizes = fc.array(fc.record({ topic: fc.string({ unit: "binary" }), partitions: fc.nat() }));
const runs = { seed: 7_008, numRuns: 200 };

test("subscriptions and assignments come back as they were", () => {
  const subscription = fc.record({
    topics: fc.array(fc.string({ unit: "binary" })),
    owned: partitions,
    generation: fc.integer({ min: -1 }),
  });
  fc.assert(
    fc.property(subscription, partitions, sizes, (said, given, basis) => {
      expect(SUBSCRIPTION.decode(SUBSCRIPTION.encode(said))).toEqual(said);
      expect(ASSIGNMENT.decode(ASSIGNMENT.encode({ partitions: given, basis }))).toEqual({
        partitions: given,
        basis,
      });
    }),
    runs,
  );
});

test("other bytes are refused, and any bytes at all are either", () => {
  expect(() => SUBSCRIPTION.decode(new Uint8Array([9]))).toThrow("version");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      for (const codec of [SUBSCRIPTION, ASSIGNMENT]) {
        try {
          codec.decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "RPC_BAD_FORMAT" });
        }
      }
    }),
    runs,
  );
});
