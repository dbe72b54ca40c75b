/**
 * The engines: production code that a database can be built on, in a simulation and on real files alike.
 *
 * What lives here: `wal/` (a write-ahead log), `snapshot/` (snapshots of a state machine), `store/` (what storage
 * engines have in common), `lsm/` and `btree/` (two of them), `raft/` (a replicated state machine), `rpc/` (requests
 * and responses over a network), `bytes/` (checksums, integers and fields), and `env/`, the one seam through which all
 * of them reach the outside.
 *
 * What it promises: no engine knows whether it is simulated. What it does not: import anything from above this
 * floor, or, outside of `env/node`, anything of the host.
 */
export * as btree from "./btree/index.js";
export * as env from "./env/index.js";
export * as lsm from "./lsm/index.js";
export * as raft from "./raft/index.js";
export * as rpc from "./rpc/index.js";
export * as snapshot from "./snapshot/index.js";
export * as store from "./store/index.js";
export * as wal from "./wal/index.js";
