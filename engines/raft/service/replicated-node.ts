import type { MembershipTarget } from "../core/index.js";
import type { Consistency } from "../node.js";
import type { NodeId } from "../types.js";

/** What the service needs of a Raft server: a part of `RaftNode`. All of it rejects with `RaftError`. */
export interface ReplicatedNode {
  propose(command: Uint8Array): Promise<Uint8Array>;
  read(query: Uint8Array, consistency: Consistency): Promise<Uint8Array>;
  changeMembership(target: MembershipTarget): Promise<void>;
  transferLeadership(to: NodeId): Promise<void>;
}
