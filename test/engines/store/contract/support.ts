import {
  StoreError,
  isPromise,
  type KeyValueStore,
  type MaybePromise,
  type Range,
} from "#engines/store/index.js";
import type { StoreHarness } from "../contract.js";

/** A key or a value out of a text. */
export function bytes(of: string): Uint8Array {
  return Uint8Array.from(of, (character) => character.charCodeAt(0));
}

export function text(of: Uint8Array | undefined): string | undefined {
  return of && String.fromCharCode(...of);
}

/** Value number i, of this length. */
export function pattern(i: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (i * 31 + at * 7 + (at >> 8)) & 0xff);
}

/** Runs the body with an open store, which is closed afterwards. */
export function withStore(
  { place, open }: StoreHarness,
  body: (store: KeyValueStore) => Promise<void>,
): () => Promise<void> {
  return () =>
    place(async (env) => {
      const store = await open(env);
      await body(store);
      await store.close();
    });
}

export async function put(store: KeyValueStore, ...pairs: string[]): Promise<void> {
  for (const pair of pairs) {
    const [key, value] = pair.split("=") as [string, string];
    await store.put(bytes(key), bytes(value));
  }
}

/** `key=value` of every entry in the range. */
export async function entries(store: KeyValueStore, range?: Range): Promise<string[]> {
  const found: string[] = [];
  const iterator = store.iterate(range);
  while (await iterator.next()) found.push(`${text(iterator.key)}=${text(iterator.value)}`);
  iterator.close();
  return found;
}

/** The code of the `StoreError` that the call throws or rejects with; undefined where it does neither. */
export async function codeOf(call: () => MaybePromise<unknown>): Promise<string | undefined> {
  try {
    const result = call();
    if (isPromise(result)) await result;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return `${error.code} ${error.outcome}`;
  }
  return undefined;
}
