import { assert, type Env } from "../../env/index.js";
import type { SnapshotInspection, SnapshotStore } from "../../snapshot/index.js";
import type { Lsn, Wal, WalInspection } from "../../wal/index.js";
import { encodeRecord, encodeSnapshotHeader } from "../codec/index.js";
import type { RaftEvent, RaftMark } from "../events.js";
import type { Persist, RaftStorage, Recovered, SavedSnapshot, SnapshotToSave } from "../storage.js";
import type { Entry, HardState, LogIndex } from "../types.js";
import { listGenerations, makeGeneration, removeOlderGenerations, type Generation } from "./generations.js";
import type { LiveRecords } from "./live-records.js";
import { settingsOf, type JournalOptions, type Settings } from "./options.js";
import { ProvenLog } from "./proven-log.js";
import { openGeneration, readSnapshot, type OpenGeneration } from "./recovery.js";
import { applyRecord } from "./record-parts.js";

/** A journal's state, for people and for checks. */
export interface JournalInspection {
  readonly generation: Generation;
  readonly isRepairing: boolean;
  readonly wal: WalInspection;
  readonly snapshots: SnapshotInspection;
}

/** What is known of an open journal. */
interface State {
  readonly generation: Generation;
  readonly wal: Wal;
  readonly log: ProvenLog;
  readonly store: SnapshotStore;
  readonly live: LiveRecords;
  hardState: HardState;
  base: LogIndex;
  /** The last entry's index; the base's where there is none. */
  last: LogIndex;
  isRepairing: boolean;
}

const KIB = 1024;
/** As the WAL's own defaults, which hold where the options say nothing. */
const DEFAULT_BATCH_BYTES = KIB * KIB;
const DEFAULT_SEGMENT_BYTES = 16 * KIB * KIB;

/**
 * One server's durable state on its disk. See `RaftStorage`; `persist` rejects with the `WalError` that ended the
 * journal, and with RAFT_STOPPED after that and after `close`. `saveSnapshot` and `loadSnapshot` reject with a
 * `SnapshotError`; with SNAPSHOT_NO_SPACE nothing has changed, and it may be tried again.
 *
 * `recover` rejects with a `WalError`, `SnapshotError` or `DiskError` where the disk is full or fails: that is
 * no damage. Another `Journal` may be opened on it later.
 */
export class Journal implements RaftStorage {
  readonly #env: Env;
  readonly #settings: Settings;
  #wasOpened = false;
  #state: State | undefined;
  #cleaning: Promise<void> = Promise.resolve();

  /** Touches nothing before `recover`. Throws RAFT_BAD_ARGUMENT. */
  constructor(env: Env, options: JournalOptions = {}) {
    this.#env = env;
    this.#settings = settingsOf(options);
  }

