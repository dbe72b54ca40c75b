import { encodeWith, type ByteReader, type Sink } from "../../bytes/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import { NONE, type BatchHeader, type ProducerStamp, type TransactionMarker } from "../record/index.js";
import type { Offset } from "../types.js";
import { decodeChecked, unreadable } from "./checked-file.js";
import { Transactions } from "./transactions.js";

const VERSION = 1;
const SEQUENCE_MAX = 0x7fff_ffff;
/** So many batches of a producer may be under way at once, and each may come again (KAFKA-5494). */
const BATCHES_KEPT = 5;

export interface SequencedBatch {
  readonly baseSequence: number;
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
}

interface ProducerState {
  readonly producerId: number;
  /** Of its last batch or marker. */
  readonly producerEpoch: number;
  /** The largest timestamp of that. */
  readonly lastTimestampMs: number;
  /** The last ones of the epoch, oldest first; none behind a marker. */
  readonly batches: readonly SequencedBatch[];
  /** Of its last marker; both `NONE` where there was none. */
  readonly coordinatorEpoch: number;
  readonly markerOffset: Offset;
}

/**
 * What each producer appended last, and its transactions (KIP-98). It follows from the batches of the log, and from
 * nothing else.
 */
export class ProducerStates {
  readonly transactions: Transactions;
  readonly #states: Map<number, ProducerState>;

  constructor(states: readonly ProducerState[] = [], transactions: Transactions = new Transactions()) {
    this.#states = new Map(states.map((state) => [state.producerId, state]));
    this.transactions = transactions;
  }

  get size(): number {
    return this.#states.size;
  }

  last(producerId: number): ProducerStamp | undefined {
    const state = this.#states.get(producerId);
    if (state === undefined) return undefined;
    const { producerEpoch, batches } = state;
    return { producerId, producerEpoch, baseSequence: batches.at(-1)?.baseSequence ?? NONE };
  }

  /** Whether a producer may send this batch again and be told where it is, or it is the marker that fences it. */
  remembers(header: BatchHeader): boolean {
    const state = this.#states.get(header.producerId);
    if (state === undefined) return false;
    if (header.isControl) return state.markerOffset === header.lastOffset;
    return state.batches.some(({ lastOffset }) => lastOffset === header.lastOffset);
  }

  /**
   * Whether a producer's batch may be appended: undefined if so, the batch in the log if it is there already. Throws
   * INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID; INVALID_TXN_STATE for a batch that is
   * not of the transaction that is open.
   */
  admit(header: BatchHeader): SequencedBatch | undefined {
    const { producerId, producerEpoch, baseSequence } = header;
    if (producerId === NONE) return undefined;
    const state = this.#states.get(producerId);
    if (state === undefined) {
      // Kafka takes any sequence here, and may so take the second batch of a producer before the first.
      if (baseSequence !== 0) throw refused("UNKNOWN_PRODUCER_ID", "sequence 0", header);
      return undefined;
    }
    if (producerEpoch < state.producerEpoch) {
      throw refused("INVALID_PRODUCER_EPOCH", `epoch ${state.producerEpoch}`, header);
    }
    this.#checkTransaction(header);
    if (producerEpoch > state.producerEpoch) {
      if (baseSequence !== 0) throw refused("OUT_OF_ORDER_SEQUENCE_NUMBER", "sequence 0", header);
      return undefined;
    }
    const duplicate = state.batches.find(
      (each) => each.baseSequence === baseSequence && spanOf(each) === header.lastOffset - header.baseOffset,
    );
    if (duplicate !== undefined) return duplicate;
    const last = state.batches.at(-1);
    const expected = last === undefined ? 0 : nextSequence(last);
    if (baseSequence !== expected) {
      throw refused("OUT_OF_ORDER_SEQUENCE_NUMBER", `sequence ${expected}`, header);
    }
    return undefined;
  }

  /**
   * Whether a marker may be appended: undefined if so, its offset if it is there already. Throws
   * TRANSACTION_COORDINATOR_FENCED for one of a coordinator that has been replaced, INVALID_PRODUCER_EPOCH for one of a
   * transaction that is over, INVALID_TXN_STATE for a commit of another transaction than the one that is open.
   */
  admitMarker(marker: TransactionMarker): Offset | undefined {
    const { producerId, producerEpoch, coordinatorEpoch, isCommit } = marker;
    const state = this.#states.get(producerId);
    if (state === undefined) return undefined;
    if (coordinatorEpoch < state.coordinatorEpoch) {
      throw refusedMarker(
        "TRANSACTION_COORDINATOR_FENCED",
        `coordinator epoch ${state.coordinatorEpoch}`,
        marker,
      );
    }
    const isSame = producerEpoch === state.producerEpoch && state.batches.length === 0;
    if (isSame) return state.markerOffset;
    if (producerEpoch <= state.producerEpoch) {
      throw refusedMarker("INVALID_PRODUCER_EPOCH", `an epoch above ${state.producerEpoch}`, marker);
    }
    const open = this.transactions.openOf(producerId);
    // Nobody knows what became of the one that is open, if its own marker was lost: it may be aborted, but no more.
    if (open !== undefined && isCommit && producerEpoch !== open.producerEpoch + 1) {
      throw refusedMarker("INVALID_TXN_STATE", `epoch ${open.producerEpoch + 1}`, marker);
    }
    return undefined;
  }

