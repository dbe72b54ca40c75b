// Lanes beside the nodes: what a scenario draws is recorded, kept small, and put on the page.
import { beforeAll, describe, expect, it } from "vitest";
import { Run } from "#reports/page/client/run.js";
import { itemAt, itemsOf, openGroups, trackAt } from "#reports/page/client/tracks.js";
import { pageHtml } from "#reports/page/index.js";
import { tracksLegendHtml } from "#reports/page/legend.js";
import { pageJson, partJson } from "#reports/page/page-data.js";
import { Recorder, type Recording } from "#reports/recording/index.js";
import { nodeHost } from "#runner/host.js";
import { runSeed } from "#sim/run-seed.js";
import type { Scenario } from "#sim/scenario.js";
import type { TrackPen, TrackWatch } from "#sim/tracks.js";
import { HOSTILE, recordFailure } from "./stale-reads.js";

const ABOUT = { command: "seedstorm replay x", version: "1.2.3" };
const OWNER = { group: "g", name: "owner" };
const LAG = { name: "lag" };

/** Sleeps 10 times for 100 us; `tracks` is told of each. */
function napping(tracks: (pen: TrackPen) => TrackWatch): Scenario {
  return {
    name: "napping",
    summary: "a node that naps",
    parameters: {},
    faults: {},
    mustReach: [],
    coverageSeeds: 1,
    narration: { tracks },
    drive: ({ world }) =>
      world.boot(world.addNode("n1"), async (env) => {
        for (let nap = 0; nap < 10; nap++) {
          env.observe({ kind: "nap", nap } as { kind: string });
          await env.clock.sleep(100);
        }
      }).exited as Promise<unknown> as Promise<void>,
  };
}

function napOf(event: { readonly kind: string }): number {
  return (event as unknown as { readonly nap: number }).nap;
}

async function record(
  tracks: (pen: TrackPen) => TrackWatch,
  options: { readonly tracks?: boolean; readonly maxRecords?: number } = { tracks: true },
): Promise<Recording> {
  const scenario = napping(tracks);
  const recorder = new Recorder(scenario, options);
  const { onRun, sink: traceSink } = recorder;
  return recorder.finish(await runSeed(scenario, { seed: 1, host: nodeHost(), onRun, traceSink }));
}

describe("a recording's tracks", () => {
  it("say only what is new, and no number that JSON does not know", async () => {
    const { tracks } = await record((pen) => (event, node) => {
      const nap = napOf(event);
      pen.span({ ...OWNER, node }, { text: nap < 4 ? "a" : "b", colour: node });
      pen.level(OWNER, LAG, nap % 5 === 0 ? Number.NaN : 7);
      if (nap === 9) pen.span(OWNER, undefined);
    });
    expect(tracks.names).toEqual([{ ...OWNER, node: "n1" }]);
    const texts = tracks.changes.map((each) =>
      each.kind === "span" ? each.span?.text : each.kind === "level" ? each.value : each.text,
    );
    // Nap 0, 1, 4, 5, 6 and 9.
    expect(texts).toEqual(["a", undefined, 7, "b", undefined, 7, undefined]);
    const [first] = tracks.changes;
    expect(tracks.changes.map(({ timeUs }) => (timeUs - first!.timeUs) / 100)).toEqual([0, 0, 1, 4, 5, 6, 9]);
  });

  it("cost nothing and change nothing where nobody asks for them", async () => {
    let calls = 0;
    const draw = (pen: TrackPen) => {
      calls++;
      return () => pen.mark(OWNER, "nap");
    };
    const without = await record(draw, {});
    expect(calls).toBe(0);
    expect(without.tracks).toEqual({ names: [], changes: [] });
    const { traceHash, tracks } = await record(draw);
    expect(tracks.changes).toHaveLength(10);
    expect(traceHash).toBe(without.traceHash);
    expect(pageHtml(without, ABOUT)).not.toContain('id="tracks"');
  });

  it("that fail let the run be, and say why", async () => {
    for (const fails of ["at once", "later"]) {
      const { verdict, tracks } = await record((pen) => {
        if (fails === "at once") throw new Error("it can't draw");
        return (event) => {
          if (napOf(event) === 3) throw new Error("it can't draw");
          pen.mark(OWNER, "nap");
        };
      });
      expect(verdict).toBe("pass");
      expect(tracks.changes).toHaveLength(fails === "later" ? 4 : 1);
      expect(tracks.changes.at(-1)).toMatchObject({
        kind: "mark",
        text: expect.stringContaining("it can't draw") as string,
        isBad: true,
      });
    }
  });

  it("of a long run are kept from where its records are, with what held then", async () => {
    const draw = (pen: TrackPen): TrackWatch => {
      return (event) => {
        const nap = napOf(event);
        if (nap === 1) pen.span(OWNER, { text: "a" });
        pen.level(OWNER, LAG, nap);
        pen.mark(OWNER, `nap ${nap}`);
      };
    };
    const { tracks, windowFromUs } = await record(draw, { tracks: true, maxRecords: 5 });
    const before = tracks.changes.filter(({ timeUs }) => timeUs < windowFromUs);
    expect(before.map(({ kind }) => kind)).toEqual(["span", "level"]);
    expect(tracks.changes.length).toBeGreaterThan(before.length);
  });
});

