/**
 * Raft as a pure core.
 *
 * What lives here: one server's consensus (`RaftCore`): whom a message goes to (`dispatch.ts`), elections
 * (`election.ts`), replication and commitment (`replication.ts`, `progress.ts`), heartbeats and quorums
 * (`heartbeat.ts`), what has to be durable (`persistence.ts`), where the log begins (`compaction.ts`), reads,
 * handing over, membership, and the repair of a server that lost its state. `state.ts` holds what they share.
 *
 * What it promises: no I/O, no clock, no randomness of its own: the same calls give the same answers. What has
 * to happen outside, and in which order, is in `ready.ts`. What it does not: bytes, timers, or snapshots'
 * contents; `../node.ts` binds it to those.
 */
export { RaftCore, type CoreInspection, type InitialState } from "./core.js";
export type { MembershipTarget } from "./membership.js";
export type { ProgressInspection, ProgressState } from "./progress.js";
export type { Envelope, ReadAnswer, Ready } from "./ready.js";
export type { CoreOptions } from "./state.js";
