import { assert, isDiskError } from "../env/index.js";
import type { PendingBatch } from "./batch.js";
import { WalError, badArgument, closed, ioFailed, syncFailed } from "./errors.js";
import { createSegment, observe, reached, removeForGood, writeAll, type Context } from "./files.js";
import { SEGMENT_HEADER_BYTES, type Lsn, type SegmentKind } from "./format.js";
import type { Segment } from "./segment.js";

/** A log may restart up to here: 2^40 more records then fit below the last safe integer. */
const MAX_RESTART_LSN: Lsn = Number.MAX_SAFE_INTEGER - 0x100_0000_0000;

/**
 * The log's state and the steps that change it. One step at a time: the writer's queue sees to that. A step
 * that throws anything but WAL_NO_SPACE and WAL_BAD_ARGUMENT leaves a state that only opening the log again
 * can judge.
 */
export class Log {
  readonly #context: Context;
  /** The segments that count, in order. The last one is written to. */
  #segments: Segment[];
  #firstLsn: Lsn;
  #durableLsn: Lsn;
  #lastNumber: number;
  #restartNumber = 0;
  #isClosed = false;

  /** `segments`: all that count, in order, at least one; every record in them is durable. */
  constructor(context: Context, segments: readonly Segment[]) {
    assert(segments.length > 0, "a log has a segment to write to");
    this.#context = context;
    this.#segments = [...segments];
    this.#firstLsn = segments[0]!.firstLsn;
    this.#durableLsn = this.lastLsn;
    this.#lastNumber = this.#active.header.number;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get firstLsn(): Lsn {
    return this.#firstLsn;
  }

  get lastLsn(): Lsn {
    return this.#active.lastLsn;
  }

  get durableLsn(): Lsn {
    return this.#durableLsn;
  }

  /** The number of the newest segment. Only a cut puts records up to the present `lastLsn` into later ones. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** The number of the segment that the last `restartAt` began, 0 without one. */
  get restartNumber(): number {
    return this.#restartNumber;
  }

