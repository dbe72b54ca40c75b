/** The data of Raft: what is in the log, on the disk and on the wire. Names are those of Ongaro's thesis. */

/** A server's name, as the network knows it. */
export type NodeId = string;
/** From 1; 0 before the first election. */
export type Term = number;
/** From 1; 0 is before the first entry. */
export type LogIndex = number;

export type EntryKind = "noop" | "command" | "configuration";

/** One entry of the replicated log. Immutable. */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: EntryKind;
  /** A command's bytes; an encoded `Configuration`; empty for a no-op. */
  readonly data: Uint8Array;
}

/** A place in the log. */
export interface LogPosition {
  readonly index: LogIndex;
  readonly term: Term;
}

/** What has to be durable before any reply that depends on it (Raft, figure 2). */
export interface HardState {
  readonly term: Term;
  /** Whom this server voted for in `term`. */
  readonly vote: NodeId | undefined;
}

/**
 * Who votes. `outgoing` is not empty while a change is under way (joint consensus, thesis section 4.3): then
 * elections and commitment need a majority of `voters` and one of `outgoing`. Learners receive the log and
 * count for nothing. The lists are sorted, without duplicates; a learner is none of the voters, but may be
 * outgoing.
 */
export interface Configuration {
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/** What a snapshot stands for: everything up to `index`. */
export interface SnapshotMeta extends LogPosition {
  /** The configuration in force at `index`. */
  readonly configuration: Configuration;
}

/** Why a leader's round began is not told: `round` only has to come back. */
export type RaftMessage =
  | { readonly kind: "preVote"; readonly term: Term; readonly last: LogPosition }
  /** `term`: the one asked for where granted, the voter's own where not. */
  | { readonly kind: "preVoteResponse"; readonly term: Term; readonly granted: boolean }
  /** `transfer`: on the leader's own wish, so no voter protects that leader (thesis section 3.10). */
  | { readonly kind: "vote"; readonly term: Term; readonly last: LogPosition; readonly transfer: boolean }
  | { readonly kind: "voteResponse"; readonly term: Term; readonly granted: boolean }
  | AppendMessage
  | AppendResponse
  /** `commit` is never above what the receiver is known to hold. */
  | { readonly kind: "heartbeat"; readonly term: Term; readonly commit: LogIndex; readonly round: number }
  | HeartbeatResponse
  | SnapshotChunk
  | SnapshotChunkResponse
  | { readonly kind: "timeoutNow"; readonly term: Term }
  /** A server that lost its state asks what it may have promised (see core/repair.ts). */
  | { readonly kind: "repairRequest"; readonly term: Term; readonly nonce: number }
  | RepairResponse;

export interface AppendMessage {
  readonly kind: "append";
  readonly term: Term;
  /** The place before the first entry. */
  readonly previous: LogPosition;
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
  readonly round: number;
}

export interface AppendResponse {
  readonly kind: "appendResponse";
  readonly term: Term;
  readonly accepted: boolean;
  /** Accepted: the logs agree up to here. Refused: the `previous.index` that did not fit. */
  readonly index: LogIndex;
  /** Refused: the highest place of the receiver's log that may fit. */
  readonly hint: LogPosition;
  readonly round: number;
  /** The sender is being repaired: its answer counts for nothing but the flow of entries. */
  readonly isRepairing: boolean;
  /** How far the sender's state machine is. Format 2; 0 from a server that writes format 1. */
  readonly applied: LogIndex;
}

export interface HeartbeatResponse {
  readonly kind: "heartbeatResponse";
  readonly term: Term;
  readonly round: number;
  readonly isRepairing: boolean;
}

/** A part of a snapshot. The receiver asks for what it needs next, so a transfer resumes where it broke off. */
export interface SnapshotChunk {
  readonly kind: "snapshotChunk";
  readonly term: Term;
  readonly snapshot: LogPosition;
  /** Number of the chunk, from 0. */
  readonly chunk: number;
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

export interface SnapshotChunkResponse {
  readonly kind: "snapshotChunkResponse";
  readonly term: Term;
  readonly snapshot: LogPosition;
  readonly nextChunk: number;
}

export interface RepairResponse {
  readonly kind: "repairResponse";
  readonly term: Term;
  readonly nonce: number;
  /** The sender leads in `term`; its log ends at `lastIndex`. */
  readonly isLeader: boolean;
  readonly lastIndex: LogIndex;
  /** Everybody that the sender knows of. */
  readonly members: readonly NodeId[];
}