describe("the tracks of a page", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordFailure();
  });

  it("begin with the groups that come first, whenever they were drawn", async () => {
    const late = await record((pen) => (event) => {
      pen.mark({ group: "a", name: "x" }, "nap");
      if (napOf(event) === 5) pen.mark({ group: "b", name: "x", isFirst: true }, "nap");
      if (napOf(event) === 6) pen.mark({ group: "c", name: "x", isFirst: true }, "nap");
    });
    const { data } = pageJson(late, 1_000_000);
    expect(data.tracks.map(({ group }) => group)).toEqual(["b", "c", "a"]);
  });

  it("have what is drawn, group by group, with a colour for each word", () => {
    const { data } = pageJson(recording, 1_000_000);
    expect(data.tracks.map(({ group }) => group)).toEqual(
      ["k0", "k1"].flatMap((key) => [key, key, key, key]),
    );
    expect(data.tracks.filter((_, i) => i % 4 === 0).map(({ name }) => name)).toEqual(["latest", "latest"]);
    for (const { name, lane } of data.tracks) {
      expect(data.lanes[lane]?.name).toBe(name === "latest" ? undefined : name);
    }
    const colours = data.colours.map((word) => data.words[word]!);
    expect(colours).toContain("w10");
    expect(colours).toEqual(colours.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
    for (const { spans } of data.tracks) {
      for (const [fromUs, untilUs, text, colour] of spans) {
        expect(untilUs).toBeGreaterThan(fromUs);
        expect(data.words[text]).toBe(`write ${colours[colour]!.slice(1)}`);
      }
    }
    const copied = data.tracks.find(({ name }) => name === "n2")!.lines[0]!;
    const values = copied.points.map(([, value]) => value);
    expect(copied).toMatchObject({ name: "writes", isFilled: true });
    expect(values.length).toBeGreaterThan(1);
    expect(values).toEqual([...new Set(values)]);
  });

  it("know what held before the part of a run that a page has", () => {
    const whole = new Run(partJson(recording, 1).data);
    const part = new Run(partJson(recording, 0.3).data);
    const { fromUs, untilUs } = part.data;
    expect(fromUs).toBeGreaterThan(0);
    for (const timeUs of [fromUs, (fromUs + untilUs) / 2, untilUs]) {
      expect(part.tracks.map((track) => trackAt(track, timeUs))).toEqual(
        whole.tracks.map((track) => trackAt(track, timeUs)),
      );
    }
    const none = partJson(recording, 0).data.tracks;
    expect(none.every(({ spans, marks }) => spans.length <= 1 && marks.length === 0)).toBe(true);
  });

  it("are so many and so long only that the page stays under 2 MB, and it says how many", () => {
    const names = Array.from({ length: 3_000 }, (_, i) => ({
      group: `g${i % 7}`,
      name: `${i}x`.repeat(400),
    }));
    const moment = { eventId: recording.records.at(-1)!.id };
    const changes = Array.from({ length: 60_000 }, (_, i) => ({
      ...moment,
      timeUs: Math.floor((recording.simTimeUs * i) / 60_000),
      track: i % names.length,
      kind: "span" as const,
      span: { text: `span ${i} `.repeat(60), colour: `c${i}` },
    }));
    const html = pageHtml({ ...recording, tracks: { names, changes } }, ABOUT);
    expect(Buffer.byteLength(html)).toBeLessThan(2_000_000);
    expect(html).toContain("and 150 of 3,000 tracks.");
  });

  it("stay text whatever they say, in the legend too", () => {
    const tracks = {
      names: [{ group: HOSTILE, name: HOSTILE }],
      changes: [
        { timeUs: 1, eventId: 1, track: 0, kind: "span" as const, span: { text: "s", colour: HOSTILE } },
        { timeUs: 1, eventId: 1, track: 0, kind: "level" as const, line: { name: HOSTILE }, value: 1 },
      ],
    };
    const html = pageHtml({ ...recording, tracks }, ABOUT);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html).not.toContain("<img");
    const legend = tracksLegendHtml(pageJson({ ...recording, tracks }, 1_000_000).data);
    expect(legend.match(/class="chip/g)).toHaveLength(3);
  });

  it("are found by time, and opened where what broke names them", () => {
    const run = new Run(pageJson(recording, 1_000_000).data);
    const [latest] = run.tracks;
    const { spans } = latest!;
    expect(itemAt(spans, spans[0]!.fromUs - 1)).toBeUndefined();
    spans.forEach((span) => {
      expect(itemAt(spans, span.fromUs)).toBe(span);
      expect(itemAt(spans, span.untilUs - 1)).toBe(span);
    });
    const times = itemsOf(run.tracks).map(({ fromUs }) => fromUs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const wrong = run.operations.find(({ id }) => run.wrong.has(id))!;
    expect([...openGroups(run)]).toEqual([wrong.key]);
    const findings = [{ ...recording.findings[0]!, message: "k10 k0, nothing else" }];
    const named = { ...recording, findings, violation: undefined };
    expect([...openGroups(new Run(pageJson(named, 1_000_000).data))]).toEqual(["k0"]);
    const unnamed = { ...named, findings: [] };
    expect([...openGroups(new Run(pageJson(unnamed, 1_000_000).data))]).toEqual(["k0", "k1"]);
  });
});
