/**
 * Mistakes planted into the write-ahead log. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */
export default [
  // Acknowledgements and syncs

  {
    id: "ack-before-sync",
    title: "an append is acknowledged, and synced after",
    source: "Jepsen, NATS 2.12.1; KAFKA-10533",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/writer.js",
        find: `        if (await this.#isStep(() => this.#syncUnderWork(batch, firstLsn), batch, "unknown")) {
            this.#acknowledge(batch, firstLsn);
        }`,
        replace: `        this.#acknowledge(batch, firstLsn);
        await this.#isStep(() => this.#log.sync(), batch, "unknown");`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
  },
  {
    id: "group-acknowledges-as-interval",
    title: "the policies that promise durability acknowledge as the policy `interval` does",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/writer.js",
        find: `return kind === "interval" || kind === "none";`,
        replace: `return kind !== "each";`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"], parameters: { policy: "group" } }],
  },
  {
    id: "interval-claims-what-is-not-synced",
    title: "the policy `interval` calls records durable that no sync covered",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: `            return;
        await this.#syncActive(isBusyMeanwhile);`,
        replace: `            return;
        if (this.#context.settings.policy.kind !== "interval")
            await this.#syncActive(isBusyMeanwhile);`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
  },
  {
    id: "interval-never-syncs",
    title: "the policy `interval` sets its timer, and does not sync when it fires",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/writer.js",
        find: "            void this.#enqueue(() => this.#log.sync()).catch(() => undefined);",
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "wal",
        invariants: ["wal/acknowledged-lost"],
        parameters: { policy: "interval" },
        faults: { pause: false, "slow-disk": false, "disk-stall": false, "clock-drift": false },
      },
    ],
    note: "What the policy promises in time is judged only where nothing makes time or the disk slow.",
  },
  {
    id: "sync-covers-later-writes",
    title: "a sync is believed to cover what was written while it was under way",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: `            return;
        await this.#syncActive(isBusyMeanwhile);
        this.#persisted(upTo);`,
        replace: `            return;
        await this.#syncActive(isBusyMeanwhile);
        this.#persisted(this.lastLsn);`,
      },
      {
        file: "engines/wal/writer.js",
        find: "void this.#enqueue(() => this.#log.sync()).catch(() => undefined);",
        replace: "void this.#log.sync().catch(() => undefined);",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
    note: "The log has one thing under way at a time, so the timer's sync has to bypass the queue as well.",
  },
  {
    id: "sync-result-ignored",
    title: "a sync that failed counts as done",
    source: "S23",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: `            throw syncFailed(this.#active.path, error, "unknown");`,
        replace: "",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
  },
  {
    id: "sync-retried-and-believed",
    title: "a sync that failed is tried again, and its success believed",
    source: "S25",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: `            throw syncFailed(this.#active.path, error, "unknown");`,
        replace: "            await this.#syncActive();",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
  },
  {
    id: "appends-after-failed-sync",
    title: "after a sync failed, the log tells the writer and goes on",
    source: "KAFKA-10778",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/writer.js",
        find: "        this.#failure = failure;",
        replace: "",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
  },

  // Checksums

  {
    id: "crc-not-checked",
    title: "the CRC of a batch is not checked",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/format.js",
        find: "    if (readU32(bytes, at) !== crc)",
        replace: "    if (false)",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/invented", "wal/acknowledged-changed"] }],
  },
  {
    id: "crc-misses-length",
    title: "the CRC does not cover the length of a record, and nothing else checks it",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/format.js",
        find: "    writeU32(bytes, at, crc32c(bytes, at + 4, at + sizeBytes, seedOf(place.identity, place.offset)));",
        replace: `    const seed = crc32c(bytes, at + 4, at + BATCH_HEADER_BYTES, seedOf(place.identity, place.offset));
    writeU32(bytes, at, crc32c(bytes, at + BATCH_HEADER_BYTES + RECORD_PREFIX_BYTES, at + sizeBytes, seed));`,
      },
      {
        file: "engines/wal/format.js",
        find: "    const crc = crc32c(bytes, at + 4, at + sizeBytes, seedOf(identity, offset));",
        replace: `    const seed = crc32c(bytes, at + 4, at + BATCH_HEADER_BYTES, seedOf(identity, offset));
    const crc = crc32c(bytes, at + BATCH_HEADER_BYTES + RECORD_PREFIX_BYTES, at + sizeBytes, seed);`,
      },
      { file: "engines/wal/format.js", find: "    return at === end;", replace: "    return true;" },
      {
        file: "engines/wal/format.js",
        find: `        if (at + RECORD_PREFIX_BYTES > end)
            return false;`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "wal-lying-disk",
        invariants: ["wal-lying-disk/invented", "wal-lying-disk/acknowledged-changed"],
        faults: { "bit-rot": true, "lost-fsync": false, "lost-write": false },
      },
    ],
    note: "Without the last two edits the lengths have to add up to the payload, which catches a wrong one.",
  },
  {
    id: "length-trusted-before-crc",
    title: "the length in a batch's header is followed before its CRC is checked",
    source: "S17",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/format.js",
        find: `    if (sizeBytes > fileBytes)
        return { bad: \`a batch of \${sizeBytes} bytes where \${fileBytes} are left\` };`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "wal-lying-disk",
        invariants: ["wal-lying-disk/damage-unnoticed"],
        parameters: { operations: 150, policy: "each" },
        faults: {
          "bit-rot": true,
          "lost-fsync": false,
          "lost-write": false,
          "stale-read": false,
          "no-psow": false,
          "misdirected-write": false,
          "misdirected-read": false,
          "read-eio": false,
        },
      },
    ],
    note: "Reads are bounded by the file all the same, so memory lasts. But a length that goes beyond the file ends the search behind a hole, and with it goes the proof that the hole is damage.",
  },
  {
    id: "garbage-tail-accepted",
    title: "the last batch of a file is accepted whatever its CRC",
    source: "S04",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/format.js",
        find: "    if (readU32(bytes, at) !== crc)",
        replace: "    if (readU32(bytes, at) !== crc && sizeBytes < fileBytes)",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/invented", "wal/acknowledged-changed"] }],
  },

  // Holes, tails and damage

  {
    id: "hole-skipped",
    title: "recovery skips a bad place and goes on with the next valid batch",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/batch-reader.js",
        find: `        bad =
            "bad" in found ? found.bad : found.firstLsn === lsn ? undefined : \`a batch with LSN \${found.firstLsn}\`;
        if ("bad" in found || bad !== undefined)
            break;`,
        replace: `        if ("bad" in found) {
            offset += BATCH_ALIGNMENT;
            continue;
        }`,
      },
      {
        file: "engines/wal/batch-reader.js",
        find: `            if (batches.length === 0)
                return found;
            break;`,
        replace: `            if (offset === from.offset)
                return found;
            break;`,
      },
      {
        file: "engines/wal/batch-reader.js",
        find: `        if (chunk.bad !== undefined)
            return { at, bad: chunk.bad };`,
        replace: "        at = chunk.next;",
      },
      {
        file: "engines/wal/segment.js",
        find: `        assert(offset === this.#endOffset, "a batch begins where the one before it ends");`,
        replace: "        this.#endOffset = offset;",
      },
      {
        file: "engines/wal/reader.js",
        find: "lsn += records.length;",
        replace: "lsn = chunk.batches.at(-1).lastLsn + 1;",
      },
    ],
    catchers: [
      {
        scenario: "wal",
        invariants: ["wal/hole", "wal/acknowledged-changed", "wal/client-order", "wal/resurrected"],
      },
    ],
    note: "A log that skips can't insist on batches without gaps, nor count records to know where it is.",
  },
  {
    id: "truncated-segment-taken-for-clean-end",
    title: "a segment that lost its end is taken for complete, and the next one replayed behind it",
    source: "S07",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/survey.js",
        find: "damageIn(segment, end.at, end.bad, remains, lastLsn ?? provenLsn)",
        replace: "lastLsn !== undefined ? [] : damageIn(segment, end.at, end.bad, remains, provenLsn)",
      },
      {
        file: "engines/wal/reader.js",
        find: "            const holder = this.#log.segmentOf(lsn);",
        replace: `            let holder = this.#log.segmentOf(lsn);
            if (lsn > holder.lastLsn) {
                holder = this.#log.segments[this.#log.segments.indexOf(holder) + 1];
                lsn = holder.firstLsn;
            }`,
      },
    ],
    catchers: [{ scenario: "wal-lying-disk", invariants: ["wal-lying-disk/hole"] }],
    note: "Recovery alone is not enough: a scan that meets the hole would report it.",
  },
  {
    id: "rot-taken-for-torn-tail",
    title: "a bad batch in the last segment is the end of the log, whatever stands behind it",
    source: "S35",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/survey.js",
        find: "damageIn(segment, end.at, end.bad, remains, lastLsn ?? provenLsn)",
        replace: "damageIn(segment, end.at, end.bad, remains, lastLsn ?? 0)",
      },
    ],
    catchers: [{ scenario: "wal-lying-disk", invariants: ["wal-lying-disk/damage-unnoticed"] }],
  },
  {
    id: "damage-not-refused",
    title: "recovery finds damage, reports it, and opens the log",
    source: "Alagappan et al., FAST'18",
    engine: "wal",
    edits: [{ file: "engines/wal/recovery.js", find: "    throw damage;", replace: "" }],
    catchers: [{ scenario: "wal-lying-disk", invariants: ["wal-lying-disk/hole"] }],
  },
  {
    id: "torn-tail-taken-for-damage",
    title: "a torn tail is refused as damage",
    source: "cockroach#54185",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/survey.js",
        find: "damageIn(segment, end.at, end.bad, remains, lastLsn ?? provenLsn)",
        replace:
          "damageIn(segment, end.at, end.bad, remains, lastLsn ?? Math.max(provenLsn, ...remains.batches.map((batch) => batch.lastLsn)))",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/false-damage"] }],
    note: "It takes any valid batch behind the hole for a proof that the hole was durable.",
  },
  {
    id: "torn-tail-not-cut",
    title: "the next append goes over a torn tail that nobody cut",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/recovery.js",
        find: "    if (isProven && tail.tornBytes === 0)",
        replace: "    if (isProven)",
      },
    ],
    catchers: [
      {
        scenario: "wal",
        invariants: ["wal/resurrected", "wal/acknowledged-changed"],
        parameters: { operations: 200, policy: "none", clients: 1 },
        faults: { "torn-write": true, "reordered-write": true },
      },
    ],
    note: "A new batch has to end exactly where an old one begins, and be the last before a crash.",
  },
  {
    id: "unknown-outcome-reported-as-failed",
    title: "an append whose sync failed is reported as certainly not done",
    source: "redisraft#23",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/writer.js",
        find: `this.#isStep(() => this.#syncUnderWork(batch, firstLsn), batch, "unknown")`,
        replace: `this.#isStep(() => this.#syncUnderWork(batch, firstLsn), batch, "failed")`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/failed-yet-there"] }],
  },
  {
    id: "atomic-append-divided",
    title: "the records of an atomic append go to batches of their own",
    source: "S11",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/writer.js",
        find: `            const batch = this.#batchFor(payloadBytes);
            for (const record of records)
                batch.add(record);`,
        replace: `            let batch;
            for (const record of records) {
                batch = this.#batchFor(payloadBytes);
                batch.add(record);
            }`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/torn-batch"] }],
  },

  // Segments

  {
    id: "segment-without-directory-sync",
    title: "the name of a new segment is not made durable",
    source: "KAFKA-3968, KAFKA-16541",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/files.js",
        find: `    await syncDirectory(env, settings.directory);
    const { number`,
        replace: "    const { number",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
  },
  {
    id: "first-segment-not-synced",
    title: "the first segment of a new log gets its name before its header is synced",
    source: "S02",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/files.js",
        find: "        await syncFile(file);",
        replace: `        if (plan.number > 1)
            await syncFile(file);`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/false-damage"] }],
  },
  {
    id: "segment-named-before-sync",
    title: "a segment gets its name, and is synced after",
    source: "S10",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/files.js",
        find: `        await syncFile(file);
        await env.disk.rename(temporaryPath, path);`,
        replace: `        await env.disk.rename(temporaryPath, path);
        await syncFile(file);`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/false-damage"] }],
  },
  {
    id: "segment-never-synced",
    title: "a segment gets its name without a sync before it",
    source: "S34",
    engine: "wal",
    edits: [{ file: "engines/wal/files.js", find: "        await syncFile(file);", replace: "" }],
    catchers: [{ scenario: "wal", invariants: ["wal/false-damage"] }],
  },
  {
    id: "segment-header-synced-before-its-batches",
    title: "a rewritten segment is synced when it has its header, and gets its batches after",
    source: "S22",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/files.js",
        find: "        const endOffset = await fill(file, header.identity);",
        replace: `        await syncFile(file);
        const endOffset = await fill(file, header.identity);`,
      },
      {
        file: "engines/wal/files.js",
        find: `        await syncFile(file);
        await env.disk.rename(temporaryPath, path);`,
        replace: "        await env.disk.rename(temporaryPath, path);",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/false-damage", "wal/acknowledged-lost"] }],
  },
  {
    id: "next-segment-before-previous-is-synced",
    title: "a new segment begins while the end of the one before is not synced",
    source: "S14",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: `        await this.sync();
        const segment = await this.#create("continue"`,
        replace: `        const segment = await this.#create("continue"`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/false-damage"] }],
  },
  {
    id: "removal-not-durable",
    title: "several segments are removed without a sync of the directory in between",
    source: "S32",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/files.js",
        find: `        await env.disk.remove(path);
        await syncDirectory(env, directory);`,
        replace: "        await env.disk.remove(path);",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/false-damage", "wal/resurrected"] }],
  },

  // Recovery

  {
    id: "recovered-tail-never-flushed",
    title: "recovery counts what it found as durable and syncs nothing",
    source: "S26",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/recovery.js",
        find: "    if (isProven && tail.tornBytes === 0)",
        replace: "    if (tail.tornBytes === 0)",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost", "wal/false-damage"] }],
  },
  {
    id: "recovered-tail-synced-not-rewritten",
    title: "recovery syncs what it found instead of writing it again",
    source: "Rebello et al., ATC'20",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/recovery.js",
        find: "    if (isProven && tail.tornBytes === 0)",
        replace: `    if (!isProven)
        await tail.segment.file.sync();
    if (tail.tornBytes === 0)`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost", "wal/false-damage"] }],
  },
  {
    id: "old-segment-removed-before-new-is-durable",
    title: "recovery removes the segment that it copies before the copy is durable",
    source: "S28",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/recovery.js",
        find: `        return offset;
    });`,
        replace: `        if (start.lsn === old.firstLsn)
            await removeForGood(env, settings.directory, [old.path]);
        return offset;
    });`,
      },
      {
        file: "engines/wal/recovery.js",
        find: "    await removeSegments(context, survey.live.slice(kept.length));",
        replace: "",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost"] }],
  },
  {
    id: "recovery-acts-on-undurable-names",
    title: "recovery removes segments for the sake of one whose name is not durable",
    source: "S13",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/recovery.js",
        find: `    await syncDirectory(env, settings.directory);
    await removeForGood(env, settings.directory, survey.temporaryPaths);`,
        replace: "    await removeForGood(env, settings.directory, survey.temporaryPaths);",
      },
    ],
    catchers: [
      {
        scenario: "wal",
        invariants: ["wal/acknowledged-lost", "wal/false-damage"],
        parameters: { operations: 20, metadata: "adversarial" },
        faults: { "metadata-loss": true },
      },
    ],
    note: "The next recovery may find the directory as it was before, without the segments that this one removed.",
  },
  {
    id: "lsn-reused-after-recovery",
    title: "recovery goes on behind the last record that the log proves durable, over acknowledged ones",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/recovery.js",
        find: "        const range = { from: start, endOffset: old.endOffset, untilLsn: old.lastLsn };",
        replace: "        const range = { from: start, endOffset: start.offset, untilLsn: old.lastLsn };",
      },
      {
        file: "engines/wal/recovery.js",
        find: `        if (end.at.lsn !== old.lastLsn + 1)
            throw old.damageAt(end.at, end.bad ?? "the end of the segment");`,
        replace: "",
      },
      {
        file: "engines/wal/recovery.js",
        find: `    assert(segment.lastLsn === old.lastLsn, "the new segment ends with the last accepted record");`,
        replace: "",
      },
      {
        file: "engines/wal/recovery.js",
        find: "        durableLsn: old.lastLsn,",
        replace: "        durableLsn: start.lsn - 1,",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/acknowledged-lost", "wal/lsn-reused"] }],
  },

  // Cuts

  {
    id: "truncate-suffix-not-durable",
    title: "truncateSuffix returns before the segment that makes the cut is durable",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: "        const plan = { number, kind, firstLsn, durableLsn: firstLsn - 1, reserveBytes: reserve };",
        replace: `        const isLazy = kind === "truncate";
        const plan = { number, kind, firstLsn, durableLsn: firstLsn - 1, reserveBytes: reserve, isLazy };`,
      },
      {
        file: "engines/wal/files.js",
        find: `    await syncDirectory(env, settings.directory);
    const { number`,
        replace: `    if (plan.isLazy !== true)
        await syncDirectory(env, settings.directory);
    const { number`,
      },
    ],
    catchers: [
      {
        scenario: "wal",
        invariants: ["wal/resurrected", "wal/acknowledged-changed", "wal/acknowledged-lost"],
      },
    ],
    note: "The records that were cut come back, and those appended since go with the segment that lost its name.",
  },
  {
    id: "stale-tail-of-recycled-segment",
    title: "truncateSuffix goes on in the same segment, with the stale records behind its end",
    source: "S08",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: `import { SEGMENT_HEADER_BYTES } from "./format.js";`,
        replace: `import { SEGMENT_HEADER_BYTES } from "./format.js";
import { walkBatches } from "./batch-reader.js";
import { Segment } from "./segment.js";`,
      },
      {
        file: "engines/wal/log.js",
        find: `        const segment = await this.#create("truncate", lsn + 1, 0);`,
        replace: `        const old = this.#active;
        const recycled = new Segment(old.file, old.path, old.header, this.#context.settings.indexEveryBytes);
        const range = { from: old.near(0), endOffset: old.endOffset, untilLsn: lsn };
        if (lsn >= old.firstLsn)
            await walkBatches(old, range, this.#context.settings.readChunkBytes, (batch) => {
                recycled.extend(batch.offset, batch.sizeBytes, batch.lastLsn);
            });
        if (recycled.lastLsn === lsn) {
            this.#segments = [...this.#segments.slice(0, -1), recycled];
            this.#durableLsn = lsn;
            return;
        }
        const segment = await this.#create("truncate", lsn + 1, 0);`,
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/resurrected"] }],
  },
  {
    id: "truncate-prefix-takes-a-segment-too-many",
    title: "truncatePrefix removes the segment that holds the first record to keep",
    source: "common mistake",
    engine: "wal",
    edits: [
      {
        file: "engines/wal/log.js",
        find: "each !== active && each.lastLsn < lsn",
        replace: "each !== active && each.firstLsn < lsn",
      },
    ],
    catchers: [{ scenario: "wal", invariants: ["wal/hole"] }],
  },
];
