import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { TraceRecord } from "#sim/trace.js";
import { compareTraces, Pace } from "#runner/diff/index.js";
import { partingOf } from "#runner/diff/first-difference.js";
import { recordLines, traceRecord, traceText, withFiles } from "../support/traces.js";

const PACE = new Pace();

/** A few nodes that do this and that; each event has one that came before it as its cause. */
const TRACE: fc.Arbitrary<TraceRecord[]> = fc
  .array(
    fc.record({
      node: fc.constantFrom("n1", "n2", "n3", ""),
      kind: fc.constantFrom("disk/sync", "network/deliver", "clock/timer"),
      waitUs: fc.nat(2),
      cause: fc.nat(),
      isEffect: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((drawn) => {
    let [timeUs, id] = [0, 0];
    return drawn.map(({ node, kind, waitUs, cause, isEffect }, digest): TraceRecord => {
      if (isEffect && id > 0) return traceRecord(id, { type: "effect", timeUs, node, kind, digest });
      timeUs += waitUs;
      return traceRecord(++id, { timeUs, node, kind, cause: cause % id, digest });
    });
  });

test("a trace does not differ from itself", async () => {
  await fc.assert(
    fc.asyncProperty(TRACE, async (trace) => {
      const text = traceText(trace);
      await withFiles({ "a.jsonl": text, "b.jsonl": text }, async ([a, b]) => {
        const { difference, spread, outcome } = await compareTraces([a!, b!], 3, PACE);
        expect(difference).toBeUndefined();
        expect(spread).toEqual([]);
        expect(outcome).toMatchObject({ operations: [], statuses: [], faults: [[], []] });
      });
    }),
    { seed: 11, numRuns: 30 },
  );
});

test("one changed record is found, with its causes; of the nodes, its own did otherwise", async () => {
  await fc.assert(
    fc.asyncProperty(TRACE, fc.nat(), fc.nat(5), async (trace, at, context) => {
      const index = at % trace.length;
      const changed = trace.with(index, { ...trace[index]!, detail: "changed" });
      await withFiles({ "a.jsonl": traceText(trace), "b.jsonl": traceText(changed) }, async ([a, b]) => {
        const { difference, spread } = await compareTraces([a!, b!], context, PACE);
        expect(difference!.index).toBe(index);
        expect(difference!.before).toEqual(trace.slice(Math.max(0, index - context), index));
        expect(difference!.first).toEqual(trace.slice(index, index + Math.max(1, context)));
        expect(difference!.second).toEqual(changed.slice(index, index + Math.max(1, context)));
        const events = new Map(trace.slice(0, index).flatMap((r) => (r.type === "event" ? [[r.id, r]] : [])));
        const { type, id, cause, node, timeUs } = trace[index]!;
        let next = type === "effect" ? id : cause;
        for (const found of difference!.causes[0]) {
          expect(found).toEqual(events.get(next));
          next = found.cause;
        }
        expect(difference!.causes[0].length).toBe(difference!.causes[1].length);
        expect(spread.map((one) => [one.node, one.timeUs])).toEqual(node === "" ? [] : [[node, timeUs]]);
      });
    }),
    { seed: 12, numRuns: 60 },
  );
});

test("a trace that ends early differs where it ends", async () => {
  const trace = [traceRecord(1), traceRecord(2), traceRecord(3)];
  const parting = await partingOf(
    recordLines(trace).values(),
    recordLines(trace.slice(0, 2)).values(),
    3,
    PACE,
  );
  expect(parting).toEqual({ index: 2, before: trace.slice(0, 2), first: [trace[2]], second: [] });
});

test("what is no trace, and a record that was cut, are refused", async () => {
  const files = {
    "none.jsonl": "{}\n",
    "empty.jsonl": "",
    "cut.jsonl": traceText([traceRecord(1)]).slice(0, -200),
    "odd.jsonl": `${traceText([traceRecord(1)])}what?\n`,
    "good.jsonl": traceText([traceRecord(1)]),
  };
  await withFiles(files, async ([none, empty, cut, odd, good]) => {
    const compare = (path: string): Promise<unknown> => compareTraces([good!, path], 3, PACE);
    await expect(compare(none!)).rejects.toMatchObject({ code: "TRACE_FORMAT" });
    await expect(compare(empty!)).rejects.toMatchObject({ code: "TRACE_FORMAT" });
    await expect(compare(cut!)).rejects.toMatchObject({ code: "TRACE_FORMAT" });
    await expect(compare(odd!)).rejects.toThrow("odd.jsonl:4");
    await expect(compare(`${good}.nowhere`)).rejects.toThrow("ENOENT");
  });
});

test("a long comparison ends once it is aborted", async () => {
  const text = traceText(Array.from({ length: 50_000 }, (_, i) => traceRecord(i + 1)));
  await withFiles({ "a.jsonl": text }, async ([a]) => {
    const compared = compareTraces([a!, a!], 3, new Pace(AbortSignal.abort("enough")));
    await expect(compared).rejects.toBe("enough");
  });
});
