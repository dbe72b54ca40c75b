// A store of this project as an adapter of the peers' benchmark.
import { nodeEnv } from "../../../dist/engines/env/node/index.js";

const POLICIES = { nosync: { kind: "none" }, sync: { kind: "group" } };

/** `open`: opens the store on an environment. */
export function storeAdapter(kind, open) {
  return {
    kind,
    keys: "buffer",
    modes: ["nosync", "sync"],
    async open(dir, { mode }) {
      const env = await nodeEnv({ node: "bench", root: dir });
      const store = await open(env, { directory: "store", policy: POLICIES[mode] });
      return {
        // The value itself where it is in memory, and a promise where a file has to be asked: so there is no
        // `getSync` beside it, which could not answer the second.
        get: (key) => store.get(key),
        put: (key, value) => store.put(key, value),
        del: (key) => store.delete(key),
        batch: (operations) =>
          store.write(
            operations.map(({ type, key, value }) =>
              type === "put" ? { type, key, value } : { type: "delete", key },
            ),
          ),
        scan: () => scan(store),
        async close() {
          await store.close();
          await env.close();
        },
      };
    },
  };
}

/** Touches every key and value, and gives their number. A step is only waited for where it has to be. */
async function scan(store) {
  const iterator = store.iterate();
  let entries = 0;
  let bytes = 0;
  try {
    for (;;) {
      const next = iterator.next();
      if (!(next instanceof Promise ? await next : next)) break;
      entries++;
      bytes += iterator.key.length + iterator.value.length;
    }
  } finally {
    iterator.close();
  }
  if (entries > 0 && bytes === 0) throw new Error("entries without bytes");
  return entries;
}
