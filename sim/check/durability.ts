/**
 * The durability oracle for a log: what was acknowledged is there, byte for byte and in order; what is there
 * beyond was sent, whole, once; what a recovery left out never comes back.
 *
 * It is told what was sent, answered and found after each restart, and compares with a plain array. It looks
 * at records only. It does not check that space is reclaimed, that recovery ends (the world's limits do), nor
 * who may write.
 */
import { History, type Operation } from "./history.js";

/** A record as the log gave it back. */
export interface RecoveredRecord {
  readonly lsn: number;
  readonly bytes: Uint8Array;
}

/** A broken rule. `rule` is stable: it becomes the name of the finding's invariant. */
export interface Broken {
  readonly rule:
    | "acknowledged-lost"
    | "acknowledged-changed"
    | "hole"
    | "invented"
    | "failed-yet-there"
    | "duplicated"
    | "torn-batch"
    | "resurrected"
    | "lsn-reused"
    | "client-order";
  readonly message: string;
  /** Ids in the history: the operations whose promise was broken. */
  readonly operations: readonly number[];
}

export type Append = Operation<Uint8Array, number>;

/** Records that were appended together, all or none. */
interface Batch {
  readonly size: number;
  /** A cut on purpose went through it. */
  cut: boolean;
}

/** What is known of one record beyond its operation. */
interface Sent {
  readonly operation: Append;
  readonly bytes: Uint8Array;
  readonly batch: Batch;
  /** Its place in the batch. */
  readonly index: number;
  /** Where it was last known to stand; 0 where it never was. */
  lsn: number;
  /** An open log did not hold it any more: cut, lost, or never arrived. */
  gone: boolean;
}

export interface LogOracleOptions {
  /**
   * Reads a record's key out of its bytes: the number that says which record they claim to be. Keys of one
   * client grow. -1 where the bytes have none.
   */
  readonly keyOf: (bytes: Uint8Array) => number;
  /**
   * The disk lies beyond what a log can notice. Then a lost suffix and an older state are counted as lost
   * instead of being broken rules; wrong bytes and holes are broken rules still.
   */
  readonly lyingDisk: boolean;
}

export class LogOracle {
  readonly history: History<Uint8Array, number> = new History();
  readonly #options: LogOracleOptions;
  readonly #sent: Map<number, Sent> = new Map();
  /** What is known to stand at each LSN. */
  readonly #known: Map<number, Sent> = new Map();
  /** Up to here everything known must survive anything. */
  #durableLsn = 0;
  /** Up to here everything known must survive a crash of the process alone. */
  #writtenLsn = 0;
  /** Below here records may have been dropped on purpose. */
  #prefixLsn = 1;
  /** A cut that was begun and not answered: after a crash it holds, or it never was. */
  #openCut: number | undefined;
  #lost = 0;

  constructor(options: LogOracleOptions) {
    this.#options = options;
  }

  /** Up to this LSN everything was promised to survive a power loss. */
  get durableLsn(): number {
    return this.#durableLsn;
  }

  /** Where a cut was begun that was not answered: after a crash it holds, or it never was. */
  get openCut(): number | undefined {
    return this.#openCut;
  }

  /** Records promised to be durable that a lying disk lost, in all recoveries. */
  get lost(): number {
    return this.#lost;
  }

  /** The bytes that must be at this LSN; undefined where nothing is known of it. */
  expectedAt(lsn: number): Uint8Array | undefined {
    return this.#known.get(lsn)?.bytes;
  }

  /** A client asks the log to append these, all of them or none. */
  sent(client: number, records: readonly Uint8Array[]): Append[] {
    const batch = { size: records.length, cut: false };
    return records.map((bytes, index) => {
      const operation = this.history.invoke(client, bytes);
      this.#sent.set(this.#options.keyOf(bytes), { operation, bytes, batch, index, lsn: 0, gone: false });
      return operation;
    });
  }

  /** The log answered. `durable`: the answer promises that a power loss can't take the record. */
  acknowledged(operation: Append, lsn: number, durable: boolean): Broken | undefined {
    const record = this.#sent.get(this.#options.keyOf(operation.input))!;
    const there = this.#known.get(lsn);
    if (there !== undefined && there !== record) {
      return broken("lsn-reused", `LSN ${lsn} was given to ${name(record)}, but ${name(there)} has it`, [
        record,
        there,
      ]);
    }
    this.history.ok(operation, lsn);
    this.#place(record, lsn);
    this.#writtenLsn = Math.max(this.#writtenLsn, lsn);
    if (durable) this.durable(lsn);
    return undefined;
  }

