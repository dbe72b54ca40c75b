// A store that writes an atomic batch change by change, each under a record of its own.
import { openLogStore } from "../../support/log-store.mjs";

export async function openStore(env, settings) {
  const store = await openLogStore(env, settings);
  const write = store.write.bind(store);
  store.write = async (batch) => {
    let sequence = 0;
    for (const operation of batch) sequence = await write([operation]);
    return sequence;
  };
  return store;
}
