/**
 * Mistakes planted into the broker. Texts are those of the built code in dist/.
 *
 * @type {import("../../runner/mutants/mutant.js").Mutant[]}
 */

/** What shows that replicas do not agree on what is committed, however it comes to light. */
const PARTED = [
  "logs-differ",
  "leader-incomplete",
  "isr-incomplete",
  "truncated-committed",
  "start-uncommitted",
  "high-watermark-invented",
  "acknowledged-lost",
  "acknowledged-elsewhere",
  "read-changed",
  "duplicated",
  "failed-yet-there",
  "read-wrong",
].map((rule) => `broker/${rule}`);
const NOT_LIVE = [
  "liveness/no-progress",
  "liveness/not-in-sync",
  "liveness/operation-open",
  "liveness/not-readable",
];
const ASSERTED = "process/uncaught-error";

export default [
  {
    id: "broker-truncates-to-its-high-watermark",
    title: "a follower whose log parts from the leader's cuts it back to its own high watermark",
    source: "K01",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/following.js",
        find: "const offset = truncationOffset(told, log.endOffsetForEpoch(told.epoch), log.logEndOffset);",
        replace: "const offset = this.#replica.highWatermark;",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-does-not-compare-epochs",
    title: "a leader does not ask whether the follower's last epoch ends in its own log where it does there",
    source: "K02",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/fetch-rules.js",
        find: "const hasParted = end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset;",
        replace: "const hasParted = false;",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: [...PARTED, ...NOT_LIVE] }],
  },
  {
    id: "broker-same-leader-other-epoch",
    title: "a follower takes no notice of another epoch of the leader that it has",
    source: "K05",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/partition.js",
        find: "        if (known?.leaderEpoch === state.leaderEpoch)",
        replace:
          "        if (known?.leaderEpoch === state.leaderEpoch || (this.following !== undefined && known?.leader === state.leader))",
      },
    ],
    catchers: [{ scenario: "broker-controller", invariants: [...PARTED, ...NOT_LIVE] }],
  },
  {
    id: "broker-joins-below-the-epoch-start",
    title: "a follower joins the ISR at the high watermark, though the leader's epoch began above",
    source: "K07",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/isr.js",
        find: "return follower.logEndOffset >= highWatermark && follower.logEndOffset >= epochStart;",
        replace: "return follower.logEndOffset >= highWatermark;",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-high-watermark-over-the-isr-in-force",
    title: "the high watermark does not wait for who is proposed for the ISR",
    source: "K08",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/leadership.js",
        find: "return maximalIsr(this.#state.isr, this.#proposed);",
        replace: "return this.#state.isr;",
      },
      {
        file: "engines/broker/replica/isr.js",
        find: "const counts = view.maximalIsr.includes(broker) || view.isAwaited(broker, follower);",
        replace: "const counts = view.maximalIsr.includes(broker);",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
    note: "Whoever is about to join is waited for, too; without that rule the proposal counts alone.",
  },
  {
    id: "broker-earlier-life-in-the-isr",
    title: "a replica joins the ISR by what it had in the life before",
    source: "K10",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/metadata/rules/in-sync.js",
        find: "if (image.brokers.get(broker)?.epoch !== epoch)",
        replace: "if (!image.brokers.has(broker))",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-fenced-replica-in-the-isr",
    title: "a replica that is fenced, or is being shut down, may join the ISR",
    source: "K11",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/metadata/rules/in-sync.js",
        find: "return isActive(image, broker) || broker === leader;",
        replace: "return true;",
      },
      {
        file: "engines/broker/replica/isr.js",
        find: "if (known === undefined || known.isFenced || known.isShuttingDown)",
        replace: "if (known === undefined)",
      },
      {
        file: "engines/broker/metadata/transition.js",
        find: "isActive(image, member) || member === target.leader",
        replace: "true",
      },
    ],
    catchers: [
      {
        scenario: "broker",
        invariants: [...PARTED, ASSERTED],
        message: /fenced|shutting down|alive|lost|differ/,
      },
    ],
  },
  {
    id: "broker-minimum-of-replicas-not-enforced",
    title: "a leader takes records with acks all, and commits them, however few replicas are in sync",
    source: "K13",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/isr.js",
        find: "return state.isr.length < effectiveMinIsr(minInsyncReplicas, state);",
        replace: "return false;",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-high-watermark-below-the-minimum",
    title: "the high watermark goes on while fewer replicas are in sync than the topic wants",
    source: "K14",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/isr.js",
        find: `    if (isUnderMinIsr(view.minInsyncReplicas, view.state))
        return view.highWatermark;
`,
        replace: "",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-eligible-after-an-unclean-start",
    title: "a replica that may have lost its end stays eligible to lead",
    source: "K14",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/metadata/departure.js",
        find: 'const elr = departure === "unclean" ? eligible.filter((member) => member !== broker) : eligible;',
        replace: "const elr = eligible;",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-controller-grants-by-itself",
    title: "a controller grants a change of the ISR by what it knows, not by the log",
    source: "K16",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/controller/controller.js",
        find: "            const { state } = await this.#execute(alterPartitionCommand(request));\n",
        replace: `            const known = this.image.partitions.get(\`\${request.partition.topic}-\${request.partition.partition}\`)?.state;
            void this.#execute(alterPartitionCommand(request)).catch(() => undefined);
            const isr = request.isr.map(({ broker }) => broker);
            const state = known && known.leaderEpoch === request.leaderEpoch && known.partitionEpoch === request.partitionEpoch ? { ...known, isr, elr: [], partitionEpoch: known.partitionEpoch + 1 } : (await this.#execute(alterPartitionCommand(request))).state;
`,
      },
    ],
    catchers: [{ scenario: "broker-controller", invariants: [...PARTED, ASSERTED] }],
  },
  {
    id: "broker-high-watermark-before-the-cut",
    title: "a follower takes over the high watermark before it has cut its log back",
    source: "K19",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/following.js",
        find: "        if (diverging !== undefined)\n",
        replace: `        this.#replica.raise(Math.min(highWatermark, log.logEndOffset));
        if (diverging !== undefined)
`,
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-cut-at-the-end-keeps-epochs",
    title: "a cut at the log's end does nothing, and leaves epochs that began there",
    source: "K22",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/cut.js",
        find: "return cutEpochs(core, offset);",
        replace: "return undefined;",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: [...PARTED, ...NOT_LIVE] }],
  },
  {
    id: "broker-epoch-0-forgotten",
    title: "epoch 0 is left out where the epochs are found in the batches",
    source: "K23",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/recovery/recover.js",
        find: "epochs?.assign(header.leaderEpoch, Math.min(end, header.baseOffset));",
        replace:
          "if (header.leaderEpoch > 0) epochs?.assign(header.leaderEpoch, Math.min(end, header.baseOffset));",
      },
      {
        file: "engines/broker/log/recovery/recover.js",
        find: "if (epochs.epochAt(baseOffset) !== leaderEpoch)",
        replace: "if (leaderEpoch > 0 && epochs.epochAt(baseOffset) !== leaderEpoch)",
      },
    ],
    catchers: [{ scenario: "broker", invariants: [...PARTED, ...NOT_LIVE, ASSERTED] }],
  },
  {
    id: "broker-appends-after-a-failed-write",
    title: "a log takes records behind a write that failed",
    source: "K26",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/core.js",
        find: `        if (this.failure !== undefined)
            throw this.failure;
        if (this.isClosed)`,
        replace: "        if (this.isClosed)",
      },
      {
        file: "engines/broker/replica/replica-log.js",
        find: `        if (isLogFailure(error))
            this.#host.fail(error);
`,
        replace: "",
      },
    ],
    catchers: [
      {
        scenario: "broker",
        invariants: ["broker/durable-lost", ...PARTED, ...NOT_LIVE, ASSERTED],
        faults: { enospc: true, "fsync-eio-clean": true },
      },
    ],
  },
  {
    id: "broker-compacts-what-is-not-committed",
    title: "compaction goes beyond the high watermark",
    source: "K28",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/cleaner/compact.js",
        find: "const limit = Math.min(stableOffset, core.recoveryPoint);",
        replace: "const limit = core.recoveryPoint;",
      },
    ],
    catchers: [{ scenario: "broker-compaction", invariants: ["broker/compacted-uncommitted", ...PARTED] }],
  },
  {
    id: "broker-deletes-what-is-not-committed",
    title: "retention goes beyond the high watermark",
    source: "K29",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/retention.js",
        find: `        if (core.segments[at + 1].baseOffset > stableOffset)
            break;
`,
        replace: "",
      },
    ],
    catchers: [{ scenario: "broker", invariants: [...PARTED, ...NOT_LIVE, ASSERTED] }],
  },
  {
    id: "broker-shows-what-is-not-committed",
    title: "consumers are given what only the leader has",
    source: "K37",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/leader-reads.js",
        find: "return replica === undefined ? of.highWatermark : of.log.logEndOffset;",
        replace: "return of.log.logEndOffset;",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
  },
  {
    id: "broker-reassignment-ends-early",
    title: "a reassignment ends when one of its targets is in sync",
    source: "K38",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/metadata/transition.js",
        find: "if (!targets.every((replica) => target.isr.includes(replica)))",
        replace: "if (!targets.some((replica) => target.isr.includes(replica)))",
      },
    ],
    catchers: [{ scenario: "reassignment", invariants: [...PARTED, "broker/reassigned-early", ASSERTED] }],
  },
  {
    id: "broker-retries-are-new-records",
    title: "a leader does not ask whether it has a producer's batch already",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/append.js",
        find: "const duplicate = core.producers.admit(sent);",
        replace: "const duplicate = undefined;",
      },
    ],
    catchers: [{ scenario: "broker", invariants: ["broker/duplicated", "broker/reordered", ...PARTED] }],
  },
  {
    id: "broker-followers-forget-producers",
    title: "what a follower appends it does not note of the producers",
    source: "KIP-98",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/append.js",
        find: "        write(core, batches.subarray(at, at + header.sizeBytes), header);\n",
        replace: `        const { producers } = core;
        core.producers = { note: () => undefined, encode: () => producers.encode() };
        write(core, batches.subarray(at, at + header.sizeBytes), header);
        core.producers = producers;
`,
      },
    ],
    catchers: [
      { scenario: "broker", invariants: ["broker/duplicated", "broker/reordered", ...PARTED, ...NOT_LIVE] },
    ],
  },
  {
    id: "broker-flush-does-not-sync",
    title: "a flush calls durable what no sync covered",
    source: "S23",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/flush.js",
        find: "            await segment.file.sync();",
        replace: "            await Promise.resolve();",
      },
    ],
    catchers: [
      { scenario: "broker", invariants: ["broker/durable-lost", ...PARTED], faults: { "power-loss": true } },
    ],
  },
  {
    id: "broker-recovery-by-the-last",
    title:
      "where nobody may lead, the last of those that may have everything does, not the one with the longest log",
    source: "KIP-966",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/controller/recovery.js",
        find: "const leader = longestLog(logs);",
        replace: "const { broker: leader } = logs.at(-1);",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: PARTED }],
    note: "The first is mostly the preferred leader, which has led.",
  },
  {
    id: "broker-cut-made-later",
    title: "a follower makes the cut that its leader asked for later, though it leads by then",
    source: "K20",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/replica/following.js",
        find: `        if (diverging !== undefined)
            return this.#replica`,
        replace: `        if (diverging !== undefined)
            return this.#host.lifeline.pause(300_000).then(() => this.#replica`,
      },
      {
        file: "engines/broker/replica/following.js",
        find: ".exclusively(() => this.#cutBack(diverging));",
        replace: ".exclusively(() => this.#cutBack(diverging)));",
      },
    ],
    catchers: [{ scenario: "broker-isr", invariants: [...PARTED, "broker/high-watermark-back", ASSERTED] }],
    note: "In Kafka a fetcher cuts logs back in a turn of its own. What lies between is made longer here; that the answer still counts is looked at before, and not again.",
  },
  {
    id: "broker-segment-name-not-synced",
    title: "what a partition's directory says of its files is never made durable",
    source: "K25",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/roller.js",
        find: `            await core.env.disk.syncDir(directory);
            await replaceChecked`,
        replace: "            await replaceChecked",
      },
      {
        file: "engines/broker/log/checked-file.js",
        find: `    await env.disk.rename(path + TEMPORARY_SUFFIX, path);
    await env.disk.syncDir(directory);
`,
        replace: "    await env.disk.rename(path + TEMPORARY_SUFFIX, path);\n",
      },
    ],
    catchers: [
      {
        scenario: "broker",
        invariants: ["broker/durable-lost", ...PARTED, ...NOT_LIVE, ASSERTED],
        faults: { "power-loss": true, "metadata-loss": true },
      },
    ],
    note: "The directory is synced for a segment's new name, and right after for the snapshot that goes with it: either makes both durable.",
  },
  {
    id: "broker-compacted-segment-not-synced",
    title: "a compacted segment replaces those that it was made of before it is durable",
    source: "S16",
    engine: "broker",
    edits: [
      {
        file: "engines/broker/log/cleaner/clean.js",
        find: "    await file.sync();\n    await replace(core, group, cleaned);",
        replace: "    await replace(core, group, cleaned);",
      },
    ],
    catchers: [
      {
        scenario: "broker-compaction",
        invariants: ["broker/durable-lost", ...PARTED, ...NOT_LIVE, ASSERTED],
        faults: { "power-loss": true },
      },
    ],
  },
];
