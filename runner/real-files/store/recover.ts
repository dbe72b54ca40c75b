import type { Env } from "#engines/env/index.js";
import type { KeyValueStore } from "#engines/store/index.js";
import type { OpenStore, StoreSettings } from "../../stores/index.js";
import { entriesOf } from "./clients.js";
import type { Recovered } from "./protocol.js";

/** Opens the store, and looks at all that it holds and at its files. */
export async function openAndLook(
  open: OpenStore,
  env: Env,
  settings: StoreSettings,
): Promise<{ readonly store: KeyValueStore; readonly recovered: Recovered }> {
  const store = await open(env, settings);
  return { store, recovered: await lookAt(store) };
}

/** Nobody may write meanwhile. */
export async function lookAt(store: KeyValueStore): Promise<Recovered> {
  const snapshot = store.snapshot();
  const { sequence } = snapshot;
  const iterator = store.iterate({ snapshot });
  try {
    const entries = await entriesOf(iterator);
    const { problems, entries: counted } = await store.verify();
    const miscounted = {
      rule: "entries",
      where: "verify",
      message: `verify counts ${counted} entries, an iterator finds ${entries.length}`,
    };
    return { sequence, entries, problems: counted === entries.length ? problems : [...problems, miscounted] };
  } finally {
    iterator.close();
    snapshot.close();
  }
}
