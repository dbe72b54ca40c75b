/** A state on its way out, and in. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { isPromise, type KeyValueStore, type Snapshot, type StoreIterator } from "../../store/index.js";
import { decodeTable, encodeTable } from "../codec/index.js";
import type { StateStream } from "../state-machine.js";
import { textOf } from "./changes.js";
import { FIRST_STATE_KEY, STATE_KEY_PREFIX_BYTES } from "./rows.js";

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const CHUNK_BYTES = 32 * 1024;

/**
 * The rows of a store as they are now, behind `first`. How many chunks there will be is not known when the first
 * one goes, so each is a table of its own.
 */
export class StoreStream implements StateStream {
  readonly #first: readonly Uint8Array[];
  readonly #snapshot: Snapshot;
  readonly #rows: StoreIterator;
  readonly #onFailure: (error: unknown) => Promise<never>;

  /** `onFailure` is told what the store throws, and throws it on. */
  constructor(
    store: KeyValueStore,
    first: readonly Uint8Array[],
    onFailure: (error: unknown) => Promise<never>,
  ) {
    this.#first = first;
    this.#onFailure = onFailure;
    this.#snapshot = store.snapshot();
    this.#rows = store.iterate({ snapshot: this.#snapshot, gte: FIRST_STATE_KEY });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (const chunk of this.#first) yield chunk;
    let isFirst = true;
    for (;;) {
      const rows = await this.#next();
      if (rows.length === 0 && !isFirst) return;
      isFirst = false;
      yield* encodeTable(rows, putRow);
      if (rows.length === 0) return;
    }
  }

  close(): void {
    this.#rows.close();
    this.#snapshot.close();
  }

  /** The rows of the next chunk; none at the end. */
  async #next(): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const iterator = this.#rows;
    try {
      for (let sizeBytes = 0; sizeBytes < CHUNK_BYTES;) {
        const next = iterator.next();
        if (!(isPromise(next) ? await next : next)) break;
        const { key, value } = iterator;
        rows.push({ key: key.slice(STATE_KEY_PREFIX_BYTES), value: value.slice() });
        sizeBytes += key.length + value.length;
      }
      return rows;
    } catch (error) {
      return this.#onFailure(error);
    }
  }
}

/** The rows in the chunks from `from` on that such a stream gave, or a `KeyValueMachine`. Throws RAFT_BAD_FORMAT. */
export function decodeRows(chunks: readonly Uint8Array[], from: number): Row[] {
  const rows: Row[] = [];
  const known = new Set<string>();
  const read = (reader: ByteReader): void => {
    const key = reader.bytes();
    const text = textOf(key);
    if (known.has(text)) reader.fail("each key once", "one twice");
    known.add(text);
    rows.push({ key, value: reader.bytes() });
  };
  let taken = from;
  do taken += decodeTable(chunks, "a state's rows", read, taken);
  while (taken < chunks.length);
  return rows;
}

function putRow(sink: Sink, { key, value }: Row): void {
  sink.bytes(key);
  sink.bytes(value);
}
