/**
 * Engines as real processes, on real files and sockets.
 *
 * What lives here: servers of a replicated key-value store and of a distributed log, from the same code that runs in
 * the simulated world; a client's connection to such clusters; clusters of processes on this machine, for tests and
 * benchmarks.
 *
 * What it promises: what a server acknowledged (a broker: as durable) survives its process, killed or closed, and its machine as far as
 * the devices keep what they call synced. On Linux two processes can't open one directory (`lockDirectory`
 * says what that does not cover), and no server opens another's. What it does not: nothing is encrypted and
 * names are believed, so this is for a network that only trusted machines can reach.
 */
export { formatAddress, parseAddress, parseServers } from "./address.js";
export { BrokerConnection } from "./broker-connection.js";
export { BrokerServer, type BrokerServerOptions } from "./broker-server.js";
export { LocalCluster, type ClusterArguments } from "./local-cluster.js";
export { RaftConnection } from "./raft-connection.js";
export { RaftServer } from "./raft-server.js";
export type { ServedServer, ServerOptions } from "./server.js";
export { type ServerStatus } from "./status.js";
