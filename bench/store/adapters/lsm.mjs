// The LSM tree: memtables of 4 MiB, a block cache of 64 MiB, bloom filters of 10 bits a key, no compression.
// nosync = policy none (written to the log, synced at a segment's end); sync = policy group.
import { LsmStore } from "../../../dist/engines/lsm/index.js";
import { storeAdapter } from "./store-adapter.mjs";

export default storeAdapter("LSM tree, JavaScript", (env, options) => LsmStore.open(env, options));
