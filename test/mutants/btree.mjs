/**
 * Mistakes planted into the B-tree. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */

/** What a store that has lost something durable shows, however it comes to light. */
const LOST = [
  "btree/acknowledged-lost",
  "btree/false-damage",
  "btree/hole",
  "btree/verify",
  "btree/stale-read",
  "btree/torn-batch",
  "btree/does-not-open",
];
/** What a tree that is no tree any more shows: the structure's own check, or wrong answers. */
const MISSHAPEN = [
  "btree/verify",
  "btree/false-damage",
  "btree/stale-read",
  "btree/iterator-wrong",
  "btree/snapshot-changed",
  "btree/acknowledged-lost",
  "btree/failed-without-cause",
  "process/uncaught-error",
];

export default [
  {
    id: "btree-split-loses-the-median",
    title: "a split loses the key in the middle",
    source: "split loses the median key",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/restructure.js",
        find: "const rightFrom = isLeaf ? cut : cut + 1;",
        replace: "const rightFrom = cut + 1;",
      },
    ],
    catchers: [{ scenario: "btree", invariants: MISSHAPEN }],
  },
  {
    id: "btree-merge-forgets-the-separator",
    title: "a merge leaves the separator of the page that is gone in the parent",
    source: "merge forgets the parent's separator",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/restructure.js",
        find: `            this.#merge(pair, run, level);
            return { slot: separatorSlot, removes: true, cell: undefined };`,
        replace: `            this.#merge(pair, run, level);
            return undefined;`,
      },
    ],
    catchers: [{ scenario: "btree", invariants: MISSHAPEN }],
  },
  {
    id: "btree-borrow-with-the-wrong-separator",
    title: "a borrow writes the separator beside another sibling",
    source: "borrow from the wrong sibling",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/restructure.js",
        find: "        return { slot: separatorSlot, removes: true, cell: makeInternalCell(separator, rightId) };",
        replace:
          "        return { slot: Math.max(0, separatorSlot - 1), removes: true, cell: makeInternalCell(separator, rightId) };",
      },
    ],
    catchers: [{ scenario: "btree", invariants: MISSHAPEN }],
  },
  {
    id: "btree-root-not-collapsed",
    title: "a root with one child stays",
    source: "root not collapsed",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/restructure.js",
        find: "        if (isRoot && level > 0 && edit.removes && edit.cell === undefined && pageCount(page) === 1) {",
        replace: "        if (isRoot && level > 9) {",
      },
    ],
    catchers: [{ scenario: "btree", invariants: MISSHAPEN }],
  },
  {
    id: "btree-sibling-link-not-updated",
    title: "after a split, the page to the right still has the old page as its left sibling",
    source: "sibling link not updated",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/restructure.js",
        find: "        this.#relinkLeft(rightSibling(page), id, newId, level);\n",
        replace: "",
      },
    ],
    catchers: [{ scenario: "btree", invariants: MISSHAPEN }],
  },
  {
    id: "btree-free-page-stays-on-the-list",
    title: "a page of the free list is used again, and the list goes on naming it",
    source: "common mistake",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/draft.js",
        find: `            this.change(state.freeHead, { kind: "popFree", count: taken });\n`,
        replace: "",
      },
    ],
    catchers: [{ scenario: "btree", invariants: MISSHAPEN }],
  },
  {
    id: "btree-freed-pages-leak",
    title: "the overflow pages of a value that is replaced are never freed",
    source: "common mistake",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/write.js",
        find: "    draft.free(ids);\n",
        replace: "",
      },
    ],
    catchers: [{ scenario: "btree", invariants: ["btree/verify"] }],
  },
  {
    id: "btree-page-written-before-its-log-record",
    title: "a dirty page is evicted before its log record is durable",
    source: "dirty page evicted before its log record",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/pool/buffer-pool.js",
        find: "(!frame.isDirty || (this.#mayWrite && frame.lsn <= this.#parts.log.durableLsn))",
        replace: "(!frame.isDirty || this.#mayWrite)",
      },
      {
        file: "engines/btree/pool/buffer-pool.js",
        find: `        assert(frame.lsn <= this.#parts.log.durableLsn, "no page reaches the disk before its log record is durable");\n`,
        replace: "",
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST, parameters: { policy: "none" } }],
  },
  {
    id: "btree-no-full-page-image",
    title: "the first change of a page after a checkpoint logs the change alone",
    source: "no full-page image after a checkpoint",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/workspace.js",
        find: "            draft.isWhole = draft.lsn < this.#imageLsn;",
        replace: "            draft.isWhole = false;",
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST }],
  },
  {
    id: "btree-checksum-without-the-page-number",
    title: "the checksum of a page does not cover its number",
    source: "page checksum without the page number",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/page/seal.js",
        find: "    return crc32c(page, CRC_BYTES, page.length, (tag ^ id) >>> 0);",
        replace: "    return crc32c(page, CRC_BYTES, page.length, tag >>> 0);",
      },
    ],
    catchers: [
      {
        scenario: "btree-disks",
        invariants: [
          "btree-disks/invented",
          "btree-disks/acknowledged-changed",
          "btree-disks/acknowledged-lost",
          "btree-disks/snapshot-changed",
          "btree-disks/iterator-wrong",
          "btree-disks/stale-read",
          "btree-disks/hole",
          "btree-disks/torn-batch",
          "btree-disks/verify",
          "process/uncaught-error",
        ],
        faults: { "misdirected-read": true, "misdirected-write": true },
      },
    ],
  },
  {
    id: "btree-checksum-of-a-page-not-checked",
    title: "the checksum of a page is not checked",
    source: "common mistake",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/page/seal.js",
        find: "    if (readU32(page, 0) !== checksum(page, id, tag))",
        replace: "    if (checksum(page, id, tag) < 0)",
      },
    ],
    catchers: [
      {
        scenario: "btree-disks",
        invariants: [
          "btree-disks/invented",
          "btree-disks/acknowledged-changed",
          "btree-disks/snapshot-changed",
          "btree-disks/iterator-wrong",
          "btree-disks/stale-read",
        ],
      },
    ],
  },
  {
    id: "btree-one-bad-superblock-is-the-end",
    title: "where the first superblock is bad, the store gives up, though the second is good",
    source: "S20",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/superblock.js",
        find: "        return second === undefined ? undefined : 1;",
        replace: "        return undefined;",
      },
    ],
    catchers: [{ scenario: "btree", invariants: ["btree/false-damage"] }],
  },
  {
    id: "btree-superblock-before-the-pages",
    title: "the superblock names the checkpoint before its pages are synced",
    source: "S22",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/checkpoint.js",
        find: `        const writtenPages = await this.#writePages(dirty);
        await this.#sync();`,
        replace: "        const writtenPages = await this.#writePages(dirty);",
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST }],
  },
  {
    id: "btree-log-cut-before-the-superblock",
    title: "the log is cut before the superblock of the checkpoint is durable",
    source: "S34",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/checkpoint.js",
        find: `        // One after the other: at any moment one of them is good.
        await this.#writeSuperblock(redoLsn);
        await this.#writeSuperblock(redoLsn);
        await wal.truncatePrefix(redoLsn);`,
        replace: `        await wal.truncatePrefix(redoLsn);
        await this.#writeSuperblock(redoLsn);
        await this.#writeSuperblock(redoLsn);`,
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST }],
  },
  {
    id: "btree-checkpoint-misses-dirty-pages",
    title: "a checkpoint does not write all of the pages that were dirty when it began",
    source: "S31",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/checkpoint.js",
        find: "        return { redoLsn, dirty: pool.dirtyIds(), loggedBytes: this.#loggedBytes };",
        replace:
          "        return { redoLsn, dirty: pool.dirtyIds().slice(1), loggedBytes: this.#loggedBytes };",
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST }],
  },
  {
    id: "btree-sync-failure-of-a-checkpoint-ignored",
    title: "a checkpoint counts though the sync of its pages failed",
    source: "S23",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/checkpoint.js",
        find: `            await this.#core.file.sync();`,
        replace: `            await this.#core.file.sync().catch(() => undefined);`,
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST, faults: { "fsync-eio-clean": true } }],
  },
  {
    id: "btree-sync-of-a-checkpoint-retried-and-believed",
    title: "a sync of the pages that failed is tried again, and believed",
    source: "S25",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/checkpoint.js",
        find: `            await this.#core.file.sync();`,
        replace: `            await this.#core.file.sync().catch(() => this.#core.file.sync());`,
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST, faults: { "fsync-eio-clean": true } }],
  },
  {
    id: "btree-recovered-pages-taken-for-written",
    title: "the pages that recovery made anew count as written, and the next checkpoint leaves them out",
    source: "S26",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/pool/buffer-pool.js",
        find: `        assert(lsn > frame.lsn, "recovery goes forward");
        frame.lsn = lsn;
        this.#markDirty(frame);`,
        replace: `        assert(lsn > frame.lsn, "recovery goes forward");
        frame.lsn = lsn;`,
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST }],
  },
  {
    id: "btree-record-done-again-from-the-checkpoint-after",
    title: "recovery begins behind the first record that the checkpoint needs",
    source: "common mistake",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/recovery.js",
        find: "    for await (const { firstLsn, records } of wal.scan(checkpointLsn)) {",
        replace:
          "    for await (const { firstLsn, records } of wal.scan(Math.min(checkpointLsn + 1, wal.lastLsn + 1))) {",
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST }],
  },
  {
    id: "btree-readers-see-the-writer-at-work",
    title: "a snapshot reads pages as the writer has left them",
    source: "common mistake",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/views.js",
        find: "                if (page.untilSequence <= sequence)",
        replace: "                if (page.untilSequence > 0)",
      },
    ],
    catchers: [
      {
        scenario: "btree",
        invariants: [
          "btree/snapshot-changed",
          "btree/future-read",
          "btree/iterator-wrong",
          "btree/false-damage",
          "process/uncaught-error",
          "btree/verify",
        ],
      },
    ],
  },
  {
    id: "btree-pages-named-before-they-are-synced",
    title: "the file of a new store gets its name before it is synced",
    source: "S02",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/create.js",
        find: `        await file.sync();
    }`,
        replace: "    }",
      },
    ],
    catchers: [{ scenario: "btree", invariants: LOST }],
  },
  {
    id: "btree-acknowledges-before-the-log",
    title: "a batch is acknowledged before the log has it",
    source: "common mistake",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/writer.js",
        find: `        if (records.length === 1)
            return wal.append(records[0]);
        return wal.appendBatch(records).then(({ lastLsn }) => lastLsn);`,
        replace: `        const lastLsn = wal.lastLsn + records.length;
        const copies = records.map((record) => record.slice());
        void wal.appendBatch(copies).catch(() => undefined);
        return Promise.resolve(lastLsn);`,
      },
    ],
    catchers: [{ scenario: "btree", invariants: [...LOST, "process/uncaught-error"] }],
  },
  {
    id: "btree-chain-stamp-not-compared",
    title: "an overflow page is not asked whose value it holds",
    source: "found here: btree-disks seed 1361",
    engine: "btree",
    edits: [
      {
        file: "engines/btree/tree/overflow.js",
        find: "if (overflowStamp(page) !== chain.stamp)",
        replace: "if (chain.stamp < 0)",
      },
    ],
    catchers: [{ scenario: "btree-disks", invariants: ["btree-disks/acknowledged-changed"] }],
  },
];
