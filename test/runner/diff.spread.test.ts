import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceRecord } from "#sim/trace.js";
import { Pace } from "#runner/diff/index.js";
import { spreadOf } from "#runner/diff/spread.js";
import { traceRecord } from "../support/traces.js";

function delivered(id: number, from: string, to: string, over: Partial<TraceRecord>): TraceRecord {
  const message = { from, to, type: "m", value: {}, sentIn: over.cause ?? 0 };
  return traceRecord(id, { node: to, kind: "network/deliver", message, ...over });
}

function spread(first: TraceRecord[], second: TraceRecord[]): ReturnType<typeof spreadOf> {
  return spreadOf(first.values(), second.values(), new Pace());
}

describe("the spread of a difference", () => {
  test("ids that shift, and nodes in another order at one time, are no difference", async () => {
    const drawn = fc.array(
      fc.record({ node: fc.constantFrom("n1", "n2", "n3"), kind: fc.constantFrom("x", "y") }),
    );
    await fc.assert(
      fc.asyncProperty(drawn, fc.nat(9), async (events, shift) => {
        const first = events.map((event, i) => traceRecord(i + 1, { ...event, timeUs: i >> 2 }));
        const second = first
          .map((record) => ({ ...record, id: record.id + shift, digest: 0 }))
          .toSorted((a, b) => a.timeUs - b.timeUs || (a.node < b.node ? -1 : a.node > b.node ? 1 : 0));
        expect(await spread(first, second)).toEqual([]);
      }),
      { seed: 5 },
    );
  });

  test("it goes from node to node with the messages, and each names the way", async () => {
    // Before: event 1 on n1. On the first side n1 tells n2 in 3 µs, which tells n3; on the second nobody does.
    const first = [
      traceRecord(2, { timeUs: 10, kind: "disk/sync", cause: 1 }),
      delivered(3, "n1", "n2", { timeUs: 13, cause: 2 }),
      delivered(4, "n2", "n3", { timeUs: 16, cause: 3 }),
      traceRecord(5, { timeUs: 30, node: "n4" }),
    ];
    const second = [
      traceRecord(2, { timeUs: 10, kind: "disk/write", cause: 1 }),
      traceRecord(3, { timeUs: 20, node: "n2" }),
      traceRecord(4, { timeUs: 30, node: "n4" }),
    ];
    const [n1, n2, n3, ...others] = await spread(first, second);
    expect(n1).toMatchObject({ node: "n1", timeUs: 10, way: [] });
    expect(n2).toEqual({ node: "n2", timeUs: 13, first: first[1], second: second[1], way: ["n1"] });
    expect(n3).toEqual({ node: "n3", timeUs: 16, first: first[2], second: undefined, way: ["n1", "n2"] });
    expect(others).toEqual([]);
  });

  test("a node that lacks what the other side was sent comes from its sender", async () => {
    // Both sides sent in event 1, which is the same; on the second the message is lost there.
    const first = [delivered(2, "n1", "n2", { timeUs: 10, cause: 1 })];
    const second = [traceRecord(1, { type: "effect", timeUs: 5, kind: "network/lost" })];
    expect(await spread(first, second)).toMatchObject([
      { node: "n1", timeUs: 5, way: [] },
      { node: "n2", timeUs: 10, way: ["n1"] },
    ]);
  });

  test("what a node did by itself has no way", async () => {
    const first = [traceRecord(2, { timeUs: 1 }), traceRecord(3, { timeUs: 2, node: "n2", cause: 1 })];
    const second = [traceRecord(2, { timeUs: 3 })];
    expect((await spread(first, second)).map(({ node, way }) => [node, way])).toEqual([
      ["n1", []],
      ["n2", []],
    ]);
  });
});
