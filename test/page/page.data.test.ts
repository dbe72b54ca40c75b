// What a page embeds: whole, small, and harmless whatever a run says.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { idleWords } from "#reports/page/client/layout.js";
import { lastEffectUs, linearizationPoints } from "#reports/page/client/points.js";
import { Run } from "#reports/page/client/run.js";
import { timelineOf } from "#reports/page/client/timeline.js";
import { pageHtml, writePage } from "#reports/page/index.js";
import { legendHtml } from "#reports/page/legend.js";
import { pageJson } from "#reports/page/page-data.js";
import { apply, difference } from "#reports/page/shared/difference.js";
import { isAlarming } from "#reports/page/shared/marks.js";
import { LOST, type PageData } from "#reports/page/shared/model.js";
import type { Recording } from "#reports/recording/index.js";
import { HOSTILE, recordFailure } from "./stale-reads.js";

const ABOUT = {
  command: `seedstorm replay "${HOSTILE}"`,
  version: "1.2.3",
  story: ["so it was", undefined, HOSTILE],
};

function embedded(html: string): PageData {
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!;
  return JSON.parse(json) as PageData;
}

describe("the data of a page", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordFailure();
  });

  it("holds every event and message, and each fault with the messages that it struck", () => {
    const { data } = pageJson(recording, 1_000_000);
    const events = recording.records.filter(({ type }) => type === "event");
    expect(data.events.map(([id]) => id)).toEqual(events.map(({ id }) => id));
    const lost = data.messages.filter((row) => row[7] === LOST);
    expect(lost).toHaveLength(
      recording.records.filter(({ message }) => message?.lostTo !== undefined).length,
    );
    for (const row of lost) {
      const [from, to] = [data.lanes[row[0]]!.name, data.lanes[row[1]]!.name];
      const by = data.faults[row[10] as number];
      expect(by?.id).toBe(data.words[row[8]]);
      if (by?.kind === "message-loss") expect(by.target).toContain(`${from} -> ${to}`);
    }
    expect(data.focus.timeUs).toBe(recording.findings[0]!.timeUs);
  });

  it("has a node's downtime between its lives, and partitions with their sides", () => {
    const { data } = pageJson(recording, 1_000_000);
    const crash = recording.faults.find(({ kind, state }) => kind === "crash" && state !== "refused")!;
    const down = data.spans.find(
      ([kind, , , , , fault]) => kind === "down" && data.faults[fault]?.id === crash.id,
    )!;
    expect(data.lanes[down[1]]!.name).toBe(crash.node);
    expect(down[2]).toBe(crash.timeUs);
    const partition = data.partitions[0]!;
    const [alone, rest] = partition.text.split(" | ");
    const sideOf = (name: string): string =>
      partition.sides[data.lanes.findIndex((lane) => lane.name === name)]!;
    expect(sideOf(alone!)).toBe("A");
    expect(rest!.split(" ").map(sideOf)).toEqual(["B", "B"]);
    expect(partition.untilUs).toBeGreaterThan(partition.fromUs);
  });

  it("puts linearization points inside their intervals, in their order", () => {
    const { data } = pageJson(recording, 1_000_000);
    const points = linearizationPoints(data);
    const order = data.violation!.linearized.map((id) => data.operations.find((each) => each.id === id)!);
    expect(points.size).toBe(order.length);
    order.forEach((operation, i) => {
      const at = points.get(operation.id)!;
      expect(at).toBeGreaterThanOrEqual(operation.invoked.timeUs);
      expect(at).toBeLessThanOrEqual(lastEffectUs(operation, data.endUs));
      if (i > 0) expect(at).toBeGreaterThanOrEqual(points.get(order[i - 1]!.id)!);
    });
  });

  it("is windowed around the failure where all of it would be too much, and says so", () => {
    const { json, data } = pageJson(recording, 40_000);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(40_000);
    expect(data.events.length).toBeLessThan(recording.events);
    const wrong = recording.operations.find(({ id }) => id === recording.violation!.operations[0])!;
    expect(data.fromUs).toBeLessThanOrEqual(wrong.ended!.timeUs);
    expect(data.untilUs).toBeGreaterThanOrEqual(wrong.ended!.timeUs);
  });

  it("keeps a run of 40,000 records with large payloads under 2 MB", () => {
    const sample = recording.records.find(({ type, message }) => type === "event" && message !== undefined);
    const records = Array.from({ length: 40_000 }, (_, i) => {
      const value = { kind: "put", call: i, value: `${i} `.repeat(100) };
      return {
        ...sample!,
        id: 1_000_000 + i,
        timeUs: i * 10,
        message: { ...sample!.message!, sentIn: 999_999 + i, value },
      };
    });
    const end = records.at(-1)!;
    const finding = { ...recording.findings[0]!, timeUs: end.timeUs, eventId: end.id };
    const large = {
      ...recording,
      records,
      simTimeUs: end.timeUs,
      findings: [finding],
      operations: [],
      violation: undefined,
    };
    const html = pageHtml(large, ABOUT);
    expect(Buffer.byteLength(html)).toBeLessThan(2_000_000);
    expect(html).toContain("too long for one page");
    const data = embedded(html);
    expect(data.untilUs).toBe(end.timeUs);
    expect(data.events.length).toBeGreaterThan(1_000);
  });

  it("stays text whatever a run says, and is the same for the same run", () => {
    const html = pageHtml(recording, ABOUT);
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    expect(html).not.toContain("<img");
    expect(embedded(html).words).toContain(`holds ${HOSTILE}`);
    expect(html).not.toMatch(/https?:/);
    expect(pageHtml(recording, ABOUT)).toBe(html);
  });

  it("keeps a run of 40,000 operations and as many faults under 2 MB, and says what is left out", () => {
    const [wrong] = recording.violation!.operations;
    const operations = Array.from({ length: 40_000 }, (_, i) => {
      const operation = recording.operations[i % recording.operations.length]!;
      return { ...operation, id: i === 7 ? wrong! : 100_000 + i };
    });
    const faults = Array.from({ length: 40_000 }, (_, i) => ({
      ...recording.faults[0]!,
      id: `crash@n1:${i}`,
    }));
    const linearized = operations.slice(8).map(({ id }) => id);
    const violation = { ...recording.violation!, operations: [wrong!], linearized };
    const html = pageHtml({ ...recording, operations, faults, violation }, ABOUT);
    expect(Buffer.byteLength(html)).toBeLessThan(2_000_000);
    expect(html).toMatch(/with [\d,]+ of 40,000 operations and [\d,]+ of 40,000 faults\./);
    const data = embedded(html);
    expect(data.operations.map(({ id }) => id)).toContain(wrong);
    expect(data.violation!.skipped + data.violation!.linearized.length).toBe(linearized.length);
    expect(data.violation!.linearized.at(-1)).toBe(linearized.at(-1));
  });

  it("has lanes of servers, then of the client with the wrong answer, and knows who did nothing", () => {
    const { data } = pageJson(recording, 1_000_000);
    expect(data.lanes).toEqual([
      ...["n1", "n2", "n3"].map((name) => ({ name, isClient: false, isIdle: false })),
      { name: "c2", isClient: true, isIdle: false },
      { name: "c1", isClient: true, isIdle: false },
      { name: "c3", isClient: true, isIdle: true },
    ]);
    expect(idleWords(data.lanes)).toBe("c3 did nothing");
    const idle = ["a", "b", "c", "d", "e"].map((name) => ({ name, isClient: true, isIdle: name !== "d" }));
    expect(idleWords(idle)).toBe("a to c and e did nothing");
  });

  it("shows payloads as the scenario reads them, else as they are", () => {
    const { data } = pageJson(recording, 1_000_000);
    const payloads = new Set(data.messages.map((row) => data.words[row[9]]!));
    expect(payloads).toContain('{"kind":"put","about":"k0"}');
    expect([...payloads].some((text) => text.startsWith('{"kind":"copy","call":0,"key":"k0"'))).toBe(true);
  });

  it("has states of each life apart", () => {
    const { data } = pageJson(recording, 1_000_000);
    const again = recording.states.find(({ incarnation }) => incarnation === 2)!;
    const lane = data.lanes.findIndex(({ name }) => name === again.node);
    const run = new Run(data);
    const lives = new Set(run.events.filter((event) => event.lane === lane).map((each) => each.incarnation));
    expect(lives.size).toBeGreaterThan(1);
    for (const event of run.events) {
      for (const state of run.stateAt(event)) {
        if (state !== undefined) expect(state.incarnation).toBe(event.incarnation);
      }
    }
    const boot = run.events.find(
      (each) => each.lane === lane && each.kind === "process/boot" && each.incarnation === 2,
    )!;
    expect(run.stateAt({ ...boot, index: boot.index - 1, incarnation: 2 })).toEqual([undefined, undefined]);
  });

  it("shows nothing as wrong in a run that held, and where the end of a long one is", () => {
    const held = { ...recording, verdict: "pass" as const, findings: [] };
    const html = pageHtml(held, ABOUT);
    expect(embedded(html).violation).toBeUndefined();
    expect(html.slice(0, html.indexOf("</header>"))).not.toContain("data-operation");
    const records = Array.from({ length: 40_000 }, (_, i) => ({ ...held.records[0]!, id: i, timeUs: i }));
    expect(pageHtml({ ...held, records }, ABOUT)).toMatch(/This one shows it .* around its end/);
  });

  it("jumps from what was judged after the run to the answer that can't be right", () => {
    const [wrong] = recording.violation!.operations;
    expect(pageHtml(recording, ABOUT)).toContain(`data-operation="${wrong}">show it`);
    const run = new Run(pageJson(recording, 1_000_000).data);
    const entry = timelineOf(run).find(({ what }) => what.startsWith("✗ stale-reads/linearizability"));
    expect(entry?.thing).toMatchObject({ type: "operation", operation: { id: wrong } });
  });

  it("folds findings of one rule into one, and long messages into their first lines", () => {
    const [finding] = recording.findings;
    const again = { ...finding!, message: `again\n${"y".repeat(9_000)}` };
    const html = pageHtml({ ...recording, findings: [finding!, again, again] }, ABOUT);
    const header = html.slice(0, html.indexOf("</header>"));
    expect(header.match(/class="message"/g)).toHaveLength(1);
    expect(header).toContain("and 2 more like it");
    expect(header.slice(0, header.indexOf("<details"))).not.toContain("_".repeat(301));
    expect(header).toContain("<summary>the whole message</summary>");
    expect(header).toContain("the fourth line</pre>");
  });

  it("lets no name turn round how others are read, or fill the page", () => {
    const scenario = `\u202e${"long ".repeat(100)}`;
    const html = pageHtml({ ...recording, scenario }, { ...ABOUT, command: "a \u202e b" });
    const header = html.slice(0, html.indexOf("</header>"));
    expect(header).toContain("\\u202elong long");
    expect(header.replace(/data-copy="[^"]*"/, "")).not.toContain("\u202e");
    expect(header).not.toContain("long ".repeat(30));
  });

  it("explains only signs that the diagram of this run has", () => {
    const { data } = pageJson(recording, 1_000_000);
    expect(legendHtml(data)).toContain("crash or power loss");
    expect(legendHtml(data)).toContain("what the scenario did");
    expect(legendHtml(data)).not.toContain("pause");
    expect(legendHtml({ ...data, faults: [], messages: [], partitions: [], told: [] })).not.toMatch(
      /crash|partition|scenario/,
    );
  });

  it("takes only deaths by faults and pauses for alarming", () => {
    const spans = [
      ["down", "crash"],
      ["down", "power-loss"],
      ["pause", "40 us"],
      ["down", "ended"],
      ["status", "x"],
    ];
    expect(spans.map(([kind, text]) => isAlarming(kind!, text!))).toEqual([true, true, true, false, false]);
  });

  it("tells why it could not be written", () => {
    expect(() => writePage("/dev/null/page.html", recording, ABOUT)).toThrow(/ENOTDIR/);
  });
});

describe("differences", () => {
  it("bring a value back", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(json, json, (before, after) => {
        const change = JSON.parse(JSON.stringify(difference(before, after))) as unknown[];
        expect(apply(before, change)).toEqual(JSON.parse(JSON.stringify(after)));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("are small where little has changed", () => {
    const log = Array.from({ length: 30 }, (_, i) => ({ index: i, term: 1 }));
    const before = { role: "follower", term: 1, log };
    const after = { ...before, term: 2, log: [...log, { index: 30, term: 2 }] };
    expect(JSON.stringify(difference(before, after)).length).toBeLessThan(100);
    expect(apply(before, difference(before, after))).toEqual(after);
  });
});
