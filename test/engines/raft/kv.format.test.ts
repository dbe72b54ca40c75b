import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeCommand,
  decodeQuery,
  decodeResult,
  encodeCommand,
  encodeQuery,
  encodeResult,
  type KeyValueCommand,
  type KeyValueResult,
} from "#engines/raft/kv/index.js";
import { hex, text, tryDecode } from "./codec.support.js";

const SEED = { seed: 20260803 };
const optional = fc.option(text);

const command: fc.Arbitrary<KeyValueCommand> = fc.oneof(
  fc.record({ op: fc.constantFrom("put", "append"), key: text, value: text }),
  fc.record({ op: fc.constant("cas"), key: text, from: optional, to: text }),
  fc.record({ op: fc.constant("delete"), key: text }),
);
const result: fc.Arbitrary<KeyValueResult> = fc.oneof(
  fc.record({ kind: fc.constantFrom("ok", "matched", "badCommand") }),
  fc.record({ kind: fc.constantFrom("mismatch", "value"), value: optional }),
  fc.record({ kind: fc.constant("deleted"), existed: fc.boolean() }),
);

/** A prefix is never taken for the whole. */
function expectNoPrefix(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  const lengths = [...bytes.keys()];
  expect(lengths.filter((length) => tryDecode(decode, bytes.subarray(0, length)) !== "bad format")).toEqual(
    [],
  );
  expect(tryDecode(decode, Uint8Array.of(...bytes, 0))).toBe("bad format");
}

describe("commands, queries and results", () => {
  test("come back as they were, and only whole", () => {
    fc.assert(
      fc.property(command, text, result, (asked, key, answered) => {
        const query = { op: "get", key } as const;
        expect(decodeCommand(encodeCommand(asked))).toEqual(asked);
        expect(decodeQuery(encodeQuery(query))).toEqual(query);
        expect(decodeResult(encodeResult(answered))).toEqual(answered);
        expectNoPrefix(decodeCommand, encodeCommand(asked));
        expectNoPrefix(decodeQuery, encodeQuery(query));
        expectNoPrefix(decodeResult, encodeResult(answered));
      }),
      { ...SEED, numRuns: 150 },
    );
  });

  test("have no lone surrogates, which would make two keys one", () => {
    expect(() => encodeCommand({ op: "delete", key: "\ud800" })).toThrow("RAFT_BAD_ARGUMENT");
    expect(() => encodeCommand({ op: "put", key: "k", value: "\udfff" })).toThrow("RAFT_BAD_ARGUMENT");
    expect(() => encodeQuery({ op: "get", key: "a\ud800b" })).toThrow("RAFT_BAD_ARGUMENT");
  });

  // Commands stay in logs: what these bytes mean never changes.
  test.each<[string, KeyValueCommand]>([
    ["01016b0176", { op: "put", key: "k", value: "v" }],
    ["02016b0176", { op: "append", key: "k", value: "v" }],
    ["03016b010161027631", { op: "cas", key: "k", from: "a", to: "v1" }],
    ["03016b00027631", { op: "cas", key: "k", from: null, to: "v1" }],
    ["0402c3a9", { op: "delete", key: "é" }],
  ])("%s", (bytes, value) => {
    expect(hex(encodeCommand(value))).toBe(bytes);
  });

  test.each<[string, KeyValueResult]>([
    ["01", { kind: "ok" }],
    ["02", { kind: "matched" }],
    ["0300", { kind: "mismatch", value: null }],
    ["03010176", { kind: "mismatch", value: "v" }],
    ["0401", { kind: "deleted", existed: true }],
    ["0500", { kind: "value", value: null }],
    ["050100", { kind: "value", value: "" }],
    ["06", { kind: "badCommand" }],
  ])("result %s", (bytes, value) => {
    expect(hex(encodeResult(value))).toBe(bytes);
  });

  test("a query", () => {
    expect(hex(encodeQuery({ op: "get", key: "k" }))).toBe("05016b");
  });
});
