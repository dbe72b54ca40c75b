/** What commands have changed since the last seal, over the state below. */
import { assert } from "../../env/index.js";
import type { KeyValueStore, MaybePromise, WriteOperation } from "../../store/index.js";
import type { Session } from "../session-table.js";
import type { Applied } from "../state-machine.js";
import { PLACE_KEY, encodePlace, encodeSession, sessionKey, stateKey } from "./rows.js";
import type { StateLimits, StateView } from "./rules.js";

interface Change {
  readonly key: Uint8Array;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
}

/** What a row has beside a key and a value, or a result, at most. */
const ROW_BYTES = 32;

export class Changes implements StateView {
  readonly limits: StateLimits;
  /** Where what is not changed is read. */
  store: KeyValueStore | undefined;
  /** By the key's bytes, each as a character. */
  readonly #state: Map<string, Change> = new Map();
  readonly #sessions: Map<number, Session | undefined> = new Map();
  #sizeBytes = 0;

  constructor(limits: StateLimits) {
    this.limits = limits;
  }

  /** At least as much as all keys and values together. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get(key: Uint8Array): MaybePromise<Uint8Array | undefined> {
    const change = this.#state.get(textOf(key));
    // A copy: what was put goes to the store yet.
    return change === undefined ? readState(this.store!, this.limits, key) : change.value?.slice();
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const { keyBytes, valueBytes } = this.limits;
    assert(key.length <= keyBytes && value.length <= valueBytes, "rules keep to the limits of their state");
    this.#change(key, value);
  }

  delete(key: Uint8Array): void {
    if (key.length <= this.limits.keyBytes) this.#change(key, undefined);
  }

  setSession(session: number, row: Session | undefined): void {
    this.#sessions.set(session, row);
    this.#sizeBytes += ROW_BYTES + (row?.result.length ?? 0);
  }

  /** All of it, and that the state is of `at` with it. */
  toBatch(at: Applied): WriteOperation[] {
    const batch: WriteOperation[] = [];
    for (const { key, value } of this.#state.values()) batch.push(operation(stateKey(key), value));
    for (const [session, row] of this.#sessions) {
      batch.push(operation(sessionKey(session), row === undefined ? undefined : encodeSession(row)));
    }
    batch.push(operation(PLACE_KEY, encodePlace(at)));
    return batch;
  }

  clear(): void {
    this.#state.clear();
    this.#sessions.clear();
    this.#sizeBytes = 0;
  }

  #change(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#state.set(textOf(key), { key, value });
    this.#sizeBytes += ROW_BYTES + key.length + (value?.length ?? 0);
  }
}

/** Of a store that is a state. */
export function readState(
  store: KeyValueStore,
  limits: StateLimits,
  key: Uint8Array,
): MaybePromise<Uint8Array | undefined> {
  return key.length <= limits.keyBytes ? store.get(stateKey(key)) : undefined;
}

export function operation(key: Uint8Array, value: Uint8Array | undefined): WriteOperation {
  return value === undefined ? { type: "delete", key } : { type: "put", key, value };
}

/** Equal for equal bytes only. */
export function textOf(key: Uint8Array): string {
  let text = "";
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}
