// The B-tree: pages of 4 KiB, a pool of 64 MiB.
// nosync = policy none (written to the log, synced at a segment's end); sync = policy group.
import { BtreeStore } from "../../../dist/engines/btree/index.js";
import { storeAdapter } from "./store-adapter.mjs";

export default storeAdapter("B-tree, JavaScript", (env, options) => BtreeStore.open(env, options));
