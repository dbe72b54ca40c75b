/** Changes of who votes, by joint consensus (Raft, section 6; thesis, section 4.3). */
import { encodeConfiguration } from "../codec/index.js";
import { isJoint, makeConfiguration, sameConfiguration } from "../configuration.js";
import type { Configuration, LogPosition, NodeId } from "../types.js";
import { appendAsLeader } from "./replication.js";
import type { State } from "./state.js";

/** How many entries a learner may lack and still be called caught up. */
const CAUGHT_UP_ENTRIES = 64;

/** Who is to vote and who is to learn. */
export interface MembershipTarget {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
}

/**
 * The next step on the way to `target`, appended; `done` where there is none left, `wait` where the last one
 * is not committed yet, the leader has not committed anything in its own term (Ongaro's raft-dev message of
 * 2015 shows why), or new voters still have to catch up. A leader leaves a joint configuration by itself.
 */
export function stepTowards(s: State, target: MembershipTarget): LogPosition | "done" | "wait" {
  const { leadership, configuration } = s;
  if (s.configurations.currentIndex > s.commit) return "wait";
  const goal = makeConfiguration(target.voters, target.learners);
  // Also for a leader that has removed itself.
  if (sameConfiguration(configuration, goal)) return "done";
  if (leadership === undefined || s.commit < leadership.termStart || isJoint(configuration)) return "wait";
  if (sameNodes(configuration.voters, goal.voters)) return change(s, goal);
  const newcomers = goal.voters.filter((node) => !configuration.voters.includes(node));
  const strangers = newcomers.filter((node) => !configuration.learners.includes(node));
  if (strangers.length > 0) {
    // They learn first: a voter that lacks the log would only be in the way of the quorum (thesis, 4.2.1).
    return change(s, makeConfiguration(configuration.voters, [...configuration.learners, ...strangers]));
  }
  if (!newcomers.every((node) => isCaughtUp(s, node))) return "wait";
  if (newcomers.length > 0) s.options.reached("raft/learner-caught-up");
  return change(s, makeConfiguration(goal.voters, goal.learners, configuration.voters));
}

function isCaughtUp(s: State, node: NodeId): boolean {
  const progress = s.leadership?.progress.get(node);
  return progress !== undefined && progress.isActive && progress.match + CAUGHT_UP_ENTRIES > s.log.lastIndex;
}

function change(s: State, configuration: Configuration): LogPosition {
  return appendAsLeader(s, "configuration", encodeConfiguration(configuration));
}

function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node, i) => node === b[i]);
}
