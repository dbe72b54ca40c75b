/**
 * Mistakes planted into transactions of the broker. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */

const RULES = (...names) => names.map((name) => `transactions/${name}`);
/** What shows that more is readable than was committed, or less. */
const NOT_WHOLE = RULES("aborted-read", "open-read", "committed-lost", "partial", "read-changed", "skipped");
/** What shows that a pipeline has not passed each record once. */
const NOT_ONCE = RULES(
  "source-lost",
  "source-twice",
  "source-uncommitted",
  "position-behind",
  "position-uncommitted",
);
const HANGING = RULES("hanging");
/** What shows that two coordinators differ on how a transaction ends, or leaders on what was decided. */
const UNDECIDED = RULES("decided-twice", "marked-undecided");
const SCENARIO = "transactions";

export default [
  {
    id: "transaction-late-produce-joins-next",
    title:
      "a late batch of a transaction that is over, and what asks to add its partition, join the next one",
    source: "K31",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/transaction/rules.js",
        find: "const stranger = refuseStranger(stored, asked);\n    if (stranger !== undefined)\n        return stranger;\n    if (isEnding(stored))\n        return UNDER_WAY;\n    const before",
        replace: "if (isEnding(stored))\n        return UNDER_WAY;\n    const before",
      },
      {
        file: "engines/broker/log/producer-states.js",
        find: "if (producerEpoch < state.producerEpoch) {",
        replace: "if (producerEpoch < 0) {",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: [...NOT_WHOLE, ...HANGING, ...NOT_ONCE] }],
  },
  {
    id: "transaction-aborted-records-served",
    title: "a leader does not tell readers of committed records which transactions were aborted",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/leader-reads.js",
        find: "const aborted = isCommittedOnly ? of.log.abortedBetween(request.fetchOffset, end) : [];",
        replace: "const aborted = [];",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: RULES("aborted-read", "open-read") }],
  },
  {
    id: "transaction-open-is-stable",
    title: "readers of committed records get all up to the high watermark, of open transactions too",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/leader-reads.js",
        find: "const end = isCommittedOnly ? of.lastStableOffset : endFor(of, replica);",
        replace: "const end = endFor(of, replica);",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: [...NOT_WHOLE, ...NOT_ONCE] }],
  },
  {
    id: "transaction-markers-once",
    title:
      "a coordinator asks once for the markers, and calls the transaction complete whoever has written them",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/transaction/transactions.js",
        find: "left = left.filter((each) => !names.has(partitionName(each)));",
        replace: "left = names.size < 0 ? left : [];",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: [...HANGING, ...NOT_WHOLE] }],
  },
  {
    id: "transaction-zombie-not-fenced",
    title: "a new producer of a transactional id gets the epoch of the one before",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/transaction/rules.js",
        find: "const producer = stored === undefined ? unused : following(identityOf(stored), freshId);",
        replace: "const producer = stored === undefined ? unused : identityOf(stored);",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: [...NOT_WHOLE, ...HANGING, ...NOT_ONCE] }],
  },
  {
    id: "transaction-answered-before-committed",
    title: "a producer hears that its transaction has ended before that is committed",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/transaction/transactions.js",
        find: "let before;\n        const writing",
        replace: "let before, decided;\n        const writing",
      },
      {
        file: "engines/broker/transaction/transactions.js",
        find: "return { records, answer: ruling };",
        replace: "decided = ruling;\n            return { records, answer: ruling };",
      },
      {
        file: "engines/broker/transaction/transactions.js",
        find: "const ruling = await writing;",
        replace:
          "const ruling = decided?.ok === true ? (writing.catch(() => undefined), decided) : await writing;",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: [...UNDECIDED, ...NOT_WHOLE, ...NOT_ONCE] }],
  },
  {
    id: "transaction-marked-before-committed",
    title: "markers go out before it is committed how the transaction ends",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/transaction/transactions.js",
        find: "await this.#persist(() => shard.read(() => undefined));",
        replace: "",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: [...UNDECIDED, ...NOT_WHOLE, ...NOT_ONCE] }],
  },
  {
    id: "transaction-not-resumed",
    title: "a new coordinator leaves alone what was decided before, and not told to all",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/transaction/transactions.js",
        find: 'reached(plan.env, "transaction/resumed");\n            this.#attend(transactionalId);',
        replace:
          'reached(plan.env, "transaction/resumed");\n            else\n                this.#attend(transactionalId);',
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: [...HANGING, ...NOT_WHOLE, "liveness/pipeline-stuck"] }],
  },
  {
    id: "transaction-never-times-out",
    title: "a transaction that its producer has left open stays open",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/transaction/transactions.js",
        find: "lifeline.run(() => this.#persist(() => this.#abort(transactionalId, producer)));",
        replace: "",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: HANGING }],
  },
  {
    id: "transaction-offsets-before-marker",
    title: "offsets of a transaction count at once, not from its marker on",
    source: "KIP-447",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/offset-store.js",
        find: "put(pending.groups, group, offset);",
        replace: "put(this.#committed, group, offset);",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: NOT_ONCE }],
  },
  {
    id: "transaction-offsets-not-awaited",
    title: "a member that takes over gets the offset of before a transaction that has not ended",
    source: "KIP-447",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/group/offset-store.js",
        find: "if (groups.get(group)?.has(name) === true)",
        replace: "if (groups.size < 0)",
      },
    ],
    catchers: [{ scenario: SCENARIO, invariants: NOT_ONCE }],
  },
];
