import type { Sequence, StoreErrorCode, StoreStats } from "../store/index.js";
import type { Lsn, WalInspection } from "../wal/index.js";
import type { Checkpointer } from "./checkpoint.js";
import type { Core } from "./core.js";
import type { BtreeRecovery } from "./events.js";
import type { TreeState } from "./page/index.js";
import type { Reads } from "./reads.js";
import type { Writer } from "./writer.js";

/** A store's state, as `BtreeStore.inspect` shows it. */
export interface BtreeInspection {
  readonly directory: string;
  readonly state: "open" | "read-only" | "closed";
  /** Why it is read-only. */
  readonly failure: StoreErrorCode | undefined;
  /** Of the last batch that readers see. */
  readonly sequence: Sequence;
  /** An open needs the log from here on. */
  readonly checkpointLsn: Lsn;
  readonly isCheckpointing: boolean;
  /** Logged since the last checkpoint began. */
  readonly pendingBytes: number;
  readonly pageBytes: number;
  readonly tree: TreeState;
  readonly pool: {
    readonly pages: number;
    readonly capacityPages: number;
    readonly mostPages: number;
    readonly dirtyPages: number;
    /** How often it had to hold more pages than it should. */
    readonly overflows: number;
  };
  readonly views: {
    /** Distinct states that snapshots, iterators and reads hold. */
    readonly held: number;
    readonly oldestSequence: Sequence | undefined;
    readonly keptBytes: number;
  };
  readonly recovery: BtreeRecovery;
  readonly wal: WalInspection;
}

/** The parts of a store that count. */
export interface CountingParts {
  readonly core: Core;
  readonly writer: Writer;
  readonly reads: Reads;
  readonly checkpointer: Checkpointer;
  readonly recovery: BtreeRecovery;
  readonly steps: number;
}

export function statsOf({ core, writer, reads, steps }: CountingParts): StoreStats {
  const { file, pool, views, health } = core;
  const fileBytes = health.isClosed ? 0 : file.sizeBytes;
  const logFileBytes = core.wal.inspect().segments.reduce((sum, { endOffset }) => sum + endOffset, 0);
  return {
    userBytes: writer.userBytes,
    batches: writer.batches,
    operations: writer.operations,
    logBytes: writer.logBytes,
    storedBytes: file.writtenBytes,
    gets: reads.gets,
    steps,
    lookups: pool.hits + pool.misses,
    cacheHits: pool.hits,
    cacheMisses: pool.misses,
    readBytes: file.readBytes,
    fileBytes: fileBytes + logFileBytes,
    memoryBytes: pool.pages * pool.pageBytes + views.keptBytes + file.memoryBytes,
    slowedWrites: writer.slowed,
    stalledWrites: writer.stalled,
    levels: [
      { name: "pages", files: 1, bytes: fileBytes, writtenBytes: file.writtenBytes, compactedBytes: 0 },
    ],
  };
}

export function inspectionOf({ core, checkpointer, recovery }: CountingParts): BtreeInspection {
  const { health, views, pool, superblock, settings } = core;
  const failure = health.failure?.code;
  const { pages, capacityPages, mostPages, dirtyPages, overflows } = pool;
  return {
    directory: settings.directory,
    state: health.isClosed ? "closed" : failure === undefined ? "open" : "read-only",
    failure,
    sequence: views.sequence,
    checkpointLsn: superblock.checkpointLsn,
    isCheckpointing: checkpointer.isRunning,
    pendingBytes: checkpointer.pendingBytes,
    pageBytes: superblock.pageBytes,
    tree: { ...core.tree },
    pool: { pages, capacityPages, mostPages, dirtyPages, overflows },
    views: { held: views.held, oldestSequence: views.oldestSequence, keptBytes: views.keptBytes },
    recovery,
    wal: core.wal.inspect(),
  };
}
