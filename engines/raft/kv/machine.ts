/** A map from strings to strings, in memory. */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { decodeTable, encodeTable } from "../codec/index.js";
import type { StateMachine } from "../state-machine.js";
import {
  decodeCommand,
  decodeQuery,
  encodeResult,
  type KeyValueCommand,
  type KeyValueResult,
} from "./commands.js";
import { effectOf } from "./effect.js";
import { understood } from "./understood.js";

const BAD_COMMAND: KeyValueResult = { kind: "badCommand" };

/**
 * Commands, queries and results are those of `commands.ts`. What is not one is answered `badCommand`.
 *
 * A snapshot has the keys in the order in which they came to be. The log decides on it, and a snapshot keeps
 * it, so servers that have applied the same log give equal chunks, restored from a snapshot or not.
 */
export class KeyValueMachine implements StateMachine {
  #values: Map<string, string> = new Map();

  /** How many keys there are. */
  get size(): number {
    return this.#values.size;
  }

  /** Keys and values, in the order in which the keys came to be. */
  entries(): IterableIterator<[string, string]> {
    return this.#values.entries();
  }

  apply(bytes: Uint8Array): Uint8Array {
    const command = understood(decodeCommand, bytes);
    return encodeResult(command === undefined ? BAD_COMMAND : this.#execute(command));
  }

  query(bytes: Uint8Array): Uint8Array {
    const query = understood(decodeQuery, bytes);
    return encodeResult(query === undefined ? BAD_COMMAND : { kind: "value", value: this.#get(query.key) });
  }

  snapshot(): Uint8Array[] {
    return encodeTable(this.#values, putPair);
  }

  /** Takes also what a machine on a store gave. Throws RAFT_BAD_FORMAT, and leaves the state as it was then. */
  restore(chunks: readonly Uint8Array[]): void {
    const values = new Map<string, string>();
    const read = (reader: ByteReader): void => {
      const key = reader.text();
      if (values.has(key)) reader.fail("each key once", "one twice");
      values.set(key, reader.text());
    };
    let taken = 0;
    do taken += decodeTable(chunks, "a key-value snapshot", read, taken);
    while (taken < chunks.length);
    this.#values = values;
  }

  #get(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  #execute(command: KeyValueCommand): KeyValueResult {
    const { key } = command;
    const before = this.#get(key);
    const { result, after } = effectOf(command, before);
    if (after === null) this.#values.delete(key);
    else if (after !== before) this.#values.set(key, after);
    return result;
  }
}

function putPair(sink: Sink, [key, value]: readonly [string, string]): void {
  sink.text(key);
  sink.text(value);
}
