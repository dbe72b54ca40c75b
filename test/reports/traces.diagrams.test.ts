import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SHIVIZ_PARSER } from "#reports/traces/index.js";
import { writtenTrace } from "../support/traces.js";

function golden(name: string): string {
  return join(import.meta.dirname, "golden", name);
}

interface ShivizEvent {
  readonly host: string;
  readonly clock: Readonly<Record<string, number>>;
  readonly event: string;
}

/** As ShiViz's page reads a file: the parser, the delimiter of executions, the log. */
function readShiviz(text: string): ShivizEvent[] {
  const [parser, delimiter, ...log] = text.split("\n");
  expect(parser).toBe(SHIVIZ_PARSER);
  expect(delimiter).toBe("");
  const matches = [...log.join("\n").matchAll(new RegExp(parser!, "gm"))];
  expect(matches).toHaveLength(log.length - 1);
  return matches.map(({ groups }) => ({
    host: groups!["host"]!,
    clock: JSON.parse(groups!["clock"]!) as Record<string, number>,
    event: groups!["event"]!,
  }));
}

/** What ShiViz asks of clocks: a host counts its own events from 1, and nobody knows more of it than it has. */
function checkClocks(events: readonly ShivizEvent[]): void {
  const counts = new Map<string, number>();
  const latest = new Map<string, Readonly<Record<string, number>>>();
  for (const { host, clock } of events) {
    counts.set(host, (counts.get(host) ?? 0) + 1);
    expect(clock[host]).toBe(counts.get(host));
    for (const [other, count] of Object.entries(clock)) expect(count).toBeLessThanOrEqual(counts.get(other)!);
    for (const [other, count] of Object.entries(latest.get(host) ?? {})) {
      expect(clock[other]).toBeGreaterThanOrEqual(count);
    }
    latest.set(host, clock);
  }
}

describe("ShiViz", () => {
  test("clocks follow the messages", async () => {
    const { text } = await writtenTrace("relay", 3, "shiviz");
    await expect(text).toMatchFileSnapshot(golden("relay.shiviz"));
    const events = readShiviz(text);
    checkClocks(events);
    const arrivals = events.filter(({ event }) => event.includes(" from "));
    for (const { clock } of arrivals) expect(Object.keys(clock).toSorted()).toEqual(["a", "b"]);
  });

  test("the end of a long run, with the clocks of its own beginning", async () => {
    const events = readShiviz((await writtenTrace("raft", 42, "shiviz")).text);
    expect(events).toHaveLength(2_000);
    checkClocks(events);
  });
});

/** The lines of a sequence diagram that we write; anything else is an error. */
const MERMAID_LINES = [
  /^ {2}participant (?<id>\w+) as [^;<>]+$/,
  /^ {2}(?<from>\w+)(->>|-x)(?<to>\w+): [^;<>]+$/,
  /^ {2}Note over (?<over>\w+(,\w+)?): [^;<>]+$/,
];

function checkMermaid(text: string): void {
  const [head, ...lines] = text.trimEnd().split("\n");
  expect(head).toBe("sequenceDiagram");
  const participants = new Set<string>();
  for (const line of lines) {
    // Characters that mean something to Mermaid are written as #35; for instance.
    const groups = MERMAID_LINES.map((form) => form.exec(line.replaceAll(/#\d+;/g, "_"))?.groups).find(
      Boolean,
    );
    expect(groups, line).toBeDefined();
    const { id, from, to, over } = groups!;
    if (id !== undefined) participants.add(id);
    for (const named of [from, to, ...(over?.split(",") ?? [])]) {
      if (named !== undefined) expect(participants).toContain(named);
    }
  }
}

describe("Mermaid", () => {
  test("messages, losses, statuses and the finding", async () => {
    const { text } = await writtenTrace("relay", 3, "mmd");
    await expect(text).toMatchFileSnapshot(golden("relay.mmd"));
    checkMermaid(text);
  });

  test("of a long run the end, short enough for Mermaid", async () => {
    const { text } = await writtenTrace("raft", 42, "mmd");
    checkMermaid(text);
    expect(text).toContain("earlier ones left out");
    expect(text.length).toBeLessThan(50_000);
  });
});
