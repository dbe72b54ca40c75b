/**
 * `raft-lab`: the tests of the Raft lab of MIT's course 6.5840 (Distributed Systems), 3A to 3D, over our Raft.
 *
 * What lives here: the 28 tests under the course's names with the course's assertions, times and limits, told
 * in our own words and code (`tests-3a.ts` to `tests-3d.ts`, listed in `suite.ts`), the cluster that they run on
 * (`lab.ts`, `server.ts`, `conditions.ts`), and the log of all that was ever committed (`committed.ts`).
 * Servers are whole: the production shell over its journal on a simulated disk that is honest. A server that is
 * killed loses what it had not synced, as the course's loses what it had not persisted.
 *
 * What is mapped, since our Raft is not a student's:
 * - A call of the course is a request of our protocol (pre-vote, vote, append, heartbeat, part of a snapshot)
 *   with its response. Calls are counted as a server receives the request; bytes are those of all frames.
 * - Our leaders begin a term with a no-op, the course's don't. An index of the course is the number of a command
 *   among the commands of the log (`committed.ts`); where the course checks an index, that number is checked.
 * - The size of a log is that of its entries, each with 12 bytes for its term, index and length: our journal
 *   gives up whole segments of its files, and has no size that would follow each snapshot.
 * - The course's service hands a snapshot to Raft; ours is asked for one, after every tenth command it applied.
 *
 * What it promises: one seed runs the tests one after the other, each on servers of its own; a broken assertion
 * is a finding `raft-lab/<test>`. What it does not check: what no test of the course asks for, such as
 * membership changes, reads, client sessions and damaged disks; see the scenarios of `raft`.
 */
import type { Scenario } from "#sim/scenario.js";
import { RAFT_NARRATION } from "../raft/narration.js";
import { LAB_TESTS, runLabTest } from "./suite.js";

const ALL = "all";

export const raftLabScenario: Scenario = {
  name: "raft-lab",
  summary: "the 28 tests of the Raft lab of MIT's course 6.5840, over this Raft",
  parameters: {
    test: {
      type: "choice",
      summary: "one of the tests, or all of them",
      choices: [ALL, ...LAB_TESTS.map(({ name }) => name)],
      default: ALL,
    },
  },
  faults: {},
  mustReach: [
    "raft/append-refused",
    "raft/backtracked",
    "raft/check-quorum-step-down",
    "raft/conflict-truncated",
    "raft/pre-vote-refused",
    "raft/snapshot-installed",
    "raft/snapshot-taken",
  ],
  coverageSeeds: 500,
  narration: RAFT_NARRATION,
  async drive(run) {
    const asked = run.choice("test");
    const drawn = LAB_TESTS.map(({ name }) => name).filter((name) => asked === ALL || asked === name);
    const names = run.planned("tests", drawn);
    for (const test of LAB_TESTS) if (names.includes(test.name)) await runLabTest(run, test);
  },
};
