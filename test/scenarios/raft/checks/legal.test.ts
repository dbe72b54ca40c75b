/** What correct servers do, rare things included: nothing is reported. */
import { makeConfiguration } from "#engines/raft/configuration.js";
import { expect, test } from "vitest";
import { ABC, Tape, configurationEntry, entry } from "./tape.js";

test("election, replication, a deposed leader whose entries give way", () => {
  const tape = Tape.begun();
  // `a` is cut off and goes on appending, also durably.
  tape.append("a", entry(2, 1, "x"), entry(3, 1, "y")).persist("a");
  tape.term("c", 1).append("c", entry(1, 1)).persist("c");
  tape.elect("b", 2, ["b", "c"]).replicate("b", ["c"], entry(2, 2)).commit("b", 2).apply("b").apply("b");
  tape.follow("a", 2).truncate("a", 2).append("a", entry(2, 2)).persist("a").commit("a", 2).apply("a");
  expect(tape.found).toEqual([]);
  expect(tape.model.stats).toMatchObject({ elections: 2, commits: 2, truncated: 2, campaigns: 2 });
  expect(tape.model.leader()?.name).toBe("b");
});

test("a crash takes what was not durable, and a cut that was not durable may come back", () => {
  const tape = Tape.begun();
  tape
    .append("a", entry(2, 1, "x"))
    .append("b", entry(2, 1, "x"))
    .persist("b");
  tape.term("c", 1).append("c", entry(1, 1)).persist("c").term("c", 2, "c").persist("c");
  tape
    .boot("a", { term: 1, vote: "a", entries: [entry(1, 1)] })
    .vote("c", 2, ["a"])
    .lead("c", 2);
  tape.append("c", entry(2, 2)).persist("c");
  tape.term("b", 2).truncate("b", 2).append("b", entry(2, 2));
  tape.boot("b", { term: 2, vote: undefined, entries: [entry(1, 1), entry(2, 1, "x")] });
  tape.truncate("b", 2).append("b", entry(2, 2));
  tape.boot("b", { term: 2, entries: [entry(1, 1), entry(2, 2)] });
  expect(tape.found).toEqual([]);
});

test("a write that was under way when its entries were cut is no promise", () => {
  const tape = Tape.begun();
  tape.append("a", entry(2, 1, "x")).append("b", entry(2, 1, "x"));
  tape.term("c", 1).append("c", entry(1, 1)).persist("c").term("c", 2, "c").persist("c");
  tape
    .boot("a", { term: 1, vote: "a", entries: [entry(1, 1)] })
    .vote("c", 2, ["a"])
    .lead("c", 2);
  tape.append("c", entry(2, 2)).persist("c").term("b", 2).truncate("b", 2).append("b", entry(2, 2));
  // The first write ends only now, and the second one is durable too when the power goes.
  tape.tell("b", { kind: "raft/persisted", last: { index: 2, term: 1 }, term: 1, vote: "a" });
  tape.boot("b", { term: 2, entries: [entry(1, 1), entry(2, 2)] });
  expect(tape.found).toEqual([]);
});

test("snapshots: taken, compacted, installed over nothing and over a log that conflicts", () => {
  const tape = Tape.begun();
  tape
    .replicate("a", ["b"], entry(2, 1, "x"))
    .commit("a", 2)
    .apply("a");
  const position = { index: 2, term: 1 };
  tape.tell("a", { kind: "raft/snapshot-taken", position, digest: 2_001 });
  tape.tell("a", { kind: "raft/compacted", base: position });
  tape.term("c", 1).tell("c", { kind: "raft/snapshot-installed", position, digest: 2_001, keepsLog: false });
  tape.tell("c", { kind: "raft/configured", index: 2, configuration: ABC }).persist("c");
  tape.boot("c", { term: 1, base: position, snapshot: position });
  tape
    .replicate("a", ["c"], entry(3, 1, "y"))
    .commit("a", 3)
    .apply("a")
    .commit("c", 3)
    .apply("c");
  tape.elect("c", 2, ["c", "b"]);
  expect(tape.found).toEqual([]);
  expect(tape.model.stats).toMatchObject({ snapshotsTaken: 1, snapshotsInstalled: 1 });
});

