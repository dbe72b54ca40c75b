/**
 * Mistakes planted into consumer groups. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */

/** What shows that a coordinator does not know what it should. */
const FORGOTTEN = [
  "generation-back",
  "generation-changed",
  "committed-lost",
  "committed-went-back",
  "resumed-behind",
].map((rule) => `group/${rule}`);

/** What shows that a group does not come to rest. */
const UNSETTLED = ["liveness/group-not-stable", "liveness/too-many-rebalances"];

/** What shows that somebody was given what another has, where coordinators assign. */
const GIVEN_TWICE = ["group/two-owners", "group/assigned-before-revoked", "group/holds-unassigned"];

export default [
  {
    id: "group-commits-without-a-generation",
    title: "a coordinator takes commits of generations that are over",
    source: "G01",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/classic/check.js",
        find: "    const member = findInGeneration(host, group, stamp);",
        replace:
          "    const member = group.members.get(stamp.memberId);\n    if (member === undefined || stamp.generation !== group.generation)\n        return;",
      },
    ],
    catchers: [{ scenario: "groups", invariants: ["group/stale-commit", "group/committed-went-back"] }],
  },
  {
    id: "group-sticky-miscounts-quotas",
    title: "a sticky assignor lets each member keep one partition more than the balance does",
    source: "G07",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/assignors/sticky.js",
        find: "load > least && odd-- > 0",
        replace: "load > least && odd > 0",
      },
    ],
    catchers: [{ scenario: "groups", invariants: ["group/unbalanced"] }],
  },
  {
    id: "group-cooperative-in-one-round",
    title: "a cooperative assignor gives away at once what another member still has",
    source: "KIP-429",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/assignors/sticky.js",
        find: "claimant === NOBODY || claimant === owner ? owner : NOBODY",
        replace: "claimant !== undefined ? owner : NOBODY",
      },
    ],
    catchers: [{ scenario: "groups", invariants: ["group/assigned-before-revoked"] }],
  },
  {
    id: "group-loads-the-first-batches-only",
    title: "a coordinator answers when it has read the beginning of its log",
    source: "G10",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/coordinator/load.js",
        find: "    while (offset < log.logEndOffset) {",
        replace: "    for (let reads = 0; reads < 3 && offset < log.logEndOffset; reads++) {",
      },
      {
        file: "engines/broker/coordinator/load.js",
        find: "const READ_BYTES = 1024 * 1024;",
        replace: "const READ_BYTES = 1;",
      },
      {
        file: "engines/broker/coordinator/load.js",
        find: "    done(offset);",
        replace: "    done(log.logEndOffset);",
      },
    ],
    catchers: [{ scenario: "groups-coordinator", invariants: FORGOTTEN }],
  },
  {
    id: "group-expires-offsets-in-a-rebalance",
    title: "offsets expire of a group that rebalances",
    source: "G11",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/groups.js",
        find: 'group === undefined || (group.state === "empty" && group.expected.size === 0);',
        replace: 'group === undefined || group.state !== "stable";',
      },
    ],
    catchers: [{ scenario: "groups", invariants: ["group/expired-in-use"] }],
  },
  {
    id: "group-resumes-at-its-own-position",
    title: "a partition that comes back to a member goes on where that member was, not where the group is",
    source: "G17",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/client/group/holdings.js",
        find: "                this.#holdings.delete(name);",
        replace:
          "            {\n                const { partition, isReady } = this.#holdings.get(name);\n                const mine = isReady ? this.#consumer.position(partition) : undefined;\n                if (mine !== undefined)\n                    (this.stale ??= new Map()).set(name, { offset: mine, leaderEpoch: -1 });\n                this.#holdings.delete(name);\n            }",
      },
      {
        file: "engines/broker/client/group/holdings.js",
        find: "            const found = committed.get(name);",
        replace: "            const found = this.stale?.get(name) ?? committed.get(name);",
      },
    ],
    catchers: [{ scenario: "groups", invariants: ["group/resumed-behind", "group/skipped"] }],
  },
  {
    id: "group-drops-claims-of-older-generations",
    title: "a sticky assignor takes what a member has by an older generation than others for nobody's",
    source: "G05",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/assignors/claims.js",
        find: "            if (partition === undefined)",
        replace:
          "            if (partition === undefined || layout.members.some((other) => other.generation > generation))",
      },
    ],
    // Whoever had it may commit it once more before it is found out that another has it, too.
    catchers: [
      { scenario: "groups", invariants: ["group/assigned-before-revoked", "group/committed-not-owned"] },
    ],
  },
  {
    id: "group-twins-share-a-member-id",
    title: "a process that is the same instance as another is replaced only while the group is stable",
    source: "G08",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/classic/join.js",
        find: "    return takeOver(host,",
        replace:
          '    if (group.state !== "stable")\n        return joinAgain(host, group, { ...request, memberId: known }, client);\n    return takeOver(host,',
      },
    ],
    catchers: [{ scenario: "groups", invariants: ["group/two-owners"] }],
  },
  {
    id: "group-waits-for-sync-for-ever",
    title: "a group waits for whoever has joined and never asks for its assignment",
    source: "G13",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/classic/rebalance.js",
        find: "    group.deadlines.sync.set(rebalanceTimeoutUs(group));",
        replace: "",
      },
    ],
    catchers: [{ scenario: "groups", invariants: UNSETTLED }],
  },
  {
    id: "group-member-begins-anew-when-not-answered",
    title: "a member that was not answered forgets who it is, and joins as another",
    source: "G14",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/client/group/classic/joins.js",
        find: '        if (isRetriable(refusal.code) || refusal.code === "REBALANCE_IN_PROGRESS")\n            return "later";',
        replace:
          '        if (isRetriable(refusal.code))\n            joiner.named("");\n        if (isRetriable(refusal.code) || refusal.code === "REBALANCE_IN_PROGRESS")\n            return "later";',
      },
    ],
    catchers: [{ scenario: "groups", invariants: UNSETTLED }],
  },
  {
    id: "group-commits-as-nobody",
    title: "a member that has lost everything, as it was not polled in time, commits all the same",
    source: "G16",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/client/group/standing.js",
        find: "        this.#lostBy = refusal;",
        replace: "        this.#lostBy = refusal;\n        this.wasLost = true;",
      },
      {
        file: "engines/broker/client/group/classic/membership.js",
        find: '        if (this.#phase === "out")\n            throw',
        replace: '        if (this.#phase === "out" && this.#standing.wasLost !== true)\n            throw',
      },
    ],
    catchers: [{ scenario: "groups", invariants: ["group/stale-commit", "group/committed-not-owned"] }],
  },
  {
    id: "group-counts-time-in-poll",
    title: "a member that waits in poll for long leaves its group",
    source: "G20",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/client/group/group-consumer.js",
        find: "        this.#deadline.back();\n        const polling",
        replace: "        this.#deadline.back();\n        this.#deadline.away();\n        const polling",
      },
    ],
    catchers: [{ scenario: "groups", invariants: UNSETTLED }],
  },
  {
    id: "group-commits-by-the-members-epoch-alone",
    title: "a commit counts at any epoch of its member, whatever that has of the partition",
    source: "G02",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/consumer/check.js",
        find: "if (owned === undefined || generation < owned.epoch)",
        replace: "if (owned === undefined && generation < 0)",
      },
    ],
    catchers: [
      { scenario: "groups-server", invariants: ["group/committed-not-owned", "group/stale-commit"] },
    ],
  },
  {
    id: "group-gives-away-what-is-being-given-up",
    title: "what a member has been asked to give up is given to another before it has",
    source: "KIP-848",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/consumer/reconcile.js",
        find: "others.flatMap(([, current]) => heldBy(current))",
        replace: "others.flatMap(([, current]) => current.assigned.map(({ partition }) => partition))",
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: GIVEN_TWICE }],
  },
  {
    id: "group-acknowledges-before-the-callback",
    title: "a member says that it has given up what its program is about to be asked for",
    source: "KIP-848",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/client/group/consumer/membership.js",
        find: '            reached(this.#env, "consumer/revoked-some");',
        replace:
          "            this.#owned = without(held, revoked);\n            this.#hasToAcknowledge = true;\n            this.#beatNow();",
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: ["group/assigned-before-revoked"] }],
  },
  {
    id: "group-keeps-its-target-when-a-member-leaves",
    title: "what a member had that is gone is not shared out anew",
    source: "common mistake",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/consumer/leave.js",
        find: "return retargeted(group, gone, rules);",
        replace: "return gone;",
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: UNSETTLED }],
  },
  {
    id: "group-begins-no-session-for-who-is-there",
    title: "a coordinator that takes over waits for members that it has not heard from for ever",
    source: "common mistake",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/consumer/timers.js",
        find: "            this.touch(memberId);",
        replace: "",
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: UNSETTLED }],
  },
  {
    id: "group-replaces-who-has-not-gone",
    title: "a process that is the same instance as a member takes its place, though that has not left",
    source: "KIP-848",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/consumer/join.js",
        find: "if (group.currents.get(old).epoch !== AWAY_EPOCH) {",
        replace: "if (group.currents.get(old).epoch < AWAY_EPOCH) {",
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: ["group/instance-taken"] }],
  },
  {
    id: "group-loads-members-without-what-they-have",
    title: "a coordinator that takes over knows the epochs of members, and not what they have",
    source: "common mistake",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/consumer/groups.js",
        find: "        for (const id of plan.shard.machine.consumers.ids)\n            this.#follow(id);",
        replace:
          "        for (const id of plan.shard.machine.consumers.ids) {\n            const { currents } = this.get(id);\n            for (const [memberId, current] of currents)\n                currents.set(memberId, { ...current, assigned: [], revoking: [] });\n            this.#follow(id);\n        }",
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: GIVEN_TWICE }],
  },
  {
    id: "group-joins-anew-with-less-than-all",
    title: "a member that was fenced joins anew without saying what it wants",
    source: "G19",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/client/group/consumer/membership.js",
        find: '        this.#phase = "joining";\n        this.#isFull = true;',
        replace: '        this.#phase = "joining";',
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: UNSETTLED, parameters: { groups: 1, members: 2 } }],
  },
  {
    id: "group-repeats-less-than-all",
    title: "a heartbeat after one that was not answered leaves out what that one said",
    source: "G19",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/client/group/consumer/membership.js",
        find: '            reached(this.#env, "consumer/heartbeat-repeated");\n            this.#isFull = true;',
        replace: '            reached(this.#env, "consumer/heartbeat-repeated");',
      },
    ],
    catchers: [{ scenario: "groups-server", invariants: UNSETTLED }],
  },
];
