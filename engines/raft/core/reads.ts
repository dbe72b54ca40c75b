/**
 * Reads that see every write that ended before they began: by asking a quorum whether this leader still leads
 * (ReadIndex, thesis section 6.4), or under a lease, while no other can have been elected (6.4.1).
 */
import { beginRound, quorumRound } from "./heartbeat.js";
import type { Leadership, State } from "./state.js";

/** Asks for a read. Its answer comes in a `Ready`, or at once as false where this server does not lead. */
export function requestRead(s: State, id: number): boolean {
  const { leadership } = s;
  if (leadership === undefined) return false;
  // A round that began before the read says nothing about now. One round serves all reads of a step.
  const round = leadership.round + 1;
  leadership.reads.push({ id, index: readIndex(s, leadership), round });
  return true;
}

/** Whether a read of the state as it is now is safe without asking anybody. */
export function holdsLease(s: State): boolean {
  const { leadership } = s;
  if (leadership === undefined) return false;
  const { leaseFromUs, mayLease } = leadership;
  const holds =
    mayLease &&
    leaseFromUs !== undefined &&
    s.nowUs < leaseFromUs + s.options.leaseUs &&
    readIndex(s, leadership) !== undefined &&
    s.applied === s.commit;
  s.options.reached(holds ? "raft/lease-read" : "raft/lease-refused");
  return holds;
}

/** Until the term's first entry is committed a leader does not know what is. */
function readIndex(s: State, { termStart }: Leadership): number | undefined {
  return s.commit >= termStart ? s.commit : undefined;
}

/** Begins the round that reads wait for, if one is missing. */
export function askForReads(s: State, leadership: Leadership): void {
  if (leadership.reads.some(({ round }) => round > leadership.round)) beginRound(s, leadership);
}

/** Answers the reads that a quorum has confirmed and whose index is applied. */
export function grantReads(s: State, leadership: Leadership): void {
  if (leadership.reads.length === 0) return;
  const confirmed = quorumRound(s, leadership);
  leadership.reads = leadership.reads.filter((read) => {
    read.index ??= readIndex(s, leadership);
    if (read.index === undefined || read.round > confirmed || read.index > s.applied) return true;
    s.options.reached("raft/read-index-read");
    s.answeredReads.push({ id: read.id, isGranted: true, index: read.index });
    return false;
  });
}
