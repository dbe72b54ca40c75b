// The plain store that others are compared with keeps the contract itself.
import { storeContract } from "./contract.js";
import { MemoryStore } from "./memory-store.js";
import { PLACES } from "./places.js";

for (const [name, place] of PLACES) {
  storeContract(`a sorted list ${name}`, {
    place,
    open: (env) => MemoryStore.open(env, { directory: "db" }),
  });
}
