/**
 * Raft: a replicated state machine that a database can be built on (Ongaro and Ousterhout, 2014; Ongaro's
 * thesis).
 *
 * What lives here: `RaftNode`, one server, which binds the pure core (`core/`) to a network, a clock, a
 * `StateMachine` and a `RaftStorage` (`journal/`: a write-ahead log and snapshots); sessions that make a
 * client's retries harmless (`SessionMachine`); a state machine whose state stays on a disk, in a key-value store
 * (`store-machine/`); a key-value service to replicate, in memory or in a store (`kv/`); and the server's and the
 * client's ends of a service over it (`service/`). The formats are in FORMAT.md.
 *
 * What it promises: a command whose result was given is applied, in the same order, on every server, and
 * survives as long as a majority's disks do. A linearizable read sees every command that ended before it began;
 * a lease read too, while clocks are as exact as the configuration says. A server whose storage is damaged says
 * so and is rebuilt from the others before it counts again. An error says whether its command may still happen.
 *
 * What it does not: a disk that loses what it called durable, and shows nothing of it, can take what was
 * acknowledged with it. Servers are believed: nothing is encrypted or signed. A `StateMachine` is in memory, as
 * are a snapshot on its way, at either end, and the log behind the latest one.
 */
export * from "./configuration.js";
export { RaftError, type Outcome, type RaftErrorCode } from "./errors.js";
export { RAFT_MARKS, type RaftEvent, type RaftMark, type ReadKind, type Role } from "./events.js";
export type { CoreInspection, MembershipTarget, ProgressInspection } from "./core/index.js";
export { MemoryStorage } from "./memory-storage.js";
export { RaftNode, type Consistency, type Proposed, type RaftInspection } from "./node.js";
export type { RaftNodeOptions } from "./options.js";
export * from "./sessions.js";
export * from "./store-machine/index.js";
export type { Applied, DurableMachine, StateMachine, StateStream } from "./state-machine.js";
export type { Persist, RaftStorage, Recovered, SavedSnapshot, SnapshotToSave } from "./storage.js";
export type {
  Configuration,
  Entry,
  EntryKind,
  HardState,
  LogIndex,
  LogPosition,
  NodeId,
  RaftMessage,
  SnapshotMeta,
  Term,
} from "./types.js";
