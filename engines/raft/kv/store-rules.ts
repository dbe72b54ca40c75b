/** The key-value service in a store: the same commands, queries and results as a `KeyValueMachine`'s. */
import { isPromise, type MaybePromise } from "../../store/index.js";
import type { StateReader, StateView, StoreRules } from "../store-machine/index.js";
import { decodeCommand, decodeQuery, encodeResult, type KeyValueCommand } from "./commands.js";
import { effectOf } from "./effect.js";
import { understood } from "./understood.js";

const ENCODER = new TextEncoder();
// A byte order mark at the front is a part of the text, not a hint to drop.
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A row is a key and its value, both in UTF-8: what a `KeyValueMachine` writes into its snapshots. What the
 * limits of the state don't allow is answered `tooLarge`.
 */
export const KEY_VALUE_RULES: StoreRules = {
  apply(bytes: Uint8Array, state: StateView): MaybePromise<Uint8Array> {
    const command = understood(decodeCommand, bytes);
    if (command === undefined) return encodeResult({ kind: "badCommand" });
    const key = ENCODER.encode(command.key);
    // To a put it makes no difference what was there.
    const before = command.op === "put" ? undefined : state.get(key);
    if (!isPromise(before)) return execute(command, key, before, state);
    return before.then((value) => execute(command, key, value, state));
  },

  query(bytes: Uint8Array, state: StateReader): MaybePromise<Uint8Array> {
    const query = understood(decodeQuery, bytes);
    if (query === undefined) return encodeResult({ kind: "badCommand" });
    const value = state.get(ENCODER.encode(query.key));
    return isPromise(value) ? value.then(valueResult) : valueResult(value);
  },
};

function execute(
  command: KeyValueCommand,
  key: Uint8Array,
  value: Uint8Array | undefined,
  state: StateView,
): Uint8Array {
  const { keyBytes, valueBytes } = state.limits;
  const before = value === undefined ? null : DECODER.decode(value);
  const { result, after } = effectOf(command, before);
  if (after === before) return encodeResult(result);
  if (after === null) {
    state.delete(key);
    return encodeResult(result);
  }
  const bytes = ENCODER.encode(after);
  if (key.length > keyBytes || bytes.length > valueBytes) return encodeResult({ kind: "tooLarge" });
  state.put(key, bytes);
  return encodeResult(result);
}

function valueResult(value: Uint8Array | undefined): Uint8Array {
  return encodeResult({ kind: "value", value: value === undefined ? null : DECODER.decode(value) });
}
