/** The language of conditions: what it takes, what it refuses, and what matches. */
import { describe, expect, test } from "vitest";
import type { TraceRecord } from "#sim/trace.js";
import { UsageError } from "#runner/errors.js";
import { AnyMatcher, parseCondition } from "#runner/travel/condition.js";
import type { Note, Step } from "#runner/travel/step.js";

function step(event: Partial<TraceRecord>, notes: readonly Note[] = [], previousUs = 0): Step {
  const record: TraceRecord = {
    type: "event",
    timeUs: 1_000,
    id: 7,
    cause: 3,
    node: "n1",
    incarnation: 1,
    kind: "network/deliver",
    sizeBytes: 0,
    detail: "",
    digest: 0,
    ...event,
  };
  return { position: 5, previousUs, event: record, effects: [], notes };
}

const BECAME: Note = {
  type: "observed",
  node: "n1",
  kind: "raft/role-changed",
  told: "becomes leader of term 3",
  status: "leader, term 3",
  became: "leader",
};
const CRASH: Note = { type: "fault", node: "n1", id: "crash@n1:0.1.0", kind: "crash", target: "call 4" };

function matches(text: string, at: Step): boolean {
  return parseCondition("break", text).matcher().matches(at, undefined);
}

describe("matches", () => {
  test.each<[text: string, at: Step]>([
    ["7", step({})],
    ["#7", step({})],
    ["1ms", step({}, [], 999)],
    ["0.5ms", step({}, [], 499)],
    ["network/deliver", step({})],
    ["network/*", step({})],
    ["n1", step({})],
    ["n1:network/deliver", step({})],
    ["raft/leader", step({}, [BECAME])],
    ["leader", step({}, [BECAME])],
    ["n1:leader", step({}, [BECAME])],
    ["n1 becomes leader", step({}, [BECAME])],
    ["raft/role-changed", step({}, [BECAME])],
    ["crash", step({}, [CRASH])],
    ["fault", step({}, [CRASH])],
    ["n1:fault", step({}, [CRASH])],
    ["crash@n1:0.1.0", step({}, [CRASH])],
    ["raft/backtracked", step({}, [{ type: "reached", node: "n1", mark: "raft/backtracked" }])],
    ["wal/lost", step({}, [{ type: "found", node: "n1", invariant: "wal/lost", message: "" }])],
    ["c1:asked", step({}, [{ type: "asked", node: "c1", operation: 0, text: "get k" }])],
    ["raft", step({ message: { from: "n2", to: "n1", type: "raft", value: 1, sentIn: 2 } })],
  ])("%s", (text, at) => expect(matches(text, at)).toBe(true));
});

describe("does not match", () => {
  test.each<[text: string, at: Step]>([
    ["8", step({})],
    ["1ms", step({}, [], 1_000)],
    ["2ms", step({}, [], 999)],
    ["network/deliver", step({ kind: "network/delivered" })],
    ["network/deliv", step({})],
    ["n2", step({})],
    ["n2:network/deliver", step({})],
    ["leader", step({}, [{ ...BECAME, became: undefined }])],
    ["n2:leader", step({}, [BECAME])],
    ["crash@n1:0.1.1", step({}, [CRASH])],
    ["wal/leader", step({}, [BECAME])],
  ])("%s", (text, at) => expect(matches(text, at)).toBe(false));
});

test.each(["", " ", "!!", "1.5parsecs", "n1:", ":leader", "n1.", "n1.term=", "=3", "a b", "raft/", "1.5.s"])(
  "%j is refused in one line",
  (text) => {
    let line = "";
    try {
      parseCondition("--break", text);
    } catch (error) {
      line = (error as UsageError).line;
    }
    expect(line).toMatch(/^--break: expected .*, found .*; .+$/);
  },
);

test("a state's condition needs the run, a name does not", () => {
  expect(parseCondition("break", "n1.term").needsRun).toBe(true);
  expect(parseCondition("break", "n1.last.index>=4")).toMatchObject({ needsRun: true, node: "n1" });
  expect(parseCondition("break", "raft/leader").needsRun).toBe(false);
});

test("of several, those that hit are told", () => {
  const conditions = ["crash", "leader", "n1"].map((text) => parseCondition("break", text));
  const matcher = new AnyMatcher(conditions);
  expect(matcher.matches(step({}, [CRASH]), undefined)).toBe(true);
  expect(matcher.hits.map(({ text }) => text)).toEqual(["crash", "n1"]);
  expect(matcher.matches(step({ node: "n2" }), undefined)).toBe(false);
});