test("a snapshot that was saved just before a crash takes the place of a log that conflicts", () => {
  const tape = Tape.begun();
  tape
    .append("a", entry(2, 1, "x"), entry(3, 1, "y"))
    .persist("a")
    .term("c", 1);
  tape.append("c", entry(1, 1)).persist("c");
  tape.elect("b", 2, ["b", "c"]).replicate("b", ["c"], entry(2, 2)).commit("b", 2);
  tape.boot("a", { term: 2, base: { index: 2, term: 2 }, snapshot: { index: 2, term: 2 } });
  expect(tape.found).toEqual([]);
});

test("members change by a joint configuration, and a change is rolled back", () => {
  const tape = Tape.begun();
  const joint = makeConfiguration(["b", "c", "d"], [], ["a", "b", "c"]);
  const next = makeConfiguration(["b", "c", "d"]);
  tape.boot("d", { configuration: makeConfiguration([]) }).term("d", 1);
  tape.append("a", configurationEntry(2, 1, joint));
  tape.tell("a", { kind: "raft/configured", index: 2, configuration: joint }).persist("a");
  tape.term("c", 1).append("c", entry(1, 1)).persist("c");
  // Nobody else has it: another leader's entry takes its place, and the one before is in force again.
  tape.elect("b", 2, ["b", "c"]).replicate("b", ["c"], entry(2, 2)).commit("b", 2);
  tape.follow("a", 2).truncate("a", 2);
  tape.tell("a", { kind: "raft/configured", index: 0, configuration: ABC });
  tape.append("a", entry(2, 2)).persist("a");
  tape.append("b", configurationEntry(3, 2, joint)).persist("b");
  tape.append("d", entry(1, 1), entry(2, 2), configurationEntry(3, 2, joint)).persist("d");
  tape
    .append("a", configurationEntry(3, 2, joint))
    .persist("a")
    .commit("b", 3);
  tape.append("b", configurationEntry(4, 2, next)).persist("b");
  tape
    .append("d", configurationEntry(4, 2, next))
    .persist("d")
    .commit("b", 4);
  expect(tape.found).toEqual([]);
  expect(tape.model.committedConfiguration).toEqual(next);
  expect(tape.model.server("d")?.configuration).toEqual(next);
});

test("a damaged server is repaired, its vote of that term spent", () => {
  const tape = Tape.begun();
  tape.replicate("a", ["b"], entry(2, 1, "x")).commit("a", 2);
  tape.tell("b", { kind: "raft/damaged", reason: "rot" }).boot("b", { isRepairing: true });
  tape
    .term("b", 1)
    .append("b", entry(1, 1), entry(2, 1, "x"))
    .term("b", 1, "b")
    .persist("b");
  tape.tell("b", { kind: "raft/repaired", term: 1, last: { index: 2, term: 1 } }).persist("b");
  tape.boot("b", { term: 1, vote: "b", entries: [entry(1, 1), entry(2, 1, "x")] });
  tape.elect("b", 2, ["b", "c"]);
  expect(tape.found).toEqual([]);
  expect(tape.model.stats).toMatchObject({ damages: 1, repairs: 1 });
});

test("what a server acknowledged before it was damaged still counts for a leader that does not know", () => {
  const tape = Tape.begun();
  tape
    .append("a", entry(2, 1, "x"))
    .append("b", entry(2, 1, "x"))
    .persist("b");
  tape.boot("b", { isRepairing: true }).persist("a").commit("a", 2);
  expect(tape.found).toEqual([]);
});

test("a leader of an older term may lack what was committed since", () => {
  const tape = Tape.begun();
  tape.term("c", 1).append("c", entry(1, 1)).persist("c");
  tape.vote("c", 2, ["c"]).vote("c", 2, ["b"]).elect("b", 3, ["b", "a"]);
  tape.append("b", entry(2, 3)).persist("b").append("a", entry(2, 3)).persist("a").commit("b", 2);
  // The votes for `c` arrive late: it leads in term 2, and hears of term 3 only later.
  tape.lead("c", 2).append("c", entry(2, 2));
  expect(tape.found).toEqual([]);
});