  /** The segment that holds `lsn`. Throws WAL_OUT_OF_RANGE, WAL_CLOSED. */
  segmentOf(lsn: Lsn): Segment {
    if (this.#isClosed) throw closed(this.#context.settings.directory);
    if (!(Number.isSafeInteger(lsn) && lsn >= this.#firstLsn && lsn <= this.lastLsn)) {
      const expected = `an LSN from ${this.#firstLsn} to ${this.lastLsn}`;
      const where = this.#context.settings.directory;
      const todo = "ask for a record that the log holds";
      throw new WalError("WAL_OUT_OF_RANGE", { expected, found: String(lsn), where, todo }, "failed");
    }
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#segments[middle]!.firstLsn <= lsn) low = middle;
      else high = middle - 1;
    }
    return this.#segments[low]!;
  }

  /** Whether the batch goes to this segment; else `roll` comes first. */
  hasRoom(sizeBytes: number): boolean {
    const { env, settings } = this.#context;
    const active = this.#active;
    if (active.isEmpty) return true;
    const isFull = active.endOffset + sizeBytes > settings.segmentBytes;
    return !isFull && !env.buggify("wal/roll-early");
  }

  /** Begins a new segment for a batch that does not go to this one. */
  async roll(sizeBytes: number): Promise<void> {
    // A segment's beginning proves that everything before it is durable.
    await this.sync();
    const segment = await this.#create("continue", this.lastLsn + 1, SEGMENT_HEADER_BYTES + sizeBytes);
    this.#segments.push(segment);
    reached(this.#context.env, "wal/segment-rolled");
  }

  /**
   * Writes a batch behind the last record, without making it durable. Throws what `File.write` throws; the
   * log then ends where it ended before, with a part of the batch behind it.
   */
  write(batch: PendingBatch): Lsn {
    const { env, settings } = this.#context;
    const active = this.#active;
    const firstLsn = this.lastLsn + 1;
    const lastLsn = this.lastLsn + batch.count;
    assert(Number.isSafeInteger(lastLsn), "LSNs are safe integers");
    const offset = active.endOffset;
    const bytes = batch.seal(active.identity, offset, firstLsn, this.#durableLsn);
    if (SEGMENT_HEADER_BYTES + bytes.length > settings.segmentBytes) reached(env, "wal/oversize-batch");
    writeAll(env, active.file, offset, bytes);
    active.extend(offset, bytes.length, lastLsn);
    const { directory } = settings;
    observe(env, { kind: "wal/appended", directory, firstLsn, lastLsn, bytes: bytes.length });
    return firstLsn;
  }

  /** Makes every record durable; `isBusyMeanwhile`: see `File.sync`. Throws WAL_SYNC_FAILED. */
  async sync(isBusyMeanwhile = false): Promise<void> {
    const upTo = this.lastLsn;
    if (this.#durableLsn === upTo) return;
    await this.#syncActive(isBusyMeanwhile);
    this.#persisted(upTo);
  }

  /**
   * Takes back what a write that failed has left, for good, so that it can neither be taken for a batch nor
   * shine through the next one: its LSNs are used again. Throws what `File.truncate` throws; WAL_SYNC_FAILED.
   */
  async takeBack(): Promise<void> {
    const upTo = this.lastLsn;
    this.#active.file.truncate(this.#active.endOffset);
    await this.#syncActive();
    this.#persisted(upTo);
  }

  /** See `Wal.truncateSuffix`. */
  async truncateSuffix(lsn: Lsn): Promise<void> {
    this.#expect(lsn, this.#firstLsn - 1, this.lastLsn);
    if (lsn === this.lastLsn) return;
    // The new segment's beginning proves that everything before it is durable.
    if (lsn > this.#durableLsn) await this.sync();
    const segment = await this.#create("truncate", lsn + 1, 0);
    const kept = this.#segments.filter((each) => each.firstLsn <= lsn);
    const superseded = this.#segments.filter((each) => each.firstLsn > lsn);
    kept.at(-1)?.clip(lsn);
    this.#segments = [...kept, segment];
    this.#durableLsn = lsn;
    const { env, settings } = this.#context;
    observe(env, { kind: "wal/truncated-suffix", directory: settings.directory, lsn });
    if (superseded.length > 1) reached(env, "wal/truncate-suffix-across-segments");
    await this.#remove(superseded);
  }

  /** See `Wal.truncatePrefix`. */
  async truncatePrefix(lsn: Lsn): Promise<void> {
    this.#expect(lsn, 1, this.lastLsn + 1);
    if (lsn <= this.#firstLsn) return;
    // Else a crash could take the log's end below its beginning, and LSNs would be used again that the caller
    // believes to be behind him.
    if (lsn > this.#durableLsn + 1) await this.sync();
    const active = this.#active;
    const dropped = this.#segments.filter((each) => each !== active && each.lastLsn < lsn);
    this.#segments = this.#segments.filter((each) => !dropped.includes(each));
    this.#firstLsn = lsn;
    const { env, settings } = this.#context;
    observe(env, { kind: "wal/truncated-prefix", directory: settings.directory, lsn });
    if (dropped.length > 0) reached(env, "wal/truncate-prefix-removed-segment");
    await this.#remove(dropped);
  }

  /** See `Wal.restartAt`. */
  async restartAt(lsn: Lsn): Promise<void> {
    this.#expect(lsn, 1, MAX_RESTART_LSN);
    const segment = await this.#create("restart", lsn, 0);
    const superseded = this.#segments;
    this.#segments = [segment];
    this.#restartNumber = this.#lastNumber;
    this.#firstLsn = lsn;
    this.#durableLsn = lsn - 1;
    const { env, settings } = this.#context;
    observe(env, { kind: "wal/restarted", directory: settings.directory, lsn });
    reached(env, "wal/restart");
    await this.#remove(superseded);
  }

  /** Gives all files back. Throws WAL_IO_FAILED for the first that can't be, once the others are closed too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const errors: unknown[] = [];
    for (const segment of this.#segments)
      await segment.retire().catch((error: unknown) => errors.push(error));
    if (errors.length === 0) return;
    const mistake = errors.find((error) => !isDiskError(error));
    // oxlint-disable-next-line typescript/only-throw-error -- passed on as it is
    throw mistake ?? ioFailed(this.#context.settings.directory, errors[0], "unknown");
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  async #syncActive(isBusyMeanwhile = false): Promise<void> {
    try {
      await this.#active.file.sync(isBusyMeanwhile);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      reached(this.#context.env, "wal/sync-failed");
      throw syncFailed(this.#active.path, error, "unknown");
    }
  }

  #persisted(upTo: Lsn): void {
    assert(upTo >= this.#durableLsn, "what is durable stays so");
    this.#durableLsn = upTo;
    const { env, settings } = this.#context;
    observe(env, { kind: "wal/persisted", directory: settings.directory, lsn: upTo });
  }

  async #create(kind: SegmentKind, firstLsn: Lsn, reserveBytes: number): Promise<Segment> {
    const reserve = Math.max(reserveBytes, this.#context.settings.segmentBytes);
    const number = this.#lastNumber + 1;
    const plan = { number, kind, firstLsn, durableLsn: firstLsn - 1, reserveBytes: reserve };
    const segment = await createSegment(this.#context, plan);
    this.#lastNumber = number;
    return segment;
  }

  async #remove(segments: readonly Segment[]): Promise<void> {
    const { env, settings } = this.#context;
    for (const segment of segments) await segment.retire();
    const paths = segments.map((segment) => segment.path);
    await removeForGood(env, settings.directory, paths);
  }

  #expect(lsn: Lsn, min: Lsn, max: Lsn): void {
    if (Number.isSafeInteger(lsn) && lsn >= min && lsn <= max) return;
    throw badArgument(`an LSN from ${min} to ${max}`, String(lsn), this.#context.settings.directory);
  }
}