  /** The log said that everything up to here is durable. */
  durable(lsn: number): void {
    this.#durableLsn = Math.max(this.#durableLsn, lsn);
    this.#writtenLsn = Math.max(this.#writtenLsn, lsn);
  }

  /** The log said that this was certainly not appended. */
  failed(operation: Append, reason: string): void {
    this.history.failed(operation, reason);
  }

  /** The log could not say, or went down before it did. */
  unknown(operation: Append, reason: string): void {
    this.history.unknown(operation, reason);
  }

  /** A cut of everything above `lsn` begins. Nothing is appended until it is answered. */
  cutBegins(lsn: number): void {
    this.#openCut = lsn;
  }

  /** The cut is durable: nothing above it may ever be seen again. */
  cutDone(): void {
    this.#cutAt(this.#openCut!);
    this.#openCut = undefined;
  }

  /** The cut did not happen and never will. */
  cutRefused(): void {
    this.#openCut = undefined;
  }

  /** The log gave a record to a reader while it was open. */
  served({ lsn, bytes }: RecoveredRecord): Broken | undefined {
    const known = this.#known.get(lsn);
    const record = known ?? this.#sent.get(this.#options.keyOf(bytes));
    if (record !== undefined && equal(record.bytes, bytes)) return undefined;
    if (known === undefined) return broken("invented", `bytes were read at LSN ${lsn} that nobody sent`);
    return broken("acknowledged-changed", `LSN ${lsn} is ${name(known)}, but other bytes were read`, [known]);
  }

  /** Everything below `lsn` may be dropped from now on. */
  prefixDropped(lsn: number): void {
    this.#prefixLsn = Math.max(this.#prefixLsn, lsn);
  }

  /**
   * The log was opened again, holds these records and says that it ends at `lastLsn`. `processOnly`: the
   * machine kept its page cache and no sync had failed, so that what was merely written must be there too.
   * Afterwards everything found counts as durable, because an open log has to have made it so, and
   * everything else as gone.
   */
  recovered(records: readonly RecoveredRecord[], lastLsn: number, processOnly: boolean): Broken | undefined {
    if (this.#openCut !== undefined && lastLsn === this.#openCut) this.#cutAt(this.#openCut);
    this.#openCut = undefined;
    const wrong =
      this.#checkChain(records, lastLsn) ??
      this.#checkFloor(lastLsn, processOnly ? this.#writtenLsn : this.#durableLsn) ??
      this.#checkContents(records) ??
      this.#checkBatches(records) ??
      this.#checkClientOrder(records);
    if (wrong !== undefined) return wrong;
    for (const { lsn, bytes } of records) {
      const record = this.#sent.get(this.#options.keyOf(bytes))!;
      record.gone = false;
      this.#place(record, lsn);
    }
    this.#forgetAbove(lastLsn);
    this.#durableLsn = lastLsn;
    this.#writtenLsn = lastLsn;
    return undefined;
  }

  #place(record: Sent, lsn: number): void {
    record.lsn = lsn;
    this.#known.set(lsn, record);
  }

