import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  KeyValueMachine,
  decodeResult,
  encodeCommand,
  encodeQuery,
  type KeyValueCommand,
  type KeyValueResult,
} from "#engines/raft/kv/index.js";
import { hex, tryDecode } from "./codec.support.js";

const SEED = { seed: 20260804 };
const key = fc.constantFrom("a", "b", "é", "\u{1f32a}", "");
const value = fc.constantFrom("", "1", "2", "\ufeff3", "long".repeat(30));

const command: fc.Arbitrary<KeyValueCommand> = fc.oneof(
  fc.record({ op: fc.constantFrom("put", "append"), key, value }),
  fc.record({ op: fc.constant("cas"), key, from: fc.option(value), to: value }),
  fc.record({ op: fc.constant("delete"), key }),
);

/** What a store does, said with a plain map. */
function expectedOf(model: Map<string, string>, asked: KeyValueCommand): KeyValueResult {
  const before = model.get(asked.key) ?? null;
  switch (asked.op) {
    case "put":
      model.set(asked.key, asked.value);
      return { kind: "ok" };
    case "append":
      model.set(asked.key, `${before ?? ""}${asked.value}`);
      return { kind: "ok" };
    case "cas":
      if (before !== asked.from) return { kind: "mismatch", value: before };
      model.set(asked.key, asked.to);
      return { kind: "matched" };
    case "delete":
      model.delete(asked.key);
      return { kind: "deleted", existed: before !== null };
    default:
      throw new Error("no such command");
  }
}

const apply = (machine: KeyValueMachine, asked: KeyValueCommand): KeyValueResult =>
  decodeResult(machine.apply(encodeCommand(asked)));
const get = (machine: KeyValueMachine, of: string): string | null => {
  const result = decodeResult(machine.query(encodeQuery({ op: "get", key: of })));
  if (result.kind !== "value") throw new Error(`expected a value, found ${result.kind}`);
  return result.value;
};
const shown = (machine: KeyValueMachine): string[] => machine.snapshot().map(hex);

function restored(chunks: readonly Uint8Array[]): KeyValueMachine {
  const machine = new KeyValueMachine();
  machine.restore(chunks);
  return machine;
}

describe("a key-value machine", () => {
  test("does what a map does", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const machine = new KeyValueMachine();
        const model = new Map<string, string>();
        for (const each of commands) {
          expect(apply(machine, each)).toEqual(expectedOf(model, each));
          expect(get(machine, each.key)).toBe(model.get(each.key) ?? null);
        }
        expect([...machine.entries()]).toEqual([...model]);
        expect(machine.size).toBe(model.size);
      }),
      { ...SEED, numRuns: 300 },
    );
  });

  test("that was restored on the way has the same answers and the same snapshot", () => {
    const commands = fc.array(command, { maxLength: 30 });
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const machine = new KeyValueMachine();
        for (const each of before) apply(machine, each);
        const other = restored(machine.snapshot());
        for (const each of after) expect(apply(other, each)).toEqual(apply(machine, each));
        expect(shown(other)).toEqual(shown(machine));
        expect([...other.entries()]).toEqual([...machine.entries()]);
      }),
      { ...SEED, numRuns: 200 },
    );
  });

  test("does nothing for bytes that are no command, and says so", () => {
    const machine = new KeyValueMachine();
    apply(machine, { op: "put", key: "a", value: "1" });
    const before = shown(machine);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        fc.pre(bytes[0] === undefined || bytes[0] > 4);
        expect(decodeResult(machine.apply(bytes))).toEqual({ kind: "badCommand" });
      }),
      SEED,
    );
    const put = encodeCommand({ op: "put", key: "a", value: "2" });
    expect(decodeResult(machine.apply(put.subarray(0, 4)))).toEqual({ kind: "badCommand" });
    expect(decodeResult(machine.query(put))).toEqual({ kind: "badCommand" });
    expect(decodeResult(machine.apply(encodeQuery({ op: "get", key: "a" })))).toEqual({ kind: "badCommand" });
    expect(shown(machine)).toEqual(before);
  });
});

describe("a snapshot", () => {
  const large = new KeyValueMachine();
  for (let i = 0; i < 1_000; i++) apply(large, { op: "put", key: `key ${i}`, value: "x".repeat(90) });
  apply(large, { op: "put", key: "huge", value: "y".repeat(100_000) });

  test("has chunks of some tens of KiB, but for a large value", () => {
    const sizes = large.snapshot().map((chunk) => chunk.length);
    expect(sizes.length).toBe(4);
    expect(sizes.slice(0, 3).every((size) => size >= 32_768 && size < 33_000)).toBe(true);
    expect([...restored(large.snapshot()).entries()]).toEqual([...large.entries()]);
  });

  test("of nothing is a chunk too, and replaces what is there", () => {
    const machine = restored(large.snapshot());
    const empty = new KeyValueMachine().snapshot();
    expect(empty.map(hex)).toEqual(["010000"]);
    machine.restore(empty);
    expect(machine.size).toBe(0);
  });

  test("is not changed by later commands", () => {
    const machine = restored(large.snapshot());
    const chunks = machine.snapshot();
    const before = chunks.map(hex);
    apply(machine, { op: "put", key: "key 0", value: "other" });
    expect(chunks.map(hex)).toEqual(before);
  });

  test("with chunks missing, twice, out of order or cut is refused, and the state stays", () => {
    const [first, second, ...others] = large.snapshot();
    const machine = new KeyValueMachine();
    apply(machine, { op: "put", key: "a", value: "1" });
    const row = "016b0176";
    const wrong = [
      [],
      [first!],
      [first!, ...others],
      [second!, first!, ...others],
      [first!, first!, second!, ...others],
      [...large.snapshot(), first!],
      [first!.subarray(0, -1), second!, ...others],
      [Uint8Array.from([1, 0, 2, ...bytesOf(row), ...bytesOf(row)])],
    ];
    for (const chunks of wrong) {
      expect(tryDecode(() => machine.restore(chunks), first!)).toBe("bad format");
    }
    expect([...machine.entries()]).toEqual([["a", "1"]]);
  });
});

function bytesOf(text: string): number[] {
  return (text.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}
