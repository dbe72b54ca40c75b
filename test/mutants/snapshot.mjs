/**
 * Mistakes planted into the snapshots. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */
export default [
  {
    id: "older-snapshot-removed-before-rename-is-durable",
    title: "the older snapshot goes before the new one is durable under its name",
    source: "S01",
    engine: "snapshot",
    edits: [
      {
        file: "engines/snapshot/store.js",
        find: `        try {
            await env.disk.syncDir(this.#directory);`,
        replace: `        try {
            await this.#removeOlder(lsn);
            await env.disk.syncDir(this.#directory);`,
      },
      {
        file: "engines/snapshot/store.js",
        find: `        await this.#removeOlder(lsn);
        return this.#latest;`,
        replace: "        return this.#latest;",
      },
    ],
    catchers: [
      {
        scenario: "wal-snapshot",
        invariants: ["wal-snapshot/gap"],
        parameters: { operations: 150, metadata: "adversarial" },
        faults: { "metadata-loss": true },
      },
    ],
  },
  {
    id: "log-cut-before-rename-is-durable",
    title: "save returns before the snapshot's name is durable, and the caller drops the log",
    source: "common mistake",
    engine: "snapshot",
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
    catchers: [{ scenario: "wal-snapshot", invariants: ["wal-snapshot/gap"] }],
  },
  {
    id: "name-found-at-open-not-made-durable",
    title: "a snapshot found when the store is opened is trusted, though its name may not be durable",
    source: "S19",
    engine: "snapshot",
    edits: [
      {
        file: "engines/snapshot/store.js",
        find: `            await env.disk.syncDir(directory);
            await sweep(`,
        replace: "            await sweep(",
      },
    ],
    catchers: [
      {
        scenario: "wal-snapshot",
        invariants: ["wal-snapshot/gap"],
        parameters: { operations: 150, metadata: "adversarial" },
        faults: { "metadata-loss": true },
      },
    ],
    note: "The process died between rename and the sync of the directory; the next one removes the older snapshot.",
  },
  {
    id: "snapshot-written-in-place",
    title: "a snapshot is written under its own name, unsynced",
    source: "S05",
    engine: "snapshot",
    edits: [
      {
        file: "engines/snapshot/store.js",
        find: "const temporaryPath = `${path}.tmp`;",
        replace: "const temporaryPath = path;",
      },
      { file: "engines/snapshot/store.js", find: "            await file.sync();\n", replace: "" },
      {
        file: "engines/snapshot/store.js",
        find: "            await disk.rename(temporaryPath, path);\n",
        replace: "",
      },
    ],
    catchers: [{ scenario: "wal-snapshot", invariants: ["wal-snapshot/false-damage"] }],
  },
  {
    id: "snapshot-not-synced",
    title: "a snapshot gets its name without a sync before it",
    source: "S16",
    engine: "snapshot",
    edits: [{ file: "engines/snapshot/store.js", find: "            await file.sync();\n", replace: "" }],
    catchers: [{ scenario: "wal-snapshot", invariants: ["wal-snapshot/false-damage"] }],
  },
  {
    id: "snapshot-renamed-before-sync",
    title: "a snapshot gets its name, and is synced after",
    source: "common mistake",
    engine: "snapshot",
    edits: [
      {
        file: "engines/snapshot/store.js",
        find: `            await file.sync();
            await file.close();
            isRenaming = true;
            await disk.rename(temporaryPath, path);`,
        replace: `            isRenaming = true;
            await disk.rename(temporaryPath, path);
            await file.sync();
            await file.close();`,
      },
    ],
    catchers: [{ scenario: "wal-snapshot", invariants: ["wal-snapshot/false-damage"] }],
  },
  {
    id: "checkpoint-on-a-stale-view-of-the-log",
    title: "truncatePrefix runs beside the writer, and puts back the segments that it saw before",
    source: "S31",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/wal.js",
        find: "return this.#writer.run(() => this.#log.truncatePrefix(lsn));",
        replace: "return this.#log.truncatePrefix(lsn);",
      },
      {
        file: "engines/wal/log.js",
        find: `        this.#segments = this.#segments.filter((each) => !dropped.includes(each));
        this.#firstLsn = lsn;`,
        replace: `        const kept = this.#segments.filter((each) => !dropped.includes(each));
        await this.#remove(dropped);
        this.#segments = kept;
        this.#firstLsn = lsn;`,
      },
      {
        file: "engines/wal/log.js",
        find: `            reached(env, "wal/truncate-prefix-removed-segment");
        await this.#remove(dropped);`,
        replace: `            reached(env, "wal/truncate-prefix-removed-segment");`,
      },
    ],
    catchers: [
      {
        scenario: "wal-snapshot",
        invariants: [
          "wal-snapshot/acknowledged-lost",
          "wal-snapshot/acknowledged-changed",
          "wal-snapshot/false-damage",
        ],
      },
    ],
    note: "As in SQLite, a checkpoint beside a writer misses that the log went on in a new file.",
  },
];
