/**
 * Engines as real processes, on real files and sockets.
 *
 * What lives here: a server of a replicated key-value store, from the same code that runs in the simulated world;
 * a client's connection to such a cluster; clusters of processes on this machine, for tests and benchmarks.
 *
 * What it promises: what a server acknowledged survives its process, killed or closed, and its machine as far as
 * the devices keep what they call synced. On Linux two processes can't open one directory (`directory-lock.ts`
 * says what that does not cover), and no server opens another's. What it does not: nothing is encrypted and
 * names are believed, so this is for a network that only trusted machines can reach.
 */
export { formatAddress, parseAddress, parseServers } from "./address.js";
export { LocalCluster } from "./local-cluster.js";
export { RaftConnection } from "./raft-connection.js";
export { RaftServer, type RaftServerOptions } from "./raft-server.js";
export { type ServerStatus } from "./status.js";
