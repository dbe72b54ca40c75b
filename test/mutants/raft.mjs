/**
 * Mistakes planted into Raft. Texts are those of the built code in dist/.
 *
 * A run ends at its first finding. Where a check sees the mistake itself, long before its consequence, it is
 * that check which fires: `raft/commit-rule` before a leader lacks what was committed, `raft/term-monotonic` (one
 * vote a term) before two lead in one.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */
export default [
  // What is committed

  {
    id: "raft-commits-entries-of-earlier-terms",
    title: "a leader commits what a quorum holds, of whatever term it is (figure 8)",
    source: "R01",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: "if (held <= s.commit || s.log.termAt(held) !== s.term)",
        replace: "if (held <= s.commit)",
      },
    ],
    catchers: [{ scenario: "raft-partitions", invariants: ["raft/leader-completeness", "raft/commit-rule"] }],
    note: "Stronger than leader completeness: the commitment itself is the finding.",
  },
  {
    id: "raft-commits-up-to-the-term-start",
    title: "the commit index may reach the place before the term's first entry, not only go past it",
    source: "R02",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: "if (held <= s.commit || s.log.termAt(held) !== s.term)",
        replace: "if (held <= s.commit || held < leadership.termStart - 1)",
      },
    ],
    catchers: [{ scenario: "raft-partitions", invariants: ["raft/leader-completeness", "raft/commit-rule"] }],
    note: "Stronger than leader completeness: the commitment itself is the finding.",
  },
  {
    id: "raft-half-is-a-quorum",
    title: "of an even number of servers half is taken for a majority",
    source: "R04",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/configuration.js",
        find: "values[(values.length - 1) >> 1]",
        replace: "values[values.length >> 1]",
      },
    ],
    catchers: [
      {
        scenario: "raft",
        invariants: ["raft/quorum-durable", "raft/leader-completeness"],
        parameters: { servers: 4 },
      },
    ],
  },
  {
    id: "raft-acknowledges-before-sync",
    title: "a follower acknowledges entries that are not durable yet",
    source: "R13",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: `    s.sendAfterPersist(to, {
        kind: "appendResponse",`,
        replace: `    s.send(to, {
        kind: "appendResponse",`,
      },
    ],
    catchers: [
      {
        scenario: "raft",
        invariants: ["raft/quorum-durable", "raft/durable-lost", "raft/committed-immutable"],
      },
    ],
  },
  {
    id: "raft-own-copy-counts-before-sync",
    title: "a leader counts its own copy, and applies what it commits, before that is durable",
    source: "R14",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: "            return s.stable;",
        replace: "            return s.log.lastIndex;",
      },
      {
        file: "engines/raft/core/persistence.js",
        find: "const upTo = Math.min(s.commit, s.stable);",
        replace: "const upTo = s.commit;",
      },
    ],
    catchers: [{ scenario: "raft", invariants: ["raft/quorum-durable"], parameters: { servers: 1 } }],
  },
  {
    id: "raft-commits-up-to-the-last-index",
    title: "a follower commits up to its last entry, not to the last one that is known to be the leader's",
    source: "R16",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: "commitTo(s, Math.min(commit, matched));",
        replace: "commitTo(s, Math.min(commit, s.log.lastIndex));",
      },
      { file: "engines/raft/options.js", find: "maxAppendBytes: MIB,", replace: "maxAppendBytes: 64," },
      {
        file: "engines/raft/core/progress.js",
        find: "this.#next = Math.max(Math.min(refused, highest + 1), this.#match + 1);",
        replace: "this.#next = this.#match + 1;",
      },
    ],
    catchers: [
      { scenario: "raft-partitions", invariants: ["raft/state-machine-safety", "raft/committed-immutable"] },
    ],
    note: "Stronger than state machine safety: what the follower takes for committed is the finding. Here a leader goes back to exactly the place where the logs part, with all that follows in one append, so the mistake needs a leader that does neither: small appends, from behind what is known to match on.",
  },
  {
    id: "raft-heartbeat-carries-the-commit-index",
    title: "a heartbeat, which checks no log, carries the leader's commit index as it is",
    source: "R17",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/heartbeat.js",
        find: "commit: Math.min(match, s.commit)",
        replace: "commit: s.commit",
      },
      {
        file: "engines/raft/core/heartbeat.js",
        find: `        if (commit > s.log.lastIndex)
            throw logLost(s, commit);
        commitTo(s, commit);`,
        replace: "        commitTo(s, Math.min(commit, s.log.lastIndex));",
      },
    ],
    catchers: [
      { scenario: "raft-partitions", invariants: ["raft/state-machine-safety", "raft/committed-immutable"] },
    ],
    note: "Stronger than state machine safety: what the follower takes for committed is the finding.",
  },

  // Votes

  {
    id: "raft-vote-before-sync",
    title: "a vote is given before it is durable",
    source: "R05",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/election.js",
        find: `s.sendAfterPersist(from, { kind: "voteResponse", term: s.term, granted });`,
        replace: `s.send(from, { kind: "voteResponse", term: s.term, granted });`,
      },
    ],
    catchers: [{ scenario: "raft", invariants: ["raft/election-safety"] }],
  },
  {
    id: "raft-own-vote-counts-before-sync",
    title: "a candidate counts its own vote before that is durable",
    source: "R05",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/election.js",
        find: "    s.becomeCandidate(isTransfer);",
        replace: "    s.becomeCandidate(isTransfer);\n    s.votes.set(s.id, true);",
      },
      {
        file: "engines/raft/core/election.js",
        find: `s.sendAfterPersist(to, { kind: "vote",`,
        replace: `s.send(to, { kind: "vote",`,
      },
    ],
    catchers: [{ scenario: "raft", invariants: ["raft/election-safety"] }],
  },
  {
    id: "raft-vote-forgotten-within-a-term",
    title: "whoever becomes a follower forgets its vote, also where the term stays",
    source: "R07",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/state.js",
        find: `        if (term > this.term)
            this.setTerm(term, undefined);`,
        replace: "        this.setTerm(term, undefined);",
      },
      {
        file: "engines/raft/core/state.js",
        find: `        assert(term > this.term || this.vote === undefined || this.vote === vote, "one vote a term");
`,
        replace: "",
      },
    ],
    catchers: [{ scenario: "raft", invariants: ["raft/election-safety", "raft/term-monotonic"] }],
    note: "Stronger than election safety: a vote that is taken back is the finding. The assertion goes as well.",
  },
  {
    id: "raft-votes-twice-in-a-term",
    title: "a server votes for everybody who asks",
    source: "R08",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/election.js",
        find: "const isFree = s.vote === undefined ? s.leader === undefined : s.vote === from;",
        replace: "const isFree = true;",
      },
      {
        file: "engines/raft/core/election.js",
        find: `        assert(s.role !== "leader" && s.role !== "candidate", "who voted for itself votes for nobody else");
`,
        replace: "",
      },
      {
        file: "engines/raft/core/state.js",
        find: `        assert(term > this.term || this.vote === undefined || this.vote === vote, "one vote a term");
`,
        replace: "",
      },
    ],
    catchers: [{ scenario: "raft", invariants: ["raft/election-safety", "raft/term-monotonic"] }],
    note: "Stronger than election safety: the second vote is the finding. The assertions go as well.",
  },
  {
    id: "raft-votes-without-looking-at-the-log",
    title: "a vote is given to a candidate whose log is behind",
    source: "R10",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/log.js",
        find: "return term > last.term || (term === last.term && index >= last.index);",
        replace: "return true;",
      },
    ],
    catchers: [{ scenario: "raft-partitions", invariants: ["raft/leader-completeness"] }],
  },
  {
    id: "raft-compares-logs-by-term-and-index-apart",
    title: "a log is up to date only where neither its last term nor its last index is lower",
    source: "R11",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/log.js",
        find: "return term > last.term || (term === last.term && index >= last.index);",
        replace: "return term >= last.term && index >= last.index;",
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["liveness/no-progress", "raft/not-converged"],
        parameters: { servers: 3, stormMs: 1500, operations: 300, clients: 12 },
      },
    ],
  },

  // Replication

  {
    id: "raft-match-goes-back",
    title: "the place up to which a log matches is that of the latest answer, however old the answer is",
    source: "R19",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/progress.js",
        find: "this.#match = Math.max(this.#match, index);",
        replace: "this.#match = index;",
      },
      {
        file: "engines/raft/core/replication.js",
        find: "if (held <= s.commit || s.log.termAt(held) !== s.term)",
        replace: "if (s.log.termAt(held) !== s.term)",
      },
      {
        file: "engines/raft/core/replication.js",
        find: `    if (index <= s.commit)
        return;
    const term`,
        replace: `    if (s.role === "leader" ? index === s.commit : index <= s.commit)
        return;
    const term`,
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["raft/commit-monotonic"],
        faults: { "message-reorder": true, "message-duplicate": true },
        parameters: { stormMs: 1500, operations: 100 },
      },
    ],
    note: "As in PySyncObj, the commit index is what the matches say now. Alone, a match that goes back does no harm here: no commit index follows it.",
  },
  {
    id: "raft-stale-refusal-counts",
    title: "a refusal that comes late takes the next entry to send back",
    source: "R20",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/progress.js",
        find: `        if (this.#state === "snapshot" || refused <= this.#match)
            return false;
        if (this.#state === "probe" && this.#next - 1 !== refused)
            return false;
        this.#become("probe");
        this.#next = Math.max(Math.min(refused, highest + 1), this.#match + 1);`,
        replace: `        this.#become("probe");
        this.#next--;`,
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: ["process/uncaught-error"],
        message: /what is not in the log is in a snapshot/,
        faults: { "message-reorder": true, "message-duplicate": true },
      },
    ],
    note: "Refusals that come twice take the next entry below the first. The assertion sees it; a place that is only too low costs time, no progress.",
  },
  {
    id: "raft-searches-the-conflict-forwards",
    title: "after a refusal the next append begins behind the place that was refused",
    source: "R22",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/progress.js",
        find: `        this.#become("probe");
        this.#next = Math.max(Math.min(refused, highest + 1), this.#match + 1);`,
        replace: `        if (this.#state !== "probe")
            this.#become("probe");
        this.#next = Math.max(refused + 1, this.#match + 1);`,
      },
    ],
    catchers: [{ scenario: "raft-partitions", invariants: ["liveness/no-progress", "raft/not-converged"] }],
  },
  {
    id: "raft-beginning-always-matches",
    title: "an append from the very beginning of the log fits any log, also one that was compacted",
    source: "R23",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: "    if (previous.index < s.commit) {",
        replace: "    if (previous.index > 0 && previous.index < s.commit) {",
      },
      {
        file: "engines/raft/core/replication.js",
        find: "    if (!s.log.matches(previous)) {",
        replace: "    if (previous.index > 0 && !s.log.matches(previous)) {",
      },
      {
        file: "engines/raft/core/replication.js",
        find: `    assert(from > s.commit, "what is committed is never truncated");
`,
        replace: `    if (from <= s.log.base.index)
        s.log.restart({ index: from - 1, term: 0 });
`,
      },
    ],
    catchers: [
      {
        scenario: "raft-snapshots",
        invariants: ["raft/state-machine-safety", "raft/committed-immutable"],
        parameters: { stormMs: 1500, operations: 200 },
        faults: { "message-duplicate": true, "message-reorder": true },
      },
    ],
    note: "Stronger than state machine safety: that committed entries are overwritten is the finding. The assertion goes as well.",
  },
  {
    id: "raft-term-of-what-is-compacted-is-zero",
    title: "the term of an entry that a snapshot covers reads as 0, which matches 0",
    source: "R25",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/log.js",
        find: "this.entryAt(index)?.term;",
        replace: "(this.entryAt(index)?.term ?? 0);",
      },
    ],
    catchers: [
      {
        scenario: "raft-snapshots",
        invariants: ["process/uncaught-error"],
        message: /entries are taken from above the base/,
      },
    ],
  },
  {
    id: "raft-appends-while-stepping-down",
    title: "a leader that learns of a higher term appends one more entry, in that term",
    source: "R26",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/state.js",
        find: `        if (term > this.term)
            this.setTerm(term, undefined);`,
        replace: `        if (term > this.term)
            this.setTerm(term, undefined);
        if (this.leadership !== undefined && leader === undefined) {
            const entries = [{ index: this.log.lastIndex + 1, term, kind: "noop", data: new Uint8Array(0) }];
            this.log.append(entries);
            this.options.observe({ kind: "raft/appended", entries, byLeader: true });
        }`,
      },
    ],
    catchers: [{ scenario: "raft-partitions", invariants: ["raft/log-matching"] }],
  },

  // What clients are told

  {
    id: "raft-unknown-outcome-reported-as-failed",
    title: "a proposal that a leader gives up when it steps down is reported as certainly not done",
    source: "R28",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/proposals.js",
        find: `{ outcome: "unknown" }`,
        replace: `{ outcome: "failed" }`,
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["raft/linearizability"],
        parameters: { operations: 1500, clients: 12 },
      },
    ],
  },
  {
    id: "raft-reads-without-a-quorum",
    title: "a leader answers linearizable reads without asking a quorum whether it still leads",
    source: "R29",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/reads.js",
        find: "read.index === undefined || read.round > confirmed || read.index > s.applied",
        replace: "read.index === undefined || read.index > s.applied",
      },
    ],
    catchers: [{ scenario: "raft-partitions", invariants: ["raft/linearizability"] }],
  },
  {
    id: "raft-read-quorum-lacks-one",
    title: "a read is confirmed by one server less than a majority",
    source: "R31",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/heartbeat.js",
        find: "    return quorumValue(s.configuration, (node) => node === s.id ? round : (progress.get(node)?.ackedRound ?? 0));",
        replace: `    const roundOf = (node) => node === s.id ? round : (progress.get(node)?.ackedRound ?? 0);
    const rounds = s.configuration.voters.map(roundOf).toSorted((a, b) => b - a);
    return rounds[Math.max(0, (rounds.length >> 1) - 1)] ?? 0;`,
      },
    ],
    catchers: [
      {
        scenario: "raft-clocks",
        invariants: ["raft/linearizability"],
        parameters: { bound: "inside", servers: 3 },
      },
    ],
  },
  {
    id: "raft-reads-share-an-id",
    title: "a read gets the number of one that still waits, and takes the answer to that one for its own",
    source: "R32",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/reads.js",
        find: "const id = ++this.#lastId;",
        replace: "const id = this.#waiting.size + 1;",
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["process/uncaught-error"],
        message: /a read is answered once/,
        parameters: { clients: 24, operations: 1000, stormMs: 1500 },
      },
    ],
    note: "The number is the context that answers are matched by. The assertion sees the second answer to one number long before a reader could see an old value.",
  },

  // Leases

  {
    id: "raft-lease-never-ends",
    title: "a leader reads by its lease for as long as it leads, whoever answers it",
    source: "R34",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/reads.js",
        find: "        leaseFromUs !== undefined &&\n        s.nowUs < leaseFromUs + s.options.leaseUs &&\n",
        replace: "",
      },
    ],
    catchers: [
      { scenario: "raft-clocks", invariants: ["raft/linearizability"], parameters: { bound: "inside" } },
    ],
  },
  {
    id: "raft-lease-ignores-clock-drift",
    title: "a lease lasts an election timeout by the leader's own clock, whatever clocks may differ",
    source: "R34",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/options.js",
        find: "return Math.floor((electionTimeoutUs * (PPM - leaseDriftPpm)) / (PPM + leaseDriftPpm));",
        replace: "return electionTimeoutUs;",
      },
    ],
    catchers: [
      { scenario: "raft-clocks", invariants: ["raft/linearizability"], parameters: { bound: "inside" } },
    ],
  },
  {
    id: "raft-lease-counts-learners",
    title: "a leader takes as many answers as a majority has for a quorum, learners' answers included",
    source: "R35",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/heartbeat.js",
        find: "    return quorumValue(s.configuration, (node) => node === s.id ? round : (progress.get(node)?.ackedRound ?? 0));",
        replace: `    const rounds = [round, ...[...progress.values()].map((peer) => peer.ackedRound)].toSorted((a, b) => b - a);
    return rounds[s.configuration.voters.length >> 1] ?? 0;`,
      },
      {
        file: "engines/raft/core/heartbeat.js",
        find: "    if (isHeard)\n        return;",
        replace: "    if (isHeard || heard >= s.configuration.voters.length >> 1)\n        return;",
      },
      {
        file: "engines/raft/core/heartbeat.js",
        find: "    for (const peer of progress.values())\n        peer.isActive = false;",
        replace:
          "    const heard = [...progress.values()].filter((peer) => peer.isActive).length;\n    for (const peer of progress.values())\n        peer.isActive = false;",
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: ["raft/linearizability"],
        parameters: { servers: 3, operations: 1500, clients: 12 },
        faults: {
          "partition-halves": true,
          "partition-isolate": false,
          "partition-one-way": false,
          "partition-bridge": false,
          "partition-ring": false,
          "partition-client": false,
        },
      },
    ],
    note: "Of reads and of the check that makes a leader step down, as in hashicorp/raft: with that check right, such a leader is not there for long enough.",
  },

  // Membership

  {
    id: "raft-two-changes-at-once",
    title: "a change of members begins while the one before is not committed",
    source: "R38",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/membership.js",
        find: `    if (s.configurations.currentIndex > s.commit)
        return "wait";
`,
        replace: "",
      },
      {
        file: "engines/raft/core/membership.js",
        find: "s.commit < leadership.termStart || isJoint(configuration)",
        replace: "s.commit < leadership.termStart",
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: [
          "raft/election-safety",
          "raft/quorum-durable",
          "raft/leader-completeness",
          "raft/configuration-overlap",
        ],
      },
    ],
    note: "Stronger than election safety: the second configuration is the finding.",
  },
  {
    id: "raft-joint-election-by-the-union",
    title: "in a joint configuration a majority of all voters together elects",
    source: "R40",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/election.js",
        find: "return isQuorum(s.configuration, (node) => s.votes.get(node) === true);",
        replace:
          "return isQuorum({ voters: votersOf(s.configuration), outgoing: [] }, (node) => s.votes.get(node) === true);",
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: ["raft/election-safety"],
        parameters: { stormMs: 2000, operations: 100 },
      },
    ],
  },
  {
    id: "raft-joint-commitment-by-the-union",
    title: "in a joint configuration a majority of all voters together commits",
    source: "R40",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/configuration.js",
        find: `    const incoming = majorityValue(voters, valueOf);
    return outgoing.length === 0 ? incoming : Math.min(incoming, majorityValue(outgoing, valueOf));`,
        replace: "    return majorityValue(votersOf({ voters, outgoing }), valueOf);",
      },
    ],
    catchers: [{ scenario: "raft-membership", invariants: ["raft/quorum-durable"] }],
  },
  {
    id: "raft-joint-commitment-by-the-old-half",
    title: "in a joint configuration a majority of the outgoing voters commits",
    source: "R41",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/configuration.js",
        find: "return outgoing.length === 0 ? incoming : Math.min(incoming, majorityValue(outgoing, valueOf));",
        replace: "return outgoing.length === 0 ? incoming : majorityValue(outgoing, valueOf);",
      },
    ],
    catchers: [{ scenario: "raft-membership", invariants: ["raft/quorum-durable"] }],
  },
  {
    id: "raft-learners-copies-count",
    title: "as many copies as a majority has commit an entry, learners' copies included",
    source: "R41",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: `    const held = quorumValue(s.configuration, (node) => {
        if (node === s.id)
            return s.stable;
        const progress = leadership.progress.get(node);
        return progress === undefined || progress.isRepairing ? 0 : progress.match;
    });`,
        replace: `    const copies = [s.stable, ...[...leadership.progress.values()].map((peer) => peer.match)];
    const held = copies.toSorted((a, b) => b - a)[s.configuration.voters.length >> 1] ?? 0;`,
      },
    ],
    catchers: [{ scenario: "raft-membership", invariants: ["raft/quorum-durable"] }],
  },
  {
    id: "raft-learner-campaigns",
    title: "a learner campaigns",
    source: "R43",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/state.js",
        find: "if (isVoter(this.configuration, this.id))",
        replace: 'if (this.id !== "")',
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: ["raft/election-safety"],
        parameters: { stormMs: 1500, operations: 100 },
      },
    ],
  },
  {
    id: "raft-promoted-learner-refuses-votes",
    title: "a server that does not know yet that it may vote refuses to",
    source: "R44",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/election.js",
        find: `    if (s.isRepairing)
        return;
    const isFree`,
        replace: `    if (s.isRepairing || !isVoter(s.configuration, s.id))
        return;
    const isFree`,
      },
      {
        file: "engines/raft/core/election.js",
        find: `    if (s.isRepairing)
        return;
    const granted`,
        replace: `    if (s.isRepairing || !isVoter(s.configuration, s.id))
        return;
    const granted`,
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: ["liveness/no-progress", "raft/not-converged"],
        parameters: { stormMs: 1500, operations: 100 },
      },
    ],
    note: "Neither a pre-vote nor a vote.",
  },
  {
    id: "raft-truncated-configuration-stays",
    title: "a configuration stays in force after its entry was truncated",
    source: "R46",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/replication.js",
        find: "    if (!s.configurations.truncateFrom(from))\n        return;\n",
        replace: "    if (from > 0)\n        return;\n",
      },
      {
        file: "engines/raft/core/configurations.js",
        find: `        assert(index > this.currentIndex, "configurations are added in the order of the log");
`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: ["raft/election-safety", "raft/quorum-durable", "raft/misreported"],
        parameters: { stormMs: 1500, operations: 100 },
      },
    ],
    note: "raft/misreported says that the configuration in force is not the one of the log. The assertion goes as well.",
  },
  {
    id: "raft-snapshot-forgets-outgoing-voters",
    title: "a snapshot keeps of a joint configuration only the incoming half",
    source: "R47",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/codec/snapshot-header.js",
        find: "putConfiguration(sink, meta.configuration);",
        replace: "putConfiguration(sink, { ...meta.configuration, outgoing: [] });",
      },
    ],
    catchers: [
      {
        scenario: "raft-membership",
        invariants: ["raft/election-safety", "raft/quorum-durable", "raft/misreported"],
      },
    ],
    note: "raft/misreported says that the configuration in force is not the one of the log.",
  },

  // Snapshots

  {
    id: "raft-conflicting-log-kept-behind-a-snapshot",
    title: "a log that is longer than the snapshot is kept, though it conflicts with it",
    source: "R49",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/compaction.js",
        find: "const keepsLog = s.log.matches(meta);",
        replace: "const keepsLog = s.log.lastIndex >= meta.index;",
      },
    ],
    catchers: [
      {
        scenario: "raft-snapshots",
        invariants: ["raft/state-machine-safety", "raft/log-matching"],
        parameters: { stormMs: 2000, operations: 200 },
      },
    ],
    note: "Stronger than state machine safety: that the log is kept is the finding.",
  },
  {
    id: "raft-snapshot-of-one-entry-less",
    title: "a snapshot says that it is of the entry before the last one in it",
    source: "R50",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/applier.js",
        find: "const index = this.#at;",
        replace: "const index = this.#at - 1;",
      },
    ],
    catchers: [{ scenario: "raft-snapshots", invariants: ["raft/state-machine-safety"] }],
  },
  {
    id: "raft-snapshot-takes-the-term-back",
    title: "whoever installs a snapshot takes the snapshot's term for its own",
    source: "R52",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/compaction.js",
        find: "    s.commit = s.applied = meta.index;\n    s.options",
        replace:
          "    s.commit = s.applied = meta.index;\n    s.term = meta.term;\n    s.isHardStateDirty = true;\n    s.options",
      },
    ],
    catchers: [{ scenario: "raft-snapshots", invariants: ["raft/term-monotonic", "raft/election-safety"] }],
  },
  {
    id: "raft-snapshot-name-not-durable",
    title: "a snapshot counts as saved before its name is durable, and the log before it is dropped",
    source: "R53",
    engine: "raft",
    edits: [
      {
        file: "engines/snapshot/store.js",
        find: `        try {
            await env.disk.syncDir(this.#directory);
        }
        catch (error) {
            throw toSnapshotError(env, this.#directory, error, "unknown");
        }
`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "raft-snapshots",
        invariants: ["raft/durable-lost", "raft/intact-copies", "raft/false-damage"],
        faults: { "power-loss": true, "metadata-loss": true },
      },
    ],
    note: "raft/false-damage: the server finds a log without its snapshot, and says so.",
  },
  {
    id: "raft-log-cut-before-the-snapshot-is-saved",
    title: "the log is compacted before the snapshot that covers it is saved",
    source: "R53",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/snapshots.js",
        find: `        if (!(await this.#save(snapshot)))
            return;
        const position`,
        replace: `        core.compact(meta, settings.keepEntries);
        this.#host.changed();
        if (!(await this.#save(snapshot)))
            return;
        const position`,
      },
      {
        file: "engines/raft/journal/journal.js",
        find: `                assert(index <= (state.store.latest()?.lsn ?? 0), "a snapshot covers what is before the base");
`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "raft-snapshots",
        invariants: ["raft/durable-lost", "raft/intact-copies", "raft/false-damage"],
      },
    ],
    note: "raft/false-damage: the server finds a log without its snapshot, and says so. The assertion goes as well.",
  },
  {
    id: "raft-last-chunk-begins-a-new-transfer",
    title:
      "the last chunk of a snapshot, sent again after the end, begins and completes a transfer of its own",
    source: "R55",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/compaction.js",
        find: "    if (snapshot.index > s.commit)\n        return true;",
        replace: "    if (snapshot.index > 0)\n        return true;",
      },
      {
        file: "engines/raft/snapshot-transfer.js",
        find: "if (this.#isComplete || chunk !== this.#pieces.length)",
        replace: "if (this.#isComplete || (this.#pieces.length > 0 && chunk !== this.#pieces.length))",
      },
    ],
    catchers: [{ scenario: "raft-snapshots", invariants: ["raft/gave-up"], message: /header/ }],
    note: "Stronger than durability: a snapshot begins with its header, so the server finds at once that this is none.",
  },
  {
    id: "raft-snapshot-index-apart-from-the-state",
    title: "the index of a snapshot is taken later than the state that it is said to be of",
    source: "R56",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/snapshots.js",
        find: "const { index, digest, chunks } = captured;",
        replace:
          "const { chunks } = captured;\n        await env.clock.sleep(5_000);\n        const { index, digest } = await applier.capture(0);",
      },
    ],
    catchers: [
      { scenario: "raft-snapshots", invariants: ["raft/state-machine-safety", "raft/linearizability"] },
    ],
  },

  // Elections that never end

  {
    id: "raft-pre-vote-of-a-lower-term-not-answered",
    title: "a request for a pre-vote of a term that is not higher gets no answer",
    source: "R58",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/election.js",
        find: "    const granted = term > s.term && !s.protectsLeader && s.log.isUpToDate(last);",
        replace:
          "    if (term <= s.term)\n        return;\n    const granted = term > s.term && !s.protectsLeader && s.log.isUpToDate(last);",
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["liveness/no-progress", "raft/not-converged"],
        parameters: { servers: 3, stormMs: 1200, operations: 150 },
        faults: {
          "partition-halves": false,
          "partition-isolate": false,
          "partition-one-way": true,
          "partition-bridge": false,
          "partition-ring": false,
          "partition-client": false,
        },
      },
    ],
  },
  {
    id: "raft-pre-votes-count-as-votes",
    title: "a candidate keeps the answers to its campaign for pre-votes",
    source: "R59",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/state.js",
        find: `        this.votes.clear();
        this.setTerm(this.term + 1, this.id);`,
        replace: "        this.setTerm(this.term + 1, this.id);",
      },
    ],
    catchers: [{ scenario: "raft-partitions", invariants: ["raft/election-safety"] }],
    note: "Stronger than liveness: an old answer is not only in the way, it elects.",
  },
  {
    id: "raft-refused-candidates-put-elections-off",
    title: "whoever refuses a candidate waits for another election timeout itself",
    source: "R61",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/election.js",
        find: `    if (!granted)
        s.options.reached("raft/pre-vote-refused");`,
        replace: `    if (!granted) {
        s.options.reached("raft/pre-vote-refused");
        s.resetElectionTimer();
    }`,
      },
    ],
    catchers: [
      {
        scenario: "raft-clocks",
        invariants: ["liveness/no-progress", "raft/not-converged"],
        parameters: { bound: "inside", servers: 3 },
      },
    ],
    note: "With a pre-vote before each vote, it is refused pre-votes that do it. A server with a fast clock and an old log keeps the others from campaigning.",
  },
  {
    id: "raft-leader-without-a-quorum-stays",
    title: "a leader that no quorum answers goes on, and who hears of it elects nobody else",
    source: "R62",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/heartbeat.js",
        find: `    s.options.reached("raft/check-quorum-step-down");
    s.becomeFollower(s.term, undefined);`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["liveness/no-progress", "raft/not-converged"],
        parameters: { servers: 6, stormMs: 1500, operations: 60 },
        faults: {
          "partition-halves": false,
          "partition-isolate": false,
          "partition-one-way": false,
          "partition-bridge": true,
          "partition-ring": false,
          "partition-client": false,
        },
      },
    ],
  },
  {
    id: "raft-handover-refused-by-the-lease",
    title: "voters refuse whom the leader told to campaign, since they hear of the leader",
    source: "R64",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/dispatch.js",
        find: "(!message.transfer && s.protectsLeader)",
        replace: "s.protectsLeader",
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["liveness/handover"],
        parameters: { stormMs: 1500, operations: 60 },
      },
    ],
  },
  {
    id: "raft-handover-never-given-up",
    title: "a leader waits for ever for the server that it hands over to, and takes no proposals",
    source: "R65",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/core/transfer.js",
        find: "deadlineUs: s.nowUs + s.options.electionTimeoutUs",
        replace: "deadlineUs: Infinity",
      },
    ],
    catchers: [
      {
        scenario: "raft-partitions",
        invariants: ["liveness/no-progress", "liveness/operation-open"],
        parameters: { stormMs: 1500, operations: 60 },
      },
    ],
    note: "A server that can't take over, since it is down, cut off or no voter any more, is waited for.",
  },

  // Sessions

  {
    id: "raft-sessions-not-in-snapshots",
    title: "the table that recognizes repeated commands is not in the snapshot",
    source: "R67",
    engine: "raft",
    edits: [
      {
        file: "engines/raft/sessions.js",
        find: "return [...this.#sessions.toChunks(), ...this.#inner.snapshot()];",
        replace: "return [...new SessionTable({}).toChunks(), ...this.#inner.snapshot()];",
      },
    ],
    catchers: [
      { scenario: "raft-snapshots", invariants: ["raft/linearizability", "raft/state-machine-safety"] },
    ],
    note: "Where one server knows the session and another does not, they answer the same command differently, which the digest of what was applied shows before a client can.",
  },
];
