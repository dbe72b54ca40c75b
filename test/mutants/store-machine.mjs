/**
 * Mistakes planted into Raft's state machine on a storage engine. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */

/** What a server shows whose state is not that of the log. */
const PARTED = [
  "raft/linearizability",
  "raft/not-converged",
  "raft/state-machine-safety",
  "process/uncaught-error",
];

export default [
  {
    id: "machine-place-ahead-of-the-state",
    title: "the place in the log is written before what was applied up to there, not with it",
    source: "etcd v3.5 data inconsistency postmortem",
    engine: "store-machine",
    edits: [
      {
        file: "engines/raft/store-machine/machine.js",
        find: "            await home.store.write(this.#changes.toBatch(at));",
        replace: `            const batch = this.#changes.toBatch(at);
            await home.store.write([batch.pop()]);
            if (batch.length > 0)
                await home.store.write(batch);`,
      },
    ],
    catchers: [{ scenario: "raft-lsm", invariants: PARTED }],
  },
  {
    id: "machine-sessions-not-in-the-batch",
    title: "what sessions have had applied is not written with the state",
    source: "common mistake",
    engine: "store-machine",
    edits: [
      {
        file: "engines/raft/store-machine/changes.js",
        find: "        this.#sessions.set(session, row);",
        replace: "",
      },
    ],
    catchers: [{ scenario: "raft-btree", invariants: PARTED }],
  },
  {
    id: "machine-answers-before-the-seal",
    title: "a command is answered before reads can see what it did",
    source: "common mistake",
    engine: "store-machine",
    edits: [
      {
        file: "engines/raft/durable-applier.js",
        find: `        await this.#machine.seal(at);
        this.#at = at;
        for (const { entry, digest, result } of executed)
            tellApplied(this.#host, entry, digest, result);
        this.#host.applied(at.index);`,
        replace: `        this.#at = at;
        for (const { entry, digest, result } of executed)
            tellApplied(this.#host, entry, digest, result);
        this.#host.applied(at.index);
        await this.#machine.seal(at);`,
      },
    ],
    catchers: [{ scenario: "raft-lsm", invariants: PARTED }],
  },
  {
    id: "machine-believes-a-failed-batch",
    title: "a batch that the store refused is taken for written",
    source: "common mistake",
    engine: "store-machine",
    edits: [
      {
        file: "engines/raft/store-machine/machine.js",
        find: "            await this.#onFailure(home, error);\n        }\n        this.#changes.clear();",
        replace: "            void error;\n        }\n        this.#changes.clear();",
      },
    ],
    catchers: [{ scenario: "raft-btree", invariants: PARTED, faults: { enospc: true } }],
  },
];
