/** What a quorum is: said once more here, so that the checks don't believe the code that they check. */
import type { Configuration, NodeId } from "#engines/raft/types.js";

/** Whether more than half of the voters are in the set, and where a change is under way, of the outgoing too. */
export function isQuorum({ voters, outgoing }: Configuration, isIn: (node: NodeId) => boolean): boolean {
  const isMajority = (nodes: readonly NodeId[]): boolean => 2 * nodes.filter(isIn).length > nodes.length;
  return isMajority(voters) && (outgoing.length === 0 || isMajority(outgoing));
}