  async recover(): Promise<Recovered> {
    assert(!this.#wasOpened, "a journal is recovered once");
    this.#wasOpened = true;
    const found = await this.#openLatest();
    const { generation, hardState, base, entries, snapshot } = found;
    const isRepairing = generation > 1 && !found.isRepaired;
    this.#state = this.#stateOf(found, isRepairing);
    try {
      if (found.needsRebase) {
        const rebase = { ...base, keepsLog: false };
        await this.persist({ hardState, entries: [], rebase, repaired: false });
      }
      if (!isRepairing) await removeOlderGenerations(this.#env, this.#settings.directory, generation);
    } catch (error) {
      await this.close().catch(() => undefined);
      throw error;
    }
    return { hardState, base, entries, snapshot, isRepairing };
  }

  persist(what: Persist): Promise<void> {
    const state = this.#open();
    const record = this.#complete(state, what);
    const keepFrom = this.#note(state, record, state.log.nextLsn);
    const bytes = encodeRecord(record, this.#env.clock.wallUs(), this.#settings.formatVersion);
    const done = state.log.append(bytes, keepFrom);
    if (what.repaired && state.isRepairing) this.#endRepair(state, done);
    return done;
  }

  async saveSnapshot({ meta, digest, chunks }: SnapshotToSave): Promise<void> {
    const { store } = this.#open();
    assert(meta.index > (store.latest()?.lsn ?? 0), "a snapshot is above the one before");
    const header = encodeSnapshotHeader({ meta, digest });
    await store.save(
      meta.index,
      Symbol.asyncIterator in chunks ? behind(header, chunks) : [header, ...chunks],
    );
  }

  loadSnapshot(): Promise<SavedSnapshot | undefined> {
    return readSnapshot(this.#open().store);
  }

  /** After `recover`. */
  inspect(): JournalInspection {
    const { generation, isRepairing, wal, store } = this.#open();
    return { generation, isRepairing, wal: wal.inspect(), snapshots: store.inspect() };
  }

  async close(): Promise<void> {
    await this.#state?.log.close();
    await this.#cleaning;
  }

  #open(): State {
    assert(this.#state !== undefined, "a journal is recovered before it is used");
    return this.#state;
  }

  /** Opens the latest generation; where it is damaged, sets it aside and begins the next one. */
  async #openLatest(): Promise<OpenGeneration> {
    const { directory } = this.#settings;
    let generation = (await listGenerations(this.#env, directory)).at(-1) ?? 1;
    for (;;) {
      await makeGeneration(this.#env, directory, generation);
      const found = await openGeneration(this.#env, this.#settings, generation);
      if (!("damage" in found)) return found;
      this.#observe({ kind: "raft/damaged", reason: found.damage });
      this.#reached("raft/damage-found");
      generation++;
    }
  }

  #stateOf(found: OpenGeneration, isRepairing: boolean): State {
    const { generation, wal, store, live, hardState, base, entries } = found;
    const { directory, proveTail, wal: options } = this.#settings;
    const { maxBatchBytes = DEFAULT_BATCH_BYTES, segmentBytes = DEFAULT_SEGMENT_BYTES } = options;
    // A batch that is larger than a segment would make a larger segment.
    const joinedBytes = Math.min(maxBatchBytes, segmentBytes >>> 1);
    const log = new ProvenLog(wal, { proves: proveTail, joinedBytes, where: directory });
    const last = base.index + entries.length;
    return { generation, wal, log, store, live, hardState, base: base.index, last, isRepairing };
  }

  /**
   * A rebase repeats all that only records behind it may still say once those are dropped: the hard state, and
   * that the repair is complete.
   */
  #complete(state: State, what: Persist): Persist {
    state.hardState = what.hardState ?? state.hardState;
    if (what.rebase === undefined) return what;
    const wasRepaired = state.generation > 1 && !state.isRepairing;
    return { ...what, hardState: state.hardState, repaired: what.repaired || wasRepaired };
  }

  /** Takes note of what the record `lsn` does. Gives the oldest record that is needed after it, if that changed. */
  #note(state: State, record: Persist, lsn: Lsn): Lsn | undefined {
    applyRecord(record, {
      append: (entries: readonly Entry[]) => {
        const first = entries[0]!.index;
        assert(first > state.base && first <= state.last + 1, "a log has no gap");
        state.last = entries.at(-1)!.index;
        state.live.append(first, lsn);
      },
      rebase: ({ index, keepsLog }) => {
        assert(index >= state.base, "a log's base never goes back");
        assert(index <= (state.store.latest()?.lsn ?? 0), "a snapshot covers what is before the base");
        assert(!keepsLog || index <= state.last, "a log that is kept reaches up to its base");
        state.base = index;
        if (!keepsLog) state.last = index;
        state.live.rebase(index, keepsLog);
      },
    });
    return record.rebase === undefined ? undefined : (state.live.oldest ?? lsn);
  }

  /** The files of older generations go once the record that ends the repair is durable; nobody waits for it. */
  #endRepair(state: State, done: Promise<void>): void {
    state.isRepairing = false;
    const remove = (): Promise<void> =>
      removeOlderGenerations(this.#env, this.#settings.directory, state.generation);
    this.#cleaning = done.then(remove, () => undefined);
  }

  #observe(event: RaftEvent): void {
    this.#env.observe(event);
  }

  #reached(mark: RaftMark): void {
    this.#env.reached(mark);
  }
}

async function* behind(
  header: Uint8Array,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  yield header;
  yield* chunks;
}
