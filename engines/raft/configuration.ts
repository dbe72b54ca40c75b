/** Who votes, and what a majority is. A configuration is plain data; everything here is a pure function. */
import { assert } from "../env/index.js";
import type { Configuration, LogIndex, NodeId } from "./types.js";

export const EMPTY_CONFIGURATION: Configuration = { voters: [], outgoing: [], learners: [] };

/** The configuration with these members, in the one form that equal configurations have. */
export function makeConfiguration(
  voters: readonly NodeId[],
  learners: readonly NodeId[] = [],
  outgoing: readonly NodeId[] = [],
): Configuration {
  const configuration = { voters: sorted(voters), outgoing: sorted(outgoing), learners: sorted(learners) };
  assert(
    configuration.learners.every((learner) => !configuration.voters.includes(learner)),
    "a learner does not vote",
  );
  return configuration;
}

function sorted(nodes: readonly NodeId[]): NodeId[] {
  return [...new Set(nodes)].toSorted();
}

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

/** Whether the server's vote and its copy of the log count for anything. */
export function isVoter({ voters, outgoing }: Configuration, node: NodeId): boolean {
  return voters.includes(node) || outgoing.includes(node);
}

/** Everybody who receives the log, each once, sorted. */
export function membersOf({ voters, outgoing, learners }: Configuration): NodeId[] {
  return sorted([...voters, ...outgoing, ...learners]);
}

/** Everybody who votes, each once, sorted. */
export function votersOf({ voters, outgoing }: Configuration): NodeId[] {
  return outgoing.length === 0 ? [...voters] : sorted([...voters, ...outgoing]);
}

/** Whether those that `has` holds for are a majority: in a joint configuration, one of each half. */
export function isQuorum({ voters, outgoing }: Configuration, has: (node: NodeId) => boolean): boolean {
  return isMajority(voters, has) && (outgoing.length === 0 || isMajority(outgoing, has));
}

/** Whether no quorum is left without those that `has` holds for. */
export function isBlocking({ voters, outgoing }: Configuration, has: (node: NodeId) => boolean): boolean {
  const without = (node: NodeId): boolean => !has(node);
  return !isMajority(voters, without) || (outgoing.length > 0 && !isMajority(outgoing, without));
}

function isMajority(nodes: readonly NodeId[], has: (node: NodeId) => boolean): boolean {
  let count = 0;
  for (const node of nodes) if (has(node)) count++;
  return count * 2 > nodes.length;
}

/** The highest value that a quorum has reached; `valueOf` gives how far each is. 0 without voters. */
export function quorumValue(
  { voters, outgoing }: Configuration,
  valueOf: (node: NodeId) => LogIndex,
): LogIndex {
  const incoming = majorityValue(voters, valueOf);
  return outgoing.length === 0 ? incoming : Math.min(incoming, majorityValue(outgoing, valueOf));
}

/** Of an even number the lower one of the two in the middle: half is no majority. */
function majorityValue(nodes: readonly NodeId[], valueOf: (node: NodeId) => number): number {
  if (nodes.length === 0) return 0;
  const values = nodes.map(valueOf);
  // So few are sorted faster by hand, and this runs for every answer that a leader gets.
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
  return values[(values.length - 1) >> 1]!;
}

export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  return sameList(a.voters, b.voters) && sameList(a.outgoing, b.outgoing) && sameList(a.learners, b.learners);
}

function sameList(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node, i) => node === b[i]);
}

/** A few words: `n1 n2 n3`, `n1 n2 (from n1 n3) learners n4`. */
export function describeConfiguration({ voters, outgoing, learners }: Configuration): string {
  const from = outgoing.length === 0 ? "" : ` (from ${outgoing.join(" ")})`;
  const behind = learners.length === 0 ? "" : ` learners ${learners.join(" ")}`;
  return `${voters.join(" ")}${from}${behind}`;
}
