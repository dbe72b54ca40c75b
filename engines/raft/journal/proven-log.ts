import { assert } from "../../env/index.js";
import type { Lsn, Wal } from "../../wal/index.js";
import { RaftError } from "../errors.js";

/** A record without bytes says nothing, but that those before it were durable when it was written. */
const PROOF: Uint8Array = new Uint8Array(0);

/** In so many rounds of microtasks whoever was acknowledged has called again, through a few layers of promises. */
const PATIENT_ROUNDS = 16;

export function isProof(record: Uint8Array): boolean {
  return record.length === 0;
}

export interface ProvenLogOptions {
  /** Whether an append waits for its proof. */
  readonly proves: boolean;
  /** Records that queue go into one batch up to this many bytes; a longer one has its own. */
  readonly joinedBytes: number;
  /** For errors. */
  readonly where: string;
}

interface Waiting {
  readonly lsn: Lsn;
  readonly record: Uint8Array;
  readonly keepFrom: Lsn | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends to a WAL, acknowledged once they are proven durable.
 *
 * A log ends before its first bad batch where nothing says that this batch was durable: a crash leaves such a
 * tail. But so does rot of a last batch that was acknowledged, and no log can tell the two apart (Alagappan et
 * al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST'18, section 3.3.3). Each batch says how far
 * the log was durable when it was written, so a batch that is bad is known to be damaged once a later one is
 * durable too. Under load the next batch is that proof; at the end of a burst an empty record is.
 *
 * One batch is under way at a time, since the records of a batch mean nothing without those of the batch before:
 * the first failure is the last call to the WAL.
 */
export class ProvenLog {
  readonly #wal: Wal;
  readonly #options: ProvenLogOptions;
  #queue: Waiting[] = [];
  /** Durable, but nothing says so yet. */
  #unproven: readonly Waiting[] = [];
  #nextLsn: Lsn;
  #isPumping = false;
  #pumping: Promise<void> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(wal: Wal, options: ProvenLogOptions) {
    this.#wal = wal;
    this.#options = options;
    this.#nextLsn = wal.lastLsn + 1;
  }

  /** The LSN that the next append gets. */
  get nextLsn(): Lsn {
    return this.#nextLsn;
  }

  /**
   * Resolves once the record is durable, and proven to be; then records below `keepFrom` are dropped. Appends
   * take effect, and resolve, in their order. Rejects with what the WAL said where it may be durable or not, and
   * RAFT_STOPPED where it is not and never will be: after a failure, and after `close`.
   */
  append(record: Uint8Array, keepFrom?: Lsn): Promise<void> {
    if (this.#failure !== undefined || this.#closing !== undefined) return Promise.reject(this.#stopped());
    const lsn = this.#nextLsn++;
    return new Promise((resolve, reject) => {
      this.#queue.push({ lsn, record, keepFrom, resolve, reject });
      if (this.#isPumping) return;
      this.#isPumping = true;
      this.#pumping = this.#pump();
    });
  }

  /** Ends the log behind the appends so far. Rejects where closing is the first thing to fail. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#pumping;
    try {
      await this.#wal.close();
    } catch (error) {
      // A log that failed says so once more.
      if (this.#failure === undefined) throw error;
    }
  }

  async #pump(): Promise<void> {
    for (;;) {
      await this.#gather();
      if (this.#queue.length === 0 && this.#unproven.length === 0) break;
      const batch = this.#takeBatch();
      try {
        await this.#write(batch);
      } catch (error) {
        this.#fail(error, batch);
        break;
      }
      const proven = this.#options.proves ? this.#unproven : batch;
      this.#unproven = this.#options.proves ? batch : [];
      for (const each of proven) this.#acknowledge(each);
    }
    this.#isPumping = false;
  }

  /**
   * Lets those call who are awake: those who call in the same moment go into one batch, and those who were just
   * acknowledged spare us a proof where they call again. It takes no time.
   */
  async #gather(): Promise<void> {
    let rounds = 0;
    do {
      await Promise.resolve();
      rounds++;
    } while (rounds < PATIENT_ROUNDS && this.#queue.length === 0 && this.#unproven.length > 0);
  }

  /** The first of the queue that fit together; none where only a proof is wanted. */
  #takeBatch(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#queue.length) {
      bytes += this.#queue[count]!.record.length;
      if (count > 0 && bytes > this.#options.joinedBytes) break;
      count++;
    }
    if (count < this.#queue.length) return this.#queue.splice(0, count);
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    // A proof is wanted only where nobody waits in the queue, so it takes nobody's LSN.
    const lsn = batch[0]?.lsn ?? this.#nextLsn++;
    const records = batch.length === 0 ? [PROOF] : batch.map(({ record }) => record);
    const range = await this.#wal.appendBatch(records);
    assert(range.firstLsn === lsn, "records get the LSNs that they were promised");
  }

  #acknowledge({ keepFrom, resolve }: Waiting): void {
    if (keepFrom !== undefined) {
      // The log is read-only then, as the next append will hear.
      this.#wal.truncatePrefix(keepFrom).catch((error: unknown) => (this.#failure ??= { cause: error }));
    }
    resolve();
  }

  /** Nobody knows what is durable: `batch` and those before it that wait may be, those behind it are not. */
  #fail(error: unknown, batch: readonly Waiting[]): void {
    this.#failure ??= { cause: error };
    for (const { reject } of [...this.#unproven, ...batch]) reject(error);
    for (const { reject } of this.#queue) reject(this.#stopped());
    this.#unproven = [];
    this.#queue = [];
  }

  #stopped(): RaftError {
    const found = this.#failure === undefined ? "one that was closed" : "one that failed";
    const parts = {
      expected: "a writable journal",
      found,
      where: this.#options.where,
      todo: "open it again",
    };
    return new RaftError("RAFT_STOPPED", parts, { cause: this.#failure?.cause });
  }
}
