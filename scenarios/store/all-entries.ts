import { isPromise, type KeyValueStore } from "#engines/store/index.js";
import type { StoreEntry } from "#sim/check/index.js";

/** All that the store holds, as an oracle wants to see it; at most so many entries. Throws what the iterator throws. */
export async function allEntries(store: KeyValueStore, max: number): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  const iterator = store.iterate();
  while (entries.length < max) {
    const step = iterator.next();
    if (!(isPromise(step) ? await step : step)) break;
    entries.push({ key: iterator.key.slice(), value: iterator.value.slice() });
  }
  iterator.close();
  return entries;
}
