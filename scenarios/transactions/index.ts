/**
 * `transactions`: exactly-once under everything at once. Producers write transactions over partitions of two topics, commit
 * them, abort them, or leave them open; two of them share a transactional id, so that one is a zombie; pipelines, a group of
 * members, read what was committed, write something made of each record, and move their positions with it in one
 * transaction. Whoever coordinates is killed and cut off, and all that strikes in `broker` strikes here.
 *
 * What it checks: what `broker` does; that readers of committed records get nothing of an aborted transaction and all of a
 * committed one, once and in order; that a transaction without an answer is there as a whole or not at all, with the
 * positions in it; that of each record exactly one is made; that it is decided once how each ends (`decisions.ts`); that a
 * core which gets well commits, and that in the end pipelines have read all and no transaction hangs. What it does not:
 * retention, or compaction of what is written.
 *
 * What lives here: the plan (`plan.ts`), whoever takes part (`producers.ts`, `pipelines.ts`, `readers.ts`), what they ask for
 * and are told (`calls.ts`), blows at coordinators (`nemesis.ts`), some of them with a writer that never comes back (`vanishings.ts`), and the run as a whole (`storm.ts`, `ending.ts`).
 */
import type { Scenario } from "#sim/scenario.js";
import { BROKER_DISK_FAULTS, BROKER_LINK_FAULTS } from "../broker/menus.js";
import { BROKER_NARRATION } from "../broker/narration.js";
import { CLOCK_FAULTS, PARTITIONS, PROCESS_FAULTS } from "../raft/menus.js";
import { TRANSACTIONS_PARAMETERS } from "./parameters.js";
import { TRANSACTIONS_PLAN_VERSION } from "./plan.js";
import { driveTransactions } from "./storm.js";

export const transactionsScenario: Scenario = {
  name: "transactions",
  summary:
    "transactions and pipelines under everything at once: exactly once, whole or not at all, none hangs",
  faults: {
    ...PROCESS_FAULTS,
    ...CLOCK_FAULTS,
    ...BROKER_LINK_FAULTS,
    ...PARTITIONS,
    ...BROKER_DISK_FAULTS,
  },
  parameters: TRANSACTIONS_PARAMETERS,
  coverageSeeds: 300,
  strikeEveryCalls: 600,
  narration: BROKER_NARRATION,
  planVersion: TRANSACTIONS_PLAN_VERSION,
  mustReach: [
    "broker/duplicate-marker",
    "broker/isr-expanded",
    "broker/isr-shrunk",
    "broker/verification-void",
    "consumer/coordinator-changed",
    "consumer/generation-lost",
    "consumer/poll-too-late",
    "consumer/revoked-some",
    "consumer/sync-interrupted",
    "controller/session-expired",
    "group/loaded-members",
    "group/session-expired",
    "group/unstable-offset",
    "raft/snapshot-taken",
    "transaction/concurrent",
    "transaction/end-repeated",
    "transaction/markers-again",
    "transaction/predecessor-aborted",
    "transaction/producer-fenced",
    "transaction/resumed",
    "transaction/timed-out",
  ],
  drive: (run) => driveTransactions(run),
};
