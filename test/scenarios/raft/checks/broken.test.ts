/** For each rule, the least that breaks it: the check of that rule fires, and no other. */
import { makeConfiguration } from "#engines/raft/configuration.js";
import { expect, test } from "vitest";
import { Tape, configurationEntry, entry } from "./tape.js";

interface Case {
  readonly invariant: string;
  readonly what: string;
  readonly tape: () => Tape;
}

const AT_ONE = { index: 1, term: 1 };

/** `b` and `c` follow, and all three have these entries, but only the first is committed. */
function spread(...entries: Parameters<Tape["append"]>[1][]): Tape {
  const tape = Tape.begun().term("c", 1).append("c", entry(1, 1)).persist("c");
  return entries.length === 0 ? tape : tape.replicate("a", ["b", "c"], ...entries);
}

const CASES: readonly Case[] = [
  {
    invariant: "raft/election-safety",
    what: "two leaders of one term",
    tape: () => Tape.begun().term("c", 1).lead("c", 1),
  },
  {
    invariant: "raft/election-safety",
    what: "a leader again in its term after a restart",
    tape: () =>
      Tape.begun()
        .boot("a", { term: 1, vote: "a", entries: [entry(1, 1)] })
        .lead("a", 1),
  },
  {
    invariant: "raft/election-safety",
    what: "a leader without a quorum",
    tape: () => new Tape().bootAll().elect("a", 1, ["a"]),
  },
  {
    invariant: "raft/election-safety",
    what: "a vote that is not durable",
    tape: () => new Tape().bootAll().vote("a", 1, ["a"]).term("b", 1, "a").lead("a", 1),
  },
  {
    invariant: "raft/election-safety",
    what: "the vote of a learner",
    tape: () =>
      new Tape()
        .bootAll(makeConfiguration(["a", "b"], ["l"]))
        .vote("a", 1, ["a", "l"])
        .lead("a", 1),
  },
  {
    invariant: "raft/election-safety",
    what: "a learner that leads",
    tape: () =>
      new Tape()
        .bootAll(makeConfiguration(["a", "b"], ["l"]))
        .vote("l", 1, ["a", "b"])
        .term("l", 1)
        .lead("l", 1),
  },
  {
    invariant: "raft/election-safety",
    what: "a majority of all servers, but not of each half of a joint configuration",
    tape: () => {
      const joint = makeConfiguration(["a", "b", "c"], [], ["d", "e"]);
      return new Tape().bootAll(joint).vote("a", 1, ["a", "b", "c"]).lead("a", 1);
    },
  },
  {
    invariant: "raft/leader-append-only",
    what: "a leader that removes an entry of its own",
    tape: () => Tape.begun().append("a", entry(2, 1)).truncate("a", 2),
  },
  {
    invariant: "raft/leader-append-only",
    what: "a leader that overwrites one of the term before",
    tape: () => {
      const tape = spread().append("a", entry(2, 1, "x"));
      return tape.vote("a", 2, ["a", "b"]).lead("a", 2).append("a", entry(2, 2));
    },
  },
  {
    invariant: "raft/log-matching",
    what: "other bytes in an entry of the same index and term",
    tape: () =>
      Tape.begun()
        .append("a", entry(2, 1, "x"))
        .append("b", entry(2, 1, "y")),
  },
  {
    invariant: "raft/log-matching",
    what: "another log before an entry of the same index and term",
    tape: () => {
      const tape = spread().append("a", entry(2, 1, "x"));
      tape.elect("b", 2, ["b", "c"]).append("b", entry(2, 2), entry(3, 2));
      return tape.follow("a", 2).append("a", entry(3, 2));
    },
  },
  {
    invariant: "raft/log-matching",
    what: "a follower's entry that no leader began",
    tape: () => Tape.begun().append("b", entry(2, 1)),
  },
  {
    invariant: "raft/log-matching",
    what: "a deposed leader that begins an entry in the new term",
    tape: () =>
      Tape.begun()
        .term("a", 2)
        .tell("a", { kind: "raft/appended", entries: [entry(2, 2)], byLeader: true }),
  },
  {
    invariant: "raft/log-matching",
    what: "an entry found on the disk that nobody appended",
    tape: () => Tape.begun().boot("b", { term: 1, vote: "a", entries: [entry(1, 1), entry(2, 1)] }),
  },
  {
    invariant: "raft/log-matching",
    what: "a log kept behind a snapshot that conflicts with it",
    tape: () => {
      const tape = spread().append("a", entry(2, 1, "x"), entry(3, 1, "y"));
      tape.elect("b", 2, ["b", "c"]).replicate("b", ["c"], entry(2, 2)).commit("b", 2);
      const position = { index: 2, term: 2 };
      tape.follow("a", 2);
      return tape.tell("a", { kind: "raft/snapshot-installed", position, digest: 1, keepsLog: true });
    },
  },
  {
    invariant: "raft/leader-completeness",
    what: "a leader without an entry that was committed before its term",
    tape: () => Tape.begun().elect("c", 2, ["c", "b"]),
  },
  {
    invariant: "raft/leader-completeness",
    what: "an entry that was committed before the term of a leader that lacks it, said after its election",
    tape: () => {
      const tape = spread().append("a", entry(2, 1)).append("b", entry(2, 1)).persist("a", "b");
      return tape.elect("c", 2, ["c"].concat("b")).commit("a", 2);
    },
  },
  {
    invariant: "raft/state-machine-safety",
    what: "another digest at the same index",
    tape: () => Tape.begun().commit("b", 1).apply("b", 7),
  },
  {
    invariant: "raft/state-machine-safety",
    what: "an entry applied that nobody committed",
    tape: () => Tape.begun().append("a", entry(2, 1)).apply("a"),
  },
  {
    invariant: "raft/state-machine-safety",
    what: "an entry applied twice",
    tape: () => Tape.begun().tell("a", { kind: "raft/applied", position: AT_ONE, digest: 1_001 }),
  },
  {
    invariant: "raft/state-machine-safety",
    what: "an entry left out",
    tape: () => {
      const tape = Tape.begun().replicate("a", ["b"], entry(2, 1)).commit("b", 2);
      return tape.tell("b", { kind: "raft/applied", position: { index: 2, term: 1 }, digest: 2_001 });
    },
  },
  {
    invariant: "raft/state-machine-safety",
    what: "a snapshot of another state",
    tape: () => Tape.begun().tell("a", { kind: "raft/snapshot-taken", position: AT_ONE, digest: 7 }),
  },
  {
    invariant: "raft/state-machine-safety",
    what: "a snapshot installed of another state",
    tape: () => {
      const event = {
        kind: "raft/snapshot-installed",
        position: AT_ONE,
        digest: 7,
        keepsLog: false,
      } as const;
      return Tape.begun().tell("c", event);
    },
  },
  {
    invariant: "raft/state-machine-safety",
    what: "a snapshot of what is not committed",
    tape: () =>
      Tape.begun()
        .append("a", entry(2, 1))
        .tell("a", { kind: "raft/snapshot-taken", position: { index: 2, term: 1 }, digest: 1 }),
  },
  {
    invariant: "raft/state-machine-safety",
    what: "a boot from a snapshot of what is not committed",
    tape: () => {
      const position = { index: 2, term: 1 };
      return spread()
        .append("a", entry(2, 1))
        .boot("a", { term: 1, vote: "a", base: position, snapshot: position });
    },
  },
  {
    invariant: "raft/term-monotonic",
    what: "a term that falls in memory",
    tape: () => Tape.begun().term("a", 0),
  },
  {
    invariant: "raft/term-monotonic",
    what: "two votes of one term in memory",
    tape: () => new Tape().bootAll().term("a", 1, "b").term("a", 1, "c"),
  },
  {
    invariant: "raft/term-monotonic",
    what: "a vote that is forgotten in its term",
    tape: () => new Tape().bootAll().term("a", 1, "b").term("a", 1),
  },
  {
    invariant: "raft/term-monotonic",
    what: "a durable term that is gone after a restart",
    tape: () => new Tape().bootAll().term("a", 2).persist("a").boot("a", { term: 1 }),
  },
  {
    invariant: "raft/term-monotonic",
    what: "a durable vote that is gone after a restart",
    tape: () => new Tape().bootAll().vote("b", 1, ["a"]).boot("a", { term: 1 }),
  },
  {
    invariant: "raft/term-monotonic",
    what: "a durable term that falls",
    tape: () => {
      const tape = new Tape().bootAll().term("a", 2).persist("a");
      return tape.tell("a", {
        kind: "raft/persisted",
        last: { index: 0, term: 0 },
        term: 1,
        vote: undefined,
      });
    },
  },
  {
    invariant: "raft/term-monotonic",
    what: "a second vote after a repair",
    tape: () => {
      const tape = new Tape().bootAll().vote("b", 1, ["a"]).boot("a", { isRepairing: true });
      tape.tell("a", { kind: "raft/repaired", term: 0, last: { index: 0, term: 0 } });
      return tape;
    },
  },
  {
    invariant: "raft/commit-monotonic",
    what: "a commit index that falls",
    tape: () => Tape.begun().replicate("a", ["b"], entry(2, 1)).commit("a", 2).follow("a", 2).commit("a", 1),
  },
  {
    invariant: "raft/commit-monotonic",
    what: "a snapshot that takes the state back",
    tape: () => {
      const tape = Tape.begun().replicate("a", ["b"], entry(2, 1)).commit("b", 2);
      return tape.tell("b", {
        kind: "raft/snapshot-installed",
        position: AT_ONE,
        digest: 1_001,
        keepsLog: true,
      });
    },
  },
  {
    invariant: "raft/commit-rule",
    what: "a leader that commits by counting what is not of its term",
    tape: () => {
      const tape = spread(entry(2, 1, "x"))
        .vote("a", 2, ["a", "b"])
        .lead("a", 2);
      return tape.append("a", entry(3, 2)).commit("a", 2);
    },
  },
  {
    invariant: "raft/committed-immutable",
    what: "another entry said to be committed",
    tape: () => {
      const tape = spread()
        .append("a", entry(2, 1, "x"))
        .persist("a");
      tape.elect("b", 2, ["b", "c"]).replicate("b", ["c"], entry(2, 2)).commit("b", 2);
      return tape.commit("a", 2).tell("a");
    },
  },
  {
    invariant: "raft/committed-immutable",
    what: "a committed entry cut off",
    tape: () => Tape.begun().truncate("b", 1),
  },
  {
    invariant: "raft/committed-immutable",
    what: "a committed entry overwritten",
    tape: () => {
      const tape = spread(entry(2, 1, "x"))
        .elect("b", 2, ["b", "c"])
        .append("b", entry(3, 2))
        .persist("b");
      return tape.append("c", entry(3, 2)).persist("c").commit("b", 3).append("c", entry(3, 2));
    },
  },
  {
    invariant: "raft/committed-immutable",
    what: "committed entries that go with a log that a snapshot replaces",
    tape: () => {
      const tape = Tape.begun().replicate("a", ["b"], entry(2, 1)).commit("a", 2);
      return tape.tell("b", {
        kind: "raft/snapshot-installed",
        position: AT_ONE,
        digest: 1_001,
        keepsLog: false,
      });
    },
  },
  {
    invariant: "raft/quorum-durable",
    what: "an entry that only the leader has",
    tape: () => Tape.begun().append("a", entry(2, 1)).persist("a").commit("a", 2),
  },
  {
    invariant: "raft/quorum-durable",
    what: "a copy that is not durable yet",
    tape: () => Tape.begun().append("a", entry(2, 1)).persist("a").append("b", entry(2, 1)).commit("a", 2),
  },
  {
    invariant: "raft/quorum-durable",
    what: "half of the servers",
    tape: () => {
      const tape = new Tape().bootAll(makeConfiguration(["a", "b", "c", "d"]));
      return tape.elect("a", 1, ["a", "b", "c"]).replicate("a", ["b"], entry(1, 1)).commit("a", 1);
    },
  },
  {
    invariant: "raft/quorum-durable",
    what: "a majority of all, but not of each half of a joint configuration",
    tape: () => {
      const joint = makeConfiguration(["b", "c", "d"], [], ["a"]);
      const tape = new Tape().bootAll(makeConfiguration(["a"])).elect("a", 1, ["a"]);
      for (const node of ["b", "c", "d"]) tape.boot(node, { configuration: makeConfiguration([]) });
      tape.replicate("a", [], entry(1, 1)).commit("a", 1);
      tape.append("b", entry(1, 1)).term("b", 1).term("c", 1).append("c", entry(1, 1));
      tape.append("a", configurationEntry(2, 1, joint)).append("b", configurationEntry(2, 1, joint));
      return tape
        .append("c", configurationEntry(2, 1, joint))
        .persist("b", "c")
        .commit("a", 2);
    },
  },
  {
    invariant: "raft/intact-copies",
    what: "a copy that was lost in a repair and not brought back",
    tape: () => {
      const tape = Tape.begun().boot("b", { isRepairing: true });
      return tape.tell("b", { kind: "raft/repaired", term: 1, last: { index: 0, term: 0 } });
    },
  },
  {
    invariant: "raft/durable-lost",
    what: "a durable entry that is gone after a restart",
    tape: () => {
      const tape = Tape.begun().append("a", entry(2, 1)).append("b", entry(2, 1)).persist("b");
      return tape.boot("b", { term: 1, vote: "a", entries: [entry(1, 1)] });
    },
  },
  {
    invariant: "raft/durable-lost",
    what: "an entry that comes back though what replaced it was durable",
    tape: () => {
      const tape = spread()
        .append("a", entry(2, 1, "x"))
        .persist("a");
      tape.elect("b", 2, ["b", "c"]).append("b", entry(2, 2));
      tape.follow("a", 2).truncate("a", 2).append("a", entry(2, 2)).persist("a");
      return tape.boot("a", { term: 2, entries: [entry(1, 1), entry(2, 1, "x")] });
    },
  },
  {
    invariant: "raft/configuration-overlap",
    what: "a change to other servers without a joint configuration",
    tape: () => Tape.begun().append("a", configurationEntry(2, 1, makeConfiguration(["d", "e", "f"]))),
  },
  {
    invariant: "raft/configuration-overlap",
    what: "a change while another one is not committed",
    tape: () => {
      const [four, five] = [makeConfiguration(["a", "b", "c", "d"]), makeConfiguration(["a", "b", "c"])];
      return Tape.begun()
        .append("a", configurationEntry(2, 1, four))
        .append("a", configurationEntry(3, 1, five));
    },
  },
  {
    invariant: "raft/misreported",
    what: "a role in another term",
    tape: () => new Tape().bootAll().tell("a", { kind: "raft/role-changed", role: "candidate", term: 1 }),
  },
  {
    invariant: "raft/misreported",
    what: "a durable place that nobody has",
    tape: () => {
      const event = { kind: "raft/persisted", last: { index: 9, term: 1 }, term: 1, vote: "a" } as const;
      return Tape.begun().tell("a", event);
    },
  },
  {
    invariant: "raft/misreported",
    what: "a committed place that its log lacks",
    tape: () => Tape.begun().tell("b", { kind: "raft/committed", position: { index: 2, term: 1 }, term: 1 }),
  },
  {
    invariant: "raft/misreported",
    what: "a configuration that its log does not say",
    tape: () =>
      Tape.begun().tell("a", { kind: "raft/configured", index: 1, configuration: makeConfiguration(["a"]) }),
  },
  {
    invariant: "raft/misreported",
    what: "a gap",
    tape: () => Tape.begun().append("a", entry(2, 1), entry(3, 1)).append("b", entry(3, 1)),
  },
  {
    invariant: "raft/misreported",
    what: "a compaction to a place that its log lacks",
    tape: () => Tape.begun().tell("c", { kind: "raft/compacted", base: AT_ONE }),
  },
];

test.each(CASES)("$invariant: $what", ({ invariant, tape }) => {
  expect([...new Set(tape().invariants)]).toEqual([invariant]);
});

test("every rule has a case", () => {
  const rules = new Set(CASES.map(({ invariant }) => invariant));
  expect(rules.size).toBe(14);
});
