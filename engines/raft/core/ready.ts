/**
 * What the core asks of its shell, and in which order (the contract of etcd/raft's `Ready`, with asynchronous
 * storage):
 *
 * 1. `messages` may be sent at once. A leader replicates while it writes to its own disk (thesis, 10.2.1).
 * 2. `persist` is to be made durable, in the order of the `Ready`s. Then `persisted(sequence)` is called.
 * 3. `afterPersist` may be sent only once this `Ready`'s `persist`, and that of every earlier one, is durable:
 *    these messages promise something (a vote, an acknowledged entry).
 * 4. `committed` is to be applied, in order. All of it is durable here. At once, but where the state machine has
 *    a disk of its own: then `appliedTo` is called once it is.
 * 5. `reads` may be answered after that: what a read needs is applied, or in this `committed`.
 * 6. `snapshotsTo` names servers that need the latest snapshot.
 *
 * Nothing may be skipped. The next `Ready` may be taken before the `persist` of this one is durable; all there
 * are have to be taken before `compact` and `installSnapshot`.
 */
import type { Persist } from "../storage.js";
import type { Entry, LogIndex, NodeId, RaftMessage } from "../types.js";

export interface Envelope {
  readonly to: NodeId;
  readonly message: RaftMessage;
}

/** `index`: the state machine is at least as new as every command that ended before the read began. */
export interface ReadAnswer {
  readonly id: number;
  readonly isGranted: boolean;
  readonly index: LogIndex;
}

export interface Ready {
  /** Number of `persist`; grows by one with each. 0 where there is none. */
  readonly sequence: number;
  readonly persist: Persist | undefined;
  readonly messages: readonly Envelope[];
  readonly afterPersist: readonly Envelope[];
  readonly committed: readonly Entry[];
  readonly reads: readonly ReadAnswer[];
  readonly snapshotsTo: readonly NodeId[];
}
