/**
 * Raft for clients: a replicated state machine that is used from anywhere on the network.
 *
 * What lives here: `serveRaft`, which answers calls with one Raft server, and `RaftClient`, which finds the
 * leader, tries again, and keeps a session (Ongaro's thesis, section 6.3); `Route` and `Backoff`, which other services
 * over Raft find their leader with.
 *
 * What it promises: `execute` applies a command exactly once where it resolves, and at most once in any case,
 * whatever servers, clients and the network do meanwhile. An error with the outcome `failed` means that the
 * command has not been applied and never will be; whatever leaves a doubt is `unknown`. An attempt that was not
 * answered leaves one for good: what servers say to later attempts speaks for these alone, unless it is the
 * result. A query with `linearizable` reflects all that any client had been told when it began.
 *
 * What it does not: a session is not told to the servers as closed; they give up those that were idle longest.
 * A client that is made again has a new session, and cannot ask what became of its earlier one's commands.
 * Clients are believed who they say they are.
 */

export type { Consistency } from "../node.js";
export { Backoff } from "./backoff.js";
export { RaftClient, type Patience, type RaftClientOptions } from "./client.js";
export type { ReplicatedNode } from "./replicated-node.js";
export { Route } from "./route.js";
export { serveRaft } from "./server.js";
