/** A map from strings to strings, in memory. */
import type { Sink } from "../../bytes/index.js";
import { decodeTable, encodeTable } from "../codec/index.js";
import { RaftError, badFormat } from "../errors.js";
import type { StateMachine } from "../state-machine.js";
import {
  decodeCommand,
  decodeQuery,
  encodeResult,
  type KeyValueCommand,
  type KeyValueResult,
} from "./commands.js";

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
    return answer(() => this.#execute(decodeCommand(bytes)));
  }

  query(bytes: Uint8Array): Uint8Array {
    return answer(() => ({ kind: "value", value: this.#get(decodeQuery(bytes).key) }));
  }

  snapshot(): Uint8Array[] {
    return encodeTable(this.#values, putPair);
  }

  /** Throws RAFT_BAD_FORMAT, and leaves the state as it was then. */
  restore(chunks: readonly Uint8Array[]): void {
    const values = new Map<string, string>();
    const taken = decodeTable(chunks, "a key-value snapshot", (reader) => {
      const key = reader.text();
      if (values.has(key)) reader.fail("each key once", "one twice");
      values.set(key, reader.text());
    });
    if (taken < chunks.length) throw badFormat(`${taken} chunks`, `${chunks.length}`, "a key-value snapshot");
    this.#values = values;
  }

  #get(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  #execute(command: KeyValueCommand): KeyValueResult {
    const { op, key } = command;
    if (op === "delete") return { kind: "deleted", existed: this.#values.delete(key) };
    if (op === "cas") {
      const value = this.#get(key);
      if (value !== command.from) return { kind: "mismatch", value };
      this.#values.set(key, command.to);
      return { kind: "matched" };
    }
    const before = op === "append" ? (this.#get(key) ?? "") : "";
    this.#values.set(key, before + command.value);
    return { kind: "ok" };
  }
}

/** A state machine never throws for what it was sent. */
function answer(execute: () => KeyValueResult): Uint8Array {
  let result: KeyValueResult;
  try {
    result = execute();
  } catch (error) {
    if (!(error instanceof RaftError && error.code === "RAFT_BAD_FORMAT")) throw error;
    result = { kind: "badCommand" };
  }
  return encodeResult(result);
}

function putPair(sink: Sink, [key, value]: readonly [string, string]): void {
  sink.text(key);
  sink.text(value);
}