  /** Takes note of a batch that is in the log now. `marker`: what it says, if it is a control batch. */
  note(header: BatchHeader, marker: TransactionMarker | undefined): void {
    const { producerId, producerEpoch, baseSequence, baseOffset, lastOffset } = header;
    if (producerId === NONE) return;
    const before = this.#states.get(producerId);
    const kept = before?.producerEpoch === producerEpoch ? before.batches : [];
    const lastTimestampMs = header.maxTimestampMs;
    if (marker !== undefined) {
      const { coordinatorEpoch, isCommit } = marker;
      const state = { producerId, producerEpoch, lastTimestampMs, batches: kept, coordinatorEpoch };
      this.#states.set(producerId, { ...state, markerOffset: lastOffset });
      this.transactions.end(producerId, lastOffset, isCommit);
      return;
    }
    const batches = [...kept, { baseSequence, firstOffset: baseOffset, lastOffset }].slice(-BATCHES_KEPT);
    const { coordinatorEpoch = NONE, markerOffset = NONE } = before ?? {};
    const state = { producerId, producerEpoch, lastTimestampMs, batches, coordinatorEpoch, markerOffset };
    this.#states.set(producerId, state);
    // Only compaction empties a batch, and only one that is decided; its marker may be gone by now.
    if (header.isTransactional && header.recordCount > 0) this.transactions.begin(header);
  }

  /**
   * Forgets whoever appended nothing since `beforeMs`. Markers count (KAFKA-9144: a coordinator that was replaced must not
   * be let in again just because the data is old), and whoever has a transaction open stays.
   */
  expire(beforeMs: number): void {
    for (const { producerId, lastTimestampMs } of this.#states.values()) {
      const isOld = lastTimestampMs <= beforeMs;
      if (isOld && this.transactions.openOf(producerId) === undefined) this.#states.delete(producerId);
    }
  }

  encode(): Uint8Array {
    const { transactions } = this;
    return encodeWith(putContent, { states: [...this.#states.values()], transactions }, unreadable);
  }

  static decode(content: Uint8Array | undefined, where: string): ProducerStates | undefined {
    return decodeChecked(
      content,
      where,
      (reader) => new ProducerStates(getStates(reader), Transactions.read(reader)),
    );
  }

  /** While a transaction is open, all that its producer appends is part of it. */
  #checkTransaction(header: BatchHeader): void {
    const open = this.transactions.openOf(header.producerId);
    if (open === undefined) return;
    const isPart = header.isTransactional && header.producerEpoch === open.producerEpoch;
    if (isPart) return;
    throw refused("INVALID_TXN_STATE", `a batch of the transaction of epoch ${open.producerEpoch}`, header);
  }
}

function spanOf({ firstOffset, lastOffset }: SequencedBatch): number {
  return lastOffset - firstOffset;
}

/** Of the record behind the batch: after the largest sequence comes 0. */
function nextSequence(batch: SequencedBatch): number {
  const next = batch.baseSequence + spanOf(batch) + 1;
  return next > SEQUENCE_MAX ? next - SEQUENCE_MAX - 1 : next;
}

function refused(code: BrokerErrorCode, expected: string, header: BatchHeader): BrokerError {
  return new BrokerError(code, {
    expected,
    found: `epoch ${header.producerEpoch}, sequence ${header.baseSequence}`,
    where: `a batch of producer ${header.producerId}`,
    todo: "see what became of the batches before it; begin a new epoch if that can't be told",
  });
}

function refusedMarker(code: BrokerErrorCode, expected: string, marker: TransactionMarker): BrokerError {
  return new BrokerError(code, {
    expected,
    found: `epoch ${marker.producerEpoch}, coordinator epoch ${marker.coordinatorEpoch}`,
    where: `a marker of producer ${marker.producerId}`,
    todo: "look at what the coordinator of today says of the transaction",
  });
}

interface Content {
  readonly states: readonly ProducerState[];
  readonly transactions: Transactions;
}

function putContent(sink: Sink, { states, transactions }: Content): void {
  putStates(sink, states);
  transactions.put(sink);
}

function putStates(sink: Sink, states: readonly ProducerState[]): void {
  sink.integer(VERSION);
  sink.integer(states.length);
  for (const state of states) {
    sink.integer(state.producerId);
    sink.integer(state.producerEpoch);
    sink.integer(state.lastTimestampMs);
    sink.integer(state.coordinatorEpoch + 1);
    sink.integer(state.markerOffset + 1);
    sink.integer(state.batches.length);
    for (const { baseSequence, firstOffset, lastOffset } of state.batches) {
      sink.integer(baseSequence);
      sink.integer(firstOffset);
      sink.integer(lastOffset);
    }
  }
}

function getStates(reader: ByteReader): ProducerState[] {
  if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
  const states: ProducerState[] = [];
  for (let left = reader.integer(); left > 0; left--) {
    const [producerId, producerEpoch, lastTimestampMs, coordinatorEpoch, markerOffset] = [
      reader.integer(),
      reader.integer(),
      reader.integer(),
      reader.integer() - 1,
      reader.integer() - 1,
    ];
    const batches: SequencedBatch[] = [];
    for (let count = reader.integer(); count > 0; count--) {
      batches.push({
        baseSequence: reader.integer(),
        firstOffset: reader.integer(),
        lastOffset: reader.integer(),
      });
    }
    if (batches.length === 0 && markerOffset === NONE) reader.fail("a batch or a marker", "none");
    states.push({ producerId, producerEpoch, lastTimestampMs, batches, coordinatorEpoch, markerOffset });
  }
  return states;
}
