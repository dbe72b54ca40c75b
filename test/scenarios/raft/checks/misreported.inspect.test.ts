/** What a server says of itself against what it was observed to do. */
import type { Entry } from "#engines/raft/types.js";
import type { InspectedRaft } from "#scenarios/raft/checks/index.js";
import { expect, test } from "vitest";
import { ABC, ORIGIN, Tape, entry } from "./tape.js";

const TRUE: InspectedRaft = {
  role: "leader",
  term: 1,
  vote: "a",
  commit: 1,
  applied: 1,
  digest: 1_001,
  base: ORIGIN,
  log: [entry(1, 1), entry(2, 1, "x")],
  configuration: ABC,
  isRepairing: false,
};

function inspect(said: Partial<InspectedRaft>): string[] {
  const tape = Tape.begun().append("a", entry(2, 1, "x"));
  tape.misreported.inspect(tape.model.serverOf("a"), { ...TRUE, ...said });
  return tape.invariants;
}

const without = (entries: readonly Entry[]): Partial<InspectedRaft> => ({ log: entries });

test("the truth is silent", () => {
  expect(inspect({})).toEqual([]);
});

test.each<[string, Partial<InspectedRaft>]>([
  ["role", { role: "follower" }],
  ["term", { term: 2 }],
  ["vote", { vote: undefined }],
  ["commit index", { commit: 2 }],
  ["applied index", { applied: 0 }],
  ["digest", { digest: 0 }],
  ["configuration", { configuration: { ...ABC, voters: ["a", "b"] } }],
  ["repair", { isRepairing: true }],
  ["the end of the log", without([entry(1, 1)])],
  ["the beginning of the log", { base: { index: 1, term: 1 }, log: [entry(2, 1, "x")] }],
  ["an entry's bytes", without([entry(1, 1), entry(2, 1, "y")])],
  ["an entry's term", without([entry(1, 1), entry(2, 2, "x")])],
])("%s", (_what, said) => {
  expect(inspect(said)).toEqual(["raft/misreported"]);
});

test("a committed entry that is not the cluster's", () => {
  const tape = Tape.begun().append("a", entry(2, 1, "x"));
  const server = tape.model.serverOf("a");
  server.commit = 2;
  tape.misreported.inspect(server, { ...TRUE, commit: 2 });
  expect(tape.invariants).toEqual(["raft/committed-immutable"]);
});
