import { encodeWith, type ByteReader, type Sink } from "../../bytes/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";
import { NONE, type BatchHeader, type ProducerStamp } from "../record/index.js";
import type { Offset } from "../types.js";
import { decodeChecked, unreadable } from "./checked-file.js";

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
  readonly producerEpoch: number;
  /** The largest timestamp of its last batch. */
  readonly lastTimestampMs: number;
  /** The last ones, oldest first; at least one. */
  readonly batches: readonly SequencedBatch[];
}

/** What each producer appended last (KIP-98). It follows from the batches of the log, and from nothing else. */
export class ProducerStates {
  #states: Map<number, ProducerState>;

  constructor(states: readonly ProducerState[] = []) {
    this.#states = new Map(states.map((state) => [state.producerId, state]));
  }

  get size(): number {
    return this.#states.size;
  }

  last(producerId: number): ProducerStamp | undefined {
    const state = this.#states.get(producerId);
    if (state === undefined) return undefined;
    const { producerEpoch, batches } = state;
    return { producerId, producerEpoch, baseSequence: batches.at(-1)!.baseSequence };
  }

  /** Whether a producer may send this batch again and be told where it is. */
  remembers(header: BatchHeader): boolean {
    const state = this.#states.get(header.producerId);
    return state?.batches.some(({ lastOffset }) => lastOffset === header.lastOffset) ?? false;
  }

  /**
   * Whether a producer's batch may be appended: undefined if so, the batch in the log if it is there already. Throws
   * INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID.
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
    if (producerEpoch > state.producerEpoch) {
      if (baseSequence !== 0) throw refused("OUT_OF_ORDER_SEQUENCE_NUMBER", "sequence 0", header);
      return undefined;
    }
    const duplicate = state.batches.find(
      (each) => each.baseSequence === baseSequence && spanOf(each) === header.lastOffset - header.baseOffset,
    );
    if (duplicate !== undefined) return duplicate;
    const expected = nextSequence(state.batches.at(-1)!);
    if (baseSequence !== expected) {
      throw refused("OUT_OF_ORDER_SEQUENCE_NUMBER", `sequence ${expected}`, header);
    }
    return undefined;
  }

  /** Takes note of a batch that is in the log now. */
  note(header: BatchHeader): void {
    const { producerId, producerEpoch, baseSequence, baseOffset, lastOffset } = header;
    if (producerId === NONE) return;
    const before = this.#states.get(producerId);
    const kept = before?.producerEpoch === producerEpoch ? before.batches : [];
    const batches = [...kept, { baseSequence, firstOffset: baseOffset, lastOffset }].slice(-BATCHES_KEPT);
    this.#states.set(producerId, {
      producerId,
      producerEpoch,
      lastTimestampMs: header.maxTimestampMs,
      batches,
    });
  }

  /** Forgets whoever appended nothing since `beforeMs`. */
  expire(beforeMs: number): void {
    for (const { producerId, lastTimestampMs } of this.#states.values()) {
      if (lastTimestampMs <= beforeMs) this.#states.delete(producerId);
    }
  }

  encode(): Uint8Array {
    return encodeWith(putStates, [...this.#states.values()], unreadable);
  }

  static decode(content: Uint8Array | undefined, where: string): ProducerStates | undefined {
    const states = decodeChecked(content, where, getStates);
    return states === undefined ? undefined : new ProducerStates(states);
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

function putStates(sink: Sink, states: readonly ProducerState[]): void {
  sink.integer(VERSION);
  sink.integer(states.length);
  for (const state of states) {
    sink.integer(state.producerId);
    sink.integer(state.producerEpoch);
    sink.integer(state.lastTimestampMs);
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
    const [producerId, producerEpoch, lastTimestampMs] = [
      reader.integer(),
      reader.integer(),
      reader.integer(),
    ];
    const batches: SequencedBatch[] = [];
    for (let count = reader.integer(); count > 0; count--) {
      batches.push({
        baseSequence: reader.integer(),
        firstOffset: reader.integer(),
        lastOffset: reader.integer(),
      });
    }
    if (batches.length === 0) reader.fail("a batch", "none");
    states.push({ producerId, producerEpoch, lastTimestampMs, batches });
  }
  return states;
}
