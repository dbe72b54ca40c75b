import type { Env } from "../env/index.js";
import { badArgument, type WalErrorCode } from "./errors.js";
import type { WalRecovery } from "./events.js";
import { observe, type Context } from "./files.js";
import type { RecordSource, WalFollower } from "./follower.js";
import type { Lsn } from "./format.js";
import type { Log } from "./log.js";
import { settingsOf, type WalOptions } from "./options.js";
import { Reader, type WalChunk } from "./reader.js";
import { recover } from "./recovery.js";
import { reportSegment, type SegmentReport } from "./verify.js";
import { Writer } from "./writer.js";

export interface LsnRange {
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
}

/** A log's state, for people and for checks. */
export interface WalInspection {
  readonly directory: string;
  readonly state: "open" | "read-only" | "closed";
  /** Why it is read-only. */
  readonly failure: WalErrorCode | undefined;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  readonly durableLsn: Lsn;
  readonly segments: readonly SegmentReport[];
  readonly recovery: WalRecovery;
}

/**
 * A write-ahead log: records with dense numbers (LSNs) from 1 on, in segment files below one directory, which
 * one `Wal` at a time may have open.
 *
 * Appends and cuts take effect in the order of their calls. All of them reject with a `WalError`; its
 * `outcome` is `failed` where the operation has not happened and never will, and `unknown` where it may be
 * found to have happened when the log is opened again. Unknown are only the operations that were under way
 * when the log turned read-only (WAL_SYNC_FAILED, WAL_IO_FAILED); all later ones are refused with
 * WAL_READ_ONLY until the log is opened again. WAL_NO_SPACE is `failed`, and the log goes on.
 *
 * Reads may go on beside all that, also in a read-only log. They serve what is written, durable or not:
 * compare with `durableLsn`. (After a failed sync, records above it may be found damaged: the file system may
 * have dropped them.) Every batch's CRC is checked before a record of it is served; a record that is
 * not what was written is reported as WAL_DAMAGED, never served.
 */
export class Wal {
  readonly #context: Context;
  readonly #log: Log;
  readonly #recovery: WalRecovery;
  readonly #writer: Writer;
  readonly #reader: Reader;
  #closing: Promise<void> | undefined;

  private constructor(context: Context, log: Log, recovery: WalRecovery) {
    this.#context = context;
    this.#log = log;
    this.#recovery = recovery;
    this.#writer = new Writer(context, log);
    this.#reader = new Reader(context, log);
  }

  /**
   * Opens the log, recovers it, or makes it. What it holds then is durable. Throws WAL_BAD_ARGUMENT;
   * WAL_DAMAGED, with nothing changed; WAL_NO_SPACE, WAL_SYNC_FAILED and `DiskError`, after which it can be
   * opened again.
   */
  static async open(env: Env, options: WalOptions): Promise<Wal> {
    const context = { env, settings: settingsOf(options) };
    const { log, recovery } = await recover(context);
    const { firstLsn, lastLsn } = log;
    const { directory } = context.settings;
    const segments = log.segments.length;
    observe(env, { kind: "wal/opened", directory, firstLsn, lastLsn, segments, recovery });
    return new Wal(context, log, recovery);
  }

  /**
   * The first record that is served; `lastLsn + 1` in an empty log. A crash, or opening again, may bring back
   * records below it that `truncatePrefix` dropped: as far as the beginning of their segment.
   */
  get firstLsn(): Lsn {
    return this.#log.firstLsn;
  }

  /** The last record that is written; one less than the next append's LSN. */
  get lastLsn(): Lsn {
    return this.#log.lastLsn;
  }

  /** Every record up to this one is durable. */
  get durableLsn(): Lsn {
    return this.#log.durableLsn;
  }

  /** Appends a record and resolves to its LSN once the policy's promise holds (see `SyncPolicy`). Copies it. */
  append(record: Uint8Array): Promise<Lsn> {
    return this.#writer.append(record);
  }

  /** As `append`; the record is made in its place, which saves a copy. */
  appendFrom(source: RecordSource): Promise<Lsn> {
    return this.#writer.appendFrom(source);
  }

