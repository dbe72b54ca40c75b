// The bytes of records of KIP-848's groups: as FORMAT.md says, as they were, and nothing else.
import fc from "fast-check";
import { expect, it } from "vitest";
import { BrokerError } from "#engines/broker/errors.js";
import {
  headRecord,
  memberRecord,
  readCurrent,
  readHead,
  readMember,
  readTarget,
} from "#engines/broker/group/consumer/records.js";
import type { CurrentAssignment, GroupHead } from "#engines/broker/group/consumer/types.js";
import { readKey } from "#engines/broker/group/records.js";
import type { NewRecord } from "#engines/broker/record/index.js";

const hex = (bytes: Uint8Array | null): string =>
  bytes === null ? "none" : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

const golden = ({ key, value }: NewRecord): string => `${hex(key)} = ${hex(value)}`;

const head: GroupHead = {
  epoch: 4,
  assignor: "range",
  emptySinceMs: undefined,
  partitions: new Map([["t", 300]]),
};
const member = {
  memberId: "m",
  instanceId: "i",
  client: "c",
  rebalanceTimeoutUs: 5,
  topics: ["t", "u"],
  assignor: "uniform",
} as const;
const t = (partition: number) => ({ topic: "t", partition });
const current: CurrentAssignment = {
  state: "unrevoked",
  epoch: 3,
  previousEpoch: 2,
  assigned: [{ partition: t(0), epoch: 2 }],
  revoking: [{ partition: t(1), epoch: 2 }],
};

it("have the bytes that FORMAT.md says", () => {
  expect(golden(headRecord("g", head, 9))).toBe("03 01 67 = 01 04 05 72 61 6e 67 65 00 01 01 74 ac 02");
  expect(golden(headRecord("g", { ...head, emptySinceMs: 6 }, 9))).toBe(
    "03 01 67 = 01 04 05 72 61 6e 67 65 07 01 01 74 ac 02",
  );
  expect(golden(memberRecord("consumer-member", "g", "m", member, 9))).toBe(
    "04 01 67 01 6d = 01 01 01 69 01 63 05 02 01 74 01 75 01 07 75 6e 69 66 6f 72 6d",
  );
  expect(golden(memberRecord("consumer-target", "g", "m", [t(1), t(2)], 9))).toBe(
    "05 01 67 01 6d = 01 02 01 74 01 01 74 02",
  );
  expect(golden(memberRecord("consumer-current", "g", "m", current, 9))).toBe(
    "06 01 67 01 6d = 01 01 05 04 01 01 74 00 02 01 01 74 01 02",
  );
  expect(
    golden(memberRecord("consumer-current", "g", "m", { ...current, epoch: -2, state: "stable" }, 9)),
  ).toBe("06 01 67 01 6d = 01 00 00 04 01 01 74 00 02 01 01 74 01 02");
  expect(golden(memberRecord("consumer-target", "g", "m", undefined, 9))).toBe("05 01 67 01 6d = none");
  expect(golden(headRecord("g", undefined, 9))).toBe("03 01 67 = none");
});

const name = fc.string({ unit: "binary", maxLength: 12 });
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const assignor = fc.constantFrom("uniform" as const, "range" as const);
const partition = fc.record({ topic: name, partition: fc.nat() });
const owned = fc.array(fc.record({ partition, epoch: fc.nat() }), { maxLength: 4 });

it("come back as they were, and what is cut off is damage", () => {
  fc.assert(
    fc.property(
      name,
      name,
      fc.record({
        epoch: fc.nat(),
        assignor,
        emptySinceMs: maybe(fc.nat()),
        partitions: fc.array(fc.tuple(name, fc.nat()), { maxLength: 4 }).map((counts) => new Map(counts)),
      }),
      fc.record({
        instanceId: maybe(name),
        client: name,
        rebalanceTimeoutUs: fc.nat(),
        topics: fc.array(name, { maxLength: 3 }),
        assignor: maybe(assignor),
      }),
      fc.record({
        state: fc.constantFrom("stable" as const, "unrevoked" as const, "unreleased" as const),
        epoch: fc.integer({ min: -2, max: 1_000 }),
        previousEpoch: fc.integer({ min: -2, max: 1_000 }),
        assigned: owned,
        revoking: owned,
      }),
      fc.array(partition, { maxLength: 4 }),
      (group, memberId, heads, said, has, target) => {
        const ofHead = headRecord(group, heads, 1);
        expect(readKey(ofHead.key!)).toEqual({ kind: "consumer-group", group, memberId: "" });
        expect(readHead(ofHead.value!)).toEqual(heads);
        const stated = { memberId, ...said };
        const ofMember = memberRecord("consumer-member", group, memberId, stated, 1);
        expect(readKey(ofMember.key!)).toEqual({ kind: "consumer-member", group, memberId });
        expect(readMember(memberId, ofMember.value!)).toEqual(stated);
        const ofTarget = memberRecord("consumer-target", group, memberId, target, 1);
        expect(readKey(ofTarget.key!)).toEqual({ kind: "consumer-target", group, memberId });
        expect(readTarget(ofTarget.value!)).toEqual(target);
        const ofCurrent = memberRecord("consumer-current", group, memberId, has, 1);
        expect(readKey(ofCurrent.key!)).toEqual({ kind: "consumer-current", group, memberId });
        expect(readCurrent(ofCurrent.value!)).toEqual(has);
        const cut = ofCurrent.value!.subarray(0, -1);
        expect(() => readCurrent(cut)).toThrow(BrokerError);
      },
    ),
    { seed: 7, numRuns: 100 },
  );
});

it("of unknown states and assignors are damage", () => {
  const ofCurrent = memberRecord("consumer-current", "g", "m", current, 9).value!;
  expect(() => readCurrent(Uint8Array.of(1, 3, ...ofCurrent.subarray(2)))).toThrow(/state/u);
  const ofHead = headRecord("g", head, 9).value!;
  expect(() => readHead(ofHead.map((byte) => (byte === 0x72 ? 0x73 : byte)))).toThrow(/assignor/u);
  expect(() => readKey(Uint8Array.of(7, 0))).toThrow(/kind/u);
});
