import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceRecord } from "#sim/trace.js";
import { ChromeTraceWriter } from "#reports/traces/index.js";
import { readTraceEvents, type TraceEvents } from "../support/trace-event-format.js";
import { traceRecord, writtenTrace } from "../support/traces.js";

function traced(records: readonly TraceRecord[]): TraceEvents {
  const writer = new ChromeTraceWriter();
  let text = writer.head();
  for (const record of records) text += writer.record(record);
  return readTraceEvents(text + writer.tail());
}

describe("the trace for Perfetto", () => {
  test("a run has its messages as named arrows, statuses as slices, faults as instants", async () => {
    const { text, result } = await writtenTrace("relay", 3, "json");
    const { slices, arrows, instants, processes } = readTraceEvents(text);
    expect(processes).toEqual(["world", "b", "a"]);
    const events = slices.filter(({ cat }) => cat === "event");
    expect(events).toHaveLength(result.events);
    expect(events.map(({ args }) => args["id"])).toEqual([...new Set(events.map(({ args }) => args["id"]))]);
    const messages = arrows.filter(({ cat }) => cat === "message");
    expect(messages.map(({ name, from, to }) => `${name}: ${from.process} to ${to.process}`)).toEqual([
      ...Array<string>(6).fill("relay/number handed: a to b"),
      ...Array<string>(3).fill("relay/answer: b to a"),
    ]);
    for (const { from, to } of messages) expect(from.args["id"]).toBe(to.args["cause"]);
    expect(messages[0]!.to.args["message"]).toEqual({ kind: "handed", n: 1 });
    const statuses = (node: string): string[] =>
      slices.filter(({ cat, process }) => cat === "status" && process === node).map(({ name }) => name);
    expect(statuses("a")).toEqual([
      "handing",
      "done",
      "handing, 1 taken",
      "handing, 2 taken",
      "handing, 3 taken",
    ]);
    expect(statuses("b")).toEqual(["holds, up to 2", "holds, up to 4", "holds, up to 6"]);
    const faults = instants.filter(({ cat }) => cat === "fault");
    expect(faults.map(({ name, process, args }) => [name, process, args["id"]])).toContainEqual([
      "message-loss",
      "b",
      "message-loss@b:1.0.1",
    ]);
    expect(instants.filter(({ name }) => name === "lost: relay/answer")).toHaveLength(3);
  });

  test("a long run with crashes and disks reads as strictly", async () => {
    const { text } = await writtenTrace("raft", 42, "json", new Map([["stormMs", 800]]));
    const { slices, processes } = readTraceEvents(text);
    expect(processes.slice(0, 5)).toEqual(["world", "n1", "n2", "n3", "n4"]);
    const leaders = slices.filter(({ cat, name }) => cat === "status" && name.startsWith("leader"));
    expect(leaders.length).toBeGreaterThan(0);
    for (const { startNs, endNs } of leaders) expect(endNs).toBeGreaterThan(startNs);
  });

  test("whatever comes, slices of one moment are apart, and other nodes' causes are arrows", () => {
    const records = fc.array(
      fc.record({
        node: fc.constantFrom("n1", "n2", ""),
        incarnation: fc.integer({ min: 1, max: 3 }),
        wait: fc.nat(1),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(records, fc.nat(), (drawn, causes) => {
        let timeUs = 0;
        const trace = drawn.map(({ node, incarnation, wait }, i) => {
          timeUs += wait;
          return traceRecord(i + 1, { node, incarnation, timeUs, cause: causes % (i + 1) });
        });
        const { slices, arrows } = traced(trace);
        expect(slices).toHaveLength(trace.length);
        const across = trace.filter(({ cause, node }) => cause > 0 && trace[cause - 1]!.node !== node);
        expect(arrows).toHaveLength(across.length);
      }),
      { seed: 21 },
    );
  });

  test("a thousand and more events of one moment stay in their microsecond", () => {
    const crowd = Array.from({ length: 1_200 }, (_, i) => traceRecord(i + 1, { timeUs: 3_599_999_999 }));
    const { slices } = traced([...crowd, traceRecord(2_000, { timeUs: 3_600_000_000 })]);
    expect(slices.at(-1)!.startNs).toBeGreaterThanOrEqual(slices.at(-2)!.endNs);
  });

  test("an empty trace is valid", () => {
    expect(traced([])).toEqual({ slices: [], arrows: [], instants: [], processes: [] });
  });
});