  /** Once, while no append waits: who is told of every batch from now on. */
  follow(follower: WalFollower): void {
    this.#writer.follow(follower);
  }

  /** What appends that have no answer yet take, with four bytes for each record; 0 where there are none. */
  get unansweredBytes(): number {
    return this.#writer.unansweredBytes;
  }

  /** Appends some records, at least one, so that a crash leaves all or none of them. */
  async appendBatch(records: readonly Uint8Array[]): Promise<LsnRange> {
    const { directory } = this.#context.settings;
    if (!Array.isArray(records)) throw badArgument("an array of records", typeof records, directory);
    const count = records.length;
    if (count === 0) throw badArgument("at least one record", "none", directory);
    const lastLsn = await this.#writer.appendBatch(records);
    return { firstLsn: lastLsn - count + 1, lastLsn };
  }

  /** Makes every record durable that was appended before the call. Resolves to `durableLsn`. */
  async sync(): Promise<Lsn> {
    await this.#writer.run(() => this.#log.sync());
    return this.#log.durableLsn;
  }

  /** A copy of one record. Throws WAL_OUT_OF_RANGE, WAL_DAMAGED, WAL_CLOSED. */
  read(lsn: Lsn): Promise<Uint8Array> {
    return this.#reader.read(lsn);
  }

  /**
   * The records from `fromLsn` (default: the first) up to the last that is written now, many at a time. Ends
   * early where `truncateSuffix` or `restartAt` overtakes it, also where their LSNs have been given to other
   * records since. Throws WAL_OUT_OF_RANGE where the log does not reach down to
   * `fromLsn`, or `truncatePrefix` overtakes it; WAL_DAMAGED; WAL_CLOSED.
   */
  scan(fromLsn: Lsn = this.#log.firstLsn): AsyncGenerator<WalChunk, void, void> {
    return this.#reader.scan(fromLsn);
  }

  /**
   * Drops every record above `lsn`, which is from `firstLsn - 1` to `lastLsn`; the next append gets `lsn + 1`.
   * Once it has resolved, none of them comes back, and those up to `lsn` are durable; a crash before that
   * leaves either state. (A segment that begins at `lsn + 1` supersedes them; its name is what decides.)
   */
  truncateSuffix(lsn: Lsn): Promise<void> {
    return this.#writer.run(() => this.#log.truncateSuffix(lsn));
  }

  /**
   * Drops the records below `lsn`, which is at most `lastLsn + 1`; a smaller one than `firstLsn` has no
   * effect. They are made durable first: a crash never takes the log's end below `lsn - 1`. Then they are no
   * longer served, and the segments that hold nothing else are removed; but for the last segment, which stays.
   * What the caller needs instead of them has to be durable before.
   */
  truncatePrefix(lsn: Lsn): Promise<void> {
    return this.#writer.run(() => this.#log.truncatePrefix(lsn));
  }

  /**
   * Drops everything; the next append gets `lsn`, which is from 1 to 2^53 - 1 - 2^40. For a log that goes on behind a
   * snapshot from elsewhere. Durable and atomic as `truncateSuffix` is.
   */
  restartAt(lsn: Lsn): Promise<void> {
    return this.#writer.run(() => this.#log.restartAt(lsn));
  }

  inspect(): WalInspection {
    const { firstLsn, lastLsn, durableLsn } = this.#log;
    const failure = this.#writer.failure?.code;
    const state = this.#writer.isClosed ? "closed" : failure !== undefined ? "read-only" : "open";
    const segments = this.#log.segments.map(reportSegment);
    const { directory } = this.#context.settings;
    return { directory, state, failure, firstLsn, lastLsn, durableLsn, segments, recovery: this.#recovery };
  }

  /**
   * Ends the log behind all calls so far, makes it durable and closes its files. Later calls reject with
   * WAL_CLOSED. Rejects where the last sync fails, or the log is read-only: what it holds may not be durable.
   * The files are closed then too.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    const { lastLsn, durableLsn } = this.#log;
    const { directory } = this.#context.settings;
    observe(this.#context.env, { kind: "wal/closed", directory, lastLsn, durableLsn });
  }
}
