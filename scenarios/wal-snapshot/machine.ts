/** A small key-value state machine: its commands are the records of a log, its state goes into snapshots. */
import { keyOfPayload } from "../wal/payload.js";

const KEYS = 24;
/** One command in so many deletes. */
const DELETE_EVERY = 5;

export class KeyValueMachine {
  readonly #entries: Map<number, Uint8Array> = new Map();

  /** Applies the command that these bytes stand for: a put of them under a key, or a delete of it. */
  apply(command: Uint8Array): void {
    const id = keyOfPayload(command);
    const key = entryKey(id);
    if (Math.trunc(id / KEYS) % DELETE_EVERY === 0) this.#entries.delete(key);
    else this.#entries.set(key, command);
  }

  /** The state, an entry a chunk, as of now: later commands don't change what was given. */
  chunks(): Uint8Array[] {
    return [...this.#entries.values()];
  }

  /** Takes in one chunk of a snapshot. */
  restore(chunk: Uint8Array): void {
    this.#entries.set(entryKey(keyOfPayload(chunk)), chunk);
  }

  /** The first key whose entries differ, with what each has; undefined where the states are equal. */
  difference(other: KeyValueMachine): string | undefined {
    for (let key = 0; key < KEYS; key++) {
      const mine = this.#entries.get(key);
      const theirs = other.#entries.get(key);
      if (mine === theirs) continue;
      if (mine === undefined || theirs === undefined || !sameBytes(mine, theirs)) {
        return `key ${key} is ${describe(mine)}, and should be ${describe(theirs)}`;
      }
    }
    return undefined;
  }
}

function entryKey(id: number): number {
  return (id * 7) % KEYS;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function describe(entry: Uint8Array | undefined): string {
  return entry === undefined ? "absent" : `command ${keyOfPayload(entry)} (${entry.length} bytes)`;
}
