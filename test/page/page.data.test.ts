// What a page embeds: whole, small, and harmless whatever a run says.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { lastEffectUs, linearizationPoints } from "#reports/page/client/points.js";
import { pageHtml, writePage } from "#reports/page/index.js";
import { pageJson } from "#reports/page/page-data.js";
import { apply, difference } from "#reports/page/shared/difference.js";
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
    const { json, data } = pageJson(recording, 14_000);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(14_000);
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
