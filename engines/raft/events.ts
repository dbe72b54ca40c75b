import type { Observation } from "../env/index.js";
import type { Applied } from "./state-machine.js";
import type { Configuration, Entry, LogIndex, LogPosition, NodeId, Term } from "./types.js";

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** How a read was made safe. */
export type ReadKind = "readIndex" | "lease" | "stale";

/** What a Raft server tells `env.observe`. Entries are shared, never changed. */
export type RaftEvent = Observation &
  (
    | {
        readonly kind: "raft/booted";
        readonly term: Term;
        readonly vote: NodeId | undefined;
        /** What recovery found in the log: the place before its first entry, and the entries. */
        readonly base: LogPosition;
        readonly entries: readonly Entry[];
        readonly snapshot: LogPosition | undefined;
        readonly configuration: Configuration;
        readonly isRepairing: boolean;
        /** What the state machine's own disk holds; undefined where it has none: then it begins at the snapshot. */
        readonly held?: Applied;
      }
    /** `term` or `vote` changed in memory; not durable yet. */
    | { readonly kind: "raft/term-changed"; readonly term: Term; readonly vote: NodeId | undefined }
    | { readonly kind: "raft/role-changed"; readonly role: Role; readonly term: Term }
    /** In memory, not durable yet. What the log held from `entries[0].index` on is gone. */
    | { readonly kind: "raft/appended"; readonly entries: readonly Entry[]; readonly byLeader: boolean }
    /** Entries from this index on were removed, since they conflict with the leader's. */
    | { readonly kind: "raft/truncated"; readonly from: LogIndex }
    /** The log is durable up to here, and so are `term` and `vote`. */
    | {
        readonly kind: "raft/persisted";
        readonly last: LogPosition;
        readonly term: Term;
        readonly vote: NodeId | undefined;
      }
    /** This server knows now that everything up to here is committed. */
    | { readonly kind: "raft/committed"; readonly position: LogPosition; readonly term: Term }
    /** `digest` chains over all that was applied: equal where the same commands were, in the same order. */
    | { readonly kind: "raft/applied"; readonly position: LogPosition; readonly digest: number }
    | { readonly kind: "raft/configured"; readonly index: LogIndex; readonly configuration: Configuration }
    | { readonly kind: "raft/snapshot-taken"; readonly position: LogPosition; readonly digest: number }
    /** The state machine is the leader's as of this place; `keepsLog`: the log fitted, and what is above stays. */
    | {
        readonly kind: "raft/snapshot-installed";
        readonly position: LogPosition;
        readonly digest: number;
        readonly keepsLog: boolean;
      }
    /** Entries up to here were dropped from the log: a snapshot covers them. */
    | { readonly kind: "raft/compacted"; readonly base: LogPosition }
    | { readonly kind: "raft/read-served"; readonly read: ReadKind; readonly index: LogIndex }
    /** Bytes on the disk are not what was written: this server has to be repaired from the others. */
    | { readonly kind: "raft/damaged"; readonly reason: string }
    /** Bytes on the state machine's own disk are not what was written: its state is built anew. */
    | { readonly kind: "raft/machine-damaged"; readonly reason: string }
    /** All that this server may ever have promised is known and held again. */
    | { readonly kind: "raft/repaired"; readonly term: Term; readonly last: LogPosition }
  );

/** The rare paths of Raft, for `mustReach`. */
export const RAFT_MARKS = [
  "raft/append-refused",
  "raft/backtracked",
  "raft/check-quorum-step-down",
  "raft/configuration-rolled-back",
  "raft/conflict-truncated",
  "raft/damage-found",
  "raft/joint-entered",
  "raft/joint-left",
  "raft/leader-removed-itself",
  "raft/learner-caught-up",
  "raft/lease-read",
  "raft/lease-refused",
  "raft/machine-behind-snapshot",
  "raft/machine-condemned",
  "raft/machine-half-restored",
  "raft/machine-rebuilt",
  "raft/machine-resumed",
  "raft/pre-vote-refused",
  "raft/read-index-read",
  "raft/repaired",
  "raft/session-deduplicated",
  "raft/session-evicted",
  "raft/snapshot-installed",
  "raft/snapshot-resumed",
  "raft/snapshot-taken",
  "raft/transfer-aborted",
  "raft/transfer-completed",
  "raft/vote-refused",
] as const;

export type RaftMark = (typeof RAFT_MARKS)[number];