  #cutAt(lsn: number): void {
    const last = this.#known.get(lsn);
    if (last !== undefined && last.index < last.batch.size - 1) last.batch.cut = true;
    this.#forgetAbove(lsn);
  }

  /** What an open log does not hold must never come back, be it cut, lost, or still on its way at a crash. */
  #forgetAbove(lsn: number): void {
    this.#durableLsn = Math.min(this.#durableLsn, lsn);
    this.#writtenLsn = Math.min(this.#writtenLsn, lsn);
    for (const at of this.#known.keys()) if (at > lsn) this.#known.delete(at);
    for (const record of this.#sent.values()) {
      if (this.#known.get(record.lsn) !== record) record.gone = true;
    }
  }

  #checkChain(records: readonly RecoveredRecord[], lastLsn: number): Broken | undefined {
    let expectedLsn = records.length === 0 ? lastLsn + 1 : records[0]!.lsn;
    if (expectedLsn > this.#prefixLsn) {
      return broken(
        "hole",
        `the log begins at LSN ${expectedLsn}, but may only lack what is below ${this.#prefixLsn}`,
      );
    }
    for (const { lsn } of records) {
      if (lsn !== expectedLsn) return broken("hole", `LSN ${lsn} stands where ${expectedLsn} belongs`);
      expectedLsn++;
    }
    if (expectedLsn === lastLsn + 1) return undefined;
    return broken(
      "hole",
      `the log says that it ends at LSN ${lastLsn}, but its records end at ${expectedLsn - 1}`,
    );
  }

  #checkFloor(lastLsn: number, floor: number): Broken | undefined {
    if (lastLsn >= floor) return undefined;
    if (this.#options.lyingDisk) {
      this.#lost += floor - lastLsn;
      return undefined;
    }
    return broken(
      "acknowledged-lost",
      `the log ends at LSN ${lastLsn}, but promised to keep everything up to ${floor}`,
      [...this.#known.values()].filter(({ lsn }) => lsn > lastLsn && lsn <= floor),
    );
  }

  #checkContents(records: readonly RecoveredRecord[]): Broken | undefined {
    const seen = new Set<Sent>();
    for (const { lsn, bytes } of records) {
      const record = this.#sent.get(this.#options.keyOf(bytes));
      const known = this.#known.get(lsn);
      if (record === undefined || !equal(record.bytes, bytes)) {
        if (known === undefined)
          return broken("invented", `LSN ${lsn} holds ${bytes.length} bytes that nobody sent`);
        return broken(
          "acknowledged-changed",
          `LSN ${lsn} was ${name(known)}, and now holds bytes that nobody sent`,
          [known],
        );
      }
      if (seen.has(record))
        return broken("duplicated", `${name(record)} is there twice, again at LSN ${lsn}`, [record]);
      seen.add(record);
      const wrong = this.#checkPlace(record, lsn, known);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #checkPlace(record: Sent, lsn: number, known: Sent | undefined): Broken | undefined {
    if (record.operation.outcome === "failed") {
      return broken(
        "failed-yet-there",
        `${name(record)} at LSN ${lsn} was reported as certainly not appended`,
        [record],
      );
    }
    if (record.lsn !== 0 && record.lsn !== lsn) {
      return broken(
        "acknowledged-changed",
        `${name(record)} was at LSN ${record.lsn}, and is now at ${lsn}`,
        [record],
      );
    }
    // On a disk that lies the log may wake up in an older state of its own.
    if (this.#options.lyingDisk) return undefined;
    if (known !== undefined && known !== record) {
      return broken("acknowledged-changed", `LSN ${lsn} was ${name(known)}, and is now ${name(record)}`, [
        known,
        record,
      ]);
    }
    if (record.gone) {
      return broken(
        "resurrected",
        `${name(record)} at LSN ${lsn} was cut, or missing when the log was opened before`,
        [record],
      );
    }
    return undefined;
  }

  /** The records of an atomic batch stand side by side; only the log's first records may lack some before them. */
  #checkBatches(records: readonly RecoveredRecord[]): Broken | undefined {
    const at = (i: number): Sent | undefined =>
      records[i] && this.#sent.get(this.#options.keyOf(records[i].bytes));
    for (let i = 0; i < records.length; i++) {
      const record = at(i)!;
      const { batch, index } = record;
      const followsItsBatch = index === 0 || i === 0 || at(i - 1)!.batch === batch;
      const leadsItsBatch = index === batch.size - 1 || at(i + 1)?.batch === batch;
      if ((followsItsBatch && leadsItsBatch) || batch.cut) continue;
      return broken("torn-batch", `${name(record)} is there without all ${batch.size} of its atomic batch`, [
        record,
      ]);
    }
    return undefined;
  }

  /** Clients wait for each answer, so their records stand in the order of their keys. */
  #checkClientOrder(records: readonly RecoveredRecord[]): Broken | undefined {
    const latest = new Map<number, number>();
    for (const { lsn, bytes } of records) {
      const key = this.#options.keyOf(bytes);
      const record = this.#sent.get(key)!;
      const { client } = record.operation;
      if (key < (latest.get(client) ?? -1)) {
        return broken(
          "client-order",
          `the record with key ${key} at LSN ${lsn} stands behind a later one of its client`,
          [record],
        );
      }
      latest.set(client, key);
    }
    return undefined;
  }
}

function broken(rule: Broken["rule"], message: string, records: readonly Sent[] = []): Broken {
  return { rule, message, operations: records.map(({ operation }) => operation.id) };
}

function name(record: Sent): string {
  return `record ${record.operation.id} of client ${record.operation.client}`;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
