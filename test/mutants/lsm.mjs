/**
 * Mistakes planted into the LSM tree. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */

/** What a store that has lost something durable shows, however it comes to light. */
const LOST = ["lsm/acknowledged-lost", "lsm/false-damage", "lsm/hole", "lsm/verify", "lsm/stale-read"];

export default [
  {
    id: "lsm-log-cut-before-the-manifest",
    title: "the log is cut before the manifest that names the flushed table is durable",
    source: "S28",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/flush.js",
        find: "    await commitOrDiscard(versions, context, change, [file], () => memtables.drop(immutable));",
        replace: `    await wal.truncatePrefix(logStart);
    await commitOrDiscard(versions, context, change, [file], () => memtables.drop(immutable));`,
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST }],
  },
  {
    id: "lsm-current-before-the-manifest-is-synced",
    title: "CURRENT names a manifest that is not synced",
    source: "S02",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/version/manifest.js",
        find: `            await file.sync();
            await env.disk.syncDir(directory);
            const manifest`,
        replace: `            await env.disk.syncDir(directory);
            const manifest`,
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST, faults: { "power-loss": true } }],
  },
  {
    id: "lsm-older-manifest-removed-before-current-is-durable",
    title: "the older manifest goes while the rename of CURRENT is not durable",
    source: "S01",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/version/manifest.js",
        find: `            await manifest.#renameCurrent(directory);
            await manifest.#publish(directory);`,
        replace: "            await manifest.#renameCurrent(directory);",
      },
    ],
    catchers: [
      {
        scenario: "lsm",
        invariants: LOST,
        parameters: { metadata: "adversarial" },
        faults: { "metadata-loss": true },
      },
    ],
  },
  {
    id: "lsm-current-written-in-place",
    title: "CURRENT is overwritten in its place instead of replaced",
    source: "S05",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/version/manifest.js",
        find: "        const temporaryPath = `${directory}/${CURRENT_TEMPORARY_NAME}`;",
        replace: "        const temporaryPath = `${directory}/${CURRENT_NAME}`;",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST }],
  },
  {
    id: "lsm-table-not-synced",
    title: "the manifest names a table that is not synced",
    source: "S16",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/compaction/table-writer.js",
        find: `        await this.#file.sync(true);
        await this.#file.close();`,
        replace: "        await this.#file.close();",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST }],
  },
  {
    id: "lsm-table-name-not-durable",
    title: "the manifest names a table whose directory entry is not durable",
    source: "S19",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/compaction/table-writer.js",
        find: "        if (this.#finished.length > 0)\n            await env.disk.syncDir(settings.directory);\n",
        replace: "",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST, faults: { "metadata-loss": true } }],
  },
  {
    id: "lsm-sync-failure-of-a-table-ignored",
    title: "a table whose sync failed is named by the manifest",
    source: "S23",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/compaction/table-writer.js",
        find: "        await this.#file.sync(true);",
        replace: "        await this.#file.sync(true).catch(() => undefined);",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST, faults: { "fsync-eio-clean": true } }],
  },
  {
    id: "lsm-sync-of-the-manifest-retried-and-believed",
    title: "a sync of the manifest that failed is tried again, and believed",
    source: "S25",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/version/manifest.js",
        find: `            await this.#file.sync();
        }
        catch (error) {
            throw toStoreError(error, path, "unknown");`,
        replace: `            await this.#file.sync().catch(() => this.#file.sync());
        }
        catch (error) {
            throw toStoreError(error, path, "unknown");`,
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST, faults: { "fsync-eio-clean": true } }],
  },
  {
    id: "lsm-edits-not-synced",
    title: "an edit is taken over before it is durable",
    source: "S10",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/version/manifest.js",
        find: `                throw toStoreError(error, path, "failed");
            }
            await this.#file.sync();`,
        replace: `                throw toStoreError(error, path, "failed");
            }`,
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST }],
  },
  {
    id: "lsm-file-numbers-given-twice",
    title: "after a crash, the number of a file that only the lost part of the manifest knew is given again",
    source: "S13",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/recovery.js",
        find: "const nextNumber = Math.max(recorded.nextNumber, largest + 1);",
        replace: "const nextNumber = recorded.nextNumber;",
      },
    ],
    catchers: [
      {
        scenario: "lsm",
        invariants: ["lsm/does-not-open", "lsm/failed-without-cause", "process/uncaught-error"],
      },
    ],
  },
  {
    id: "lsm-length-trusted-before-the-crc",
    title: "an edit's length is believed before its CRC, and a torn one taken for damage",
    source: "S17",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/version/manifest-reader.js",
        find: "            const isTail = offset >= durableBytes && !hasRecordBehind(bytes, offset, tag);",
        replace: "            const isTail = false;",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: ["lsm/false-damage"] }],
  },
  {
    id: "lsm-memtable-switched-without-the-log",
    title: "the log is cut where the flush ended, not where the memtable was switched",
    source: "memtable switched without a WAL switch",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/flush.js",
        find: "    const logStart = immutable.lastSequence + 1;",
        replace: "    const logStart = memtables.lastSequence + 1;",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: LOST }],
  },
  {
    id: "lsm-tombstone-dropped-too-early",
    title: "a tombstone is dropped while an older level still holds the key",
    source: "common mistake",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/compaction/retention.js",
        find: " && !this.#older.mayHold(keyBytes, keyStart, keyEnd);",
        replace: ";",
      },
    ],
    catchers: [
      {
        scenario: "lsm",
        invariants: [
          "lsm/acknowledged-lost",
          "lsm/resurrected",
          "lsm/stale-read",
          "lsm/acknowledged-changed",
          "lsm/snapshot-changed",
        ],
      },
    ],
  },
  {
    id: "lsm-compaction-drops-what-a-snapshot-sees",
    title: "a compaction drops versions that a snapshot still sees",
    source: "common mistake",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/compaction/compact.js",
        find: "new Retention(env, snapshots.sequences, new OlderLists(compaction.older))",
        replace: "new Retention(env, [], new OlderLists(compaction.older))",
      },
    ],
    catchers: [
      { scenario: "lsm", invariants: ["lsm/snapshot-changed", "lsm/stale-read", "lsm/iterator-wrong"] },
    ],
  },
  {
    id: "lsm-table-removed-under-its-readers",
    title: "a table is closed and removed as soon as the manifest drops it, whoever reads from it",
    source: "compaction reads a file after it was removed",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/version/version.js",
        find: `    hold() {
        assert(this.#holders > 0, "only a living version is held");
        this.#holders++;
    }`,
        replace: "    hold() { }",
      },
      {
        file: "engines/lsm/version/version.js",
        find: `        assert(this.#holders > 0, "who holds a version gives it back once");
        this.#holders--;`,
        replace: "        this.#holders--;",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: ["process/uncaught-error"] }],
  },
  {
    id: "lsm-sequences-given-twice",
    title: "a log that lost its unsynced end goes on below the sequences that stand in tables",
    source: "sequence number reused after recovery",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/recovery.js",
        find: "    await wal.restartAt(logStart);",
        replace: "    await wal.restartAt(wal.lastLsn + 1);",
      },
    ],
    catchers: [
      {
        scenario: "lsm",
        invariants: [...LOST, "lsm/order", "lsm/sequence-reused", "process/uncaught-error"],
        parameters: { policy: "none" },
      },
    ],
  },
  {
    id: "lsm-filter-asked-with-other-keys",
    title: "the filter is built from user keys, but asked with the beginning of internal keys",
    source: "bloom filter built from user keys but asked with internal keys",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/table/table.js",
        find: "filter.mayContain(key, 0, key.length)",
        replace: "filter.mayContain(Uint8Array.of(...key, sequence & 0xff), 0, key.length + 1)",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: ["lsm/stale-read"] }],
  },
  {
    id: "lsm-iterator-sees-the-future",
    title: "an iterator sees versions that are newer than its snapshot",
    source: "iterator sees a newer version than its snapshot",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/read/store-iterator.js",
        find: `                const isVisible = cursor.sequence <= this.#sequence;
                if (!isKept)`,
        replace: `                const isVisible = true;
                if (!isKept)`,
      },
    ],
    catchers: [
      { scenario: "lsm", invariants: ["lsm/snapshot-changed", "lsm/future-read", "lsm/iterator-wrong"] },
    ],
  },
  {
    id: "lsm-crc-of-a-block-not-checked",
    title: "the CRC of a block is not checked",
    source: "block checksum not verified",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/table/format.js",
        find: "    if (readU32(bytes, typeAt + 1) !== crc)",
        replace: "    if (crc < 0)",
      },
    ],
    catchers: [
      {
        scenario: "lsm-disks",
        invariants: [
          "lsm-disks/invented",
          "lsm-disks/acknowledged-changed",
          "lsm-disks/snapshot-changed",
          "lsm-disks/iterator-wrong",
        ],
      },
    ],
  },
  {
    id: "lsm-oldest-table-first",
    title: "the tables of L0 are searched the oldest first",
    source: "L0 files searched oldest first",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/lookup.js",
        find: "        if (found !== undefined && (!isLevel0 || level0[at].meta.largestSequence <= found.sequence))",
        replace: "        if (found !== undefined)",
      },
      {
        file: "engines/lsm/lookup.js",
        find: "        const file = isLevel0 ? level0[at] :",
        replace: "        const file = isLevel0 ? level0[level0.length - 1 - at] :",
      },
    ],
    catchers: [{ scenario: "lsm", invariants: ["lsm/stale-read", "lsm/snapshot-changed"] }],
  },
  {
    id: "lsm-newer-table-goes-down-alone",
    title: "a table of L0 goes down without the older ones whose keys overlap with it",
    source: "common mistake",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/compaction/leveled.js",
        find: "    let taken = files.slice(-1);",
        replace: "    let taken = files.slice(0, 1);\n    if (taken.length > 0)\n        return taken;",
      },
    ],
    catchers: [
      {
        scenario: "lsm",
        invariants: [
          "lsm/stale-read",
          "lsm/resurrected",
          "lsm/acknowledged-lost",
          "lsm/verify",
          "process/uncaught-error",
        ],
      },
    ],
  },
  {
    id: "lsm-batch-visible-before-the-log-has-it",
    title: "a batch can be read before the log has acknowledged it",
    source: "common mistake",
    engine: "lsm",
    edits: [
      {
        file: "engines/lsm/writer.js",
        find: `        this.#sequence = firstSequence;
        batch.forEachRecord(this.#add);`,
        replace: `        this.#sequence = firstSequence;
        batch.forEachRecord(this.#add);
        this.#core.memtables.publish(firstSequence + batch.count - 1);`,
      },
      {
        file: "engines/lsm/writer.js",
        find: `        memtables.publish(lastSequence);
`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "lsm",
        invariants: [
          "lsm/future-read",
          "lsm/failed-yet-there",
          "lsm/resurrected",
          "lsm/acknowledged-lost",
          "lsm/invented",
          "lsm/hole",
          "lsm/stale-read",
          "lsm/snapshot-changed",
          "process/uncaught-error",
          "lsm/sequence-reused",
          "lsm/order",
        ],
      },
    ],
  },
];
