import { describe, expect, test } from "vitest";
import {
  EMPTY_IMAGE,
  MetadataMachine,
  applyRecord,
  applyRecords,
  decodeMetadataResult,
  type MetadataRecord,
} from "#engines/broker/metadata/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import { CONFIG, execute } from "./support.js";

function withBrokers(machine: MetadataMachine, count: number): MetadataMachine {
  for (let i = 0; i < count; i++) {
    execute(machine, { kind: "register", broker: `b${i}`, incarnation: i, previousEpoch: undefined });
  }
  return machine;
}

describe("records", () => {
  test("followed one by one or in commands, they give the same image", () => {
    const applied: MetadataRecord[] = [];
    const machine = new MetadataMachine((event: BrokerEvent) => {
      if (event.kind === "controller/applied") applied.push(...event.records);
    });
    withBrokers(machine, 3);
    execute(machine, { kind: "unfence", broker: "b1", epoch: 1, metadataOffset: 3 });
    execute(machine, {
      kind: "createTopic",
      topic: "t",
      config: CONFIG,
      assignments: [
        ["b0", "b1"],
        ["b1", "b2"],
      ],
    });
    expect(applied).toHaveLength(7);
    expect(applyRecords(EMPTY_IMAGE, applied)).toEqual(machine.image);
    expect(applied.reduce(applyRecord, EMPTY_IMAGE)).toEqual(machine.image);
    expect(machine.recordsFrom(0)).toEqual(applied);
    expect(machine.recordsFrom(5)).toEqual(applied.slice(5));
    expect(machine.recordsFrom(7)).toEqual([]);
    expect(machine.recordsFrom(8)).toEqual([]);
  });

  test("an image that somebody has does not change", () => {
    const machine = withBrokers(new MetadataMachine(), 1);
    const { image } = machine;
    const copy = structuredClone(image);
    execute(machine, { kind: "unfence", broker: "b0", epoch: 0, metadataOffset: 1 });
    expect(image).toEqual(copy);
  });

  test("old ones go: whoever is further behind gets the image", () => {
    const machine = withBrokers(new MetadataMachine(undefined, { retainedRecords: 4 }), 20);
    expect(machine.recordsFrom(16)).toHaveLength(4);
    expect(machine.recordsFrom(10)).toBe(undefined);
  });

  test("other records, or another order, give another digest", () => {
    const digest = (...ids: readonly string[]): number =>
      ids.reduce(
        (image, id) =>
          applyRecord(image, {
            kind: "broker",
            broker: { id, epoch: 0, incarnation: 0, isFenced: true, fencedAt: 0, isShuttingDown: false },
          }),
        EMPTY_IMAGE,
      ).digest;
    expect(digest("a", "b")).not.toBe(digest("b", "a"));
    expect(digest("a")).not.toBe(digest("b"));
  });
});

describe("snapshots", () => {
  test("a large one comes in chunks, and gives the same", () => {
    const machine = withBrokers(new MetadataMachine(), 60);
    const assignments = Array.from({ length: 2_000 }, (_, i) => [`b${i % 60}`, `b${(i + 1) % 60}`]);
    for (let i = 0; i < 60; i++) {
      execute(machine, { kind: "unfence", broker: `b${i}`, epoch: i, metadataOffset: 60 });
    }
    execute(machine, { kind: "createTopic", topic: "t", config: CONFIG, assignments });
    const chunks = machine.snapshot();
    expect(chunks.length).toBeGreaterThan(1);
    const other = new MetadataMachine();
    other.restore(chunks);
    expect(other.image).toEqual(machine.image);
    expect(other.recordsFrom(0)).toBe(undefined);
    expect(other.snapshot()).toEqual(chunks);
  });

  test("bytes that are none are refused, and nothing changes", () => {
    const machine = withBrokers(new MetadataMachine(), 3);
    const { image } = machine;
    expect(() => machine.restore([new Uint8Array([1, 9])])).toThrow("RPC_BAD_FORMAT");
    expect(machine.image).toBe(image);
  });

  test("a command that is none is refused", () => {
    const machine = new MetadataMachine();
    for (const bytes of [new Uint8Array(), new Uint8Array([1, 99]), new Uint8Array([2])]) {
      expect(decodeMetadataResult(machine.apply(bytes))).toMatchObject({
        ok: false,
        code: "INVALID_REQUEST",
      });
    }
  });
});
