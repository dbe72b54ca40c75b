/** Handing the leadership over (thesis, section 3.10). */
import type { NodeId } from "../types.js";
import { sendEntries } from "./replication.js";
import type { Leadership, State } from "./state.js";

/** Begins to hand over. False where it can't: not the leader, under way already, or `to` may not be elected. */
export function transferLeadership(s: State, to: NodeId): boolean {
  const { leadership } = s;
  if (leadership === undefined || leadership.transfer !== undefined || !canLead(s, leadership, to))
    return false;
  leadership.transfer = { to, deadlineUs: s.nowUs + s.options.electionTimeoutUs };
  sendEntries(s, leadership, to, false);
  continueTransfer(s, leadership, to);
  return true;
}

function canLead(s: State, { progress }: Leadership, to: NodeId): boolean {
  return s.configuration.voters.includes(to) && progress.get(to)?.isRepairing === false;
}

/** Tells the next leader to campaign once it has all of the log. */
export function continueTransfer(s: State, leadership: Leadership, from: NodeId): void {
  const { transfer } = leadership;
  if (transfer === undefined || transfer.to !== from) return;
  if (leadership.progress.get(from)?.match !== s.log.lastIndex) return;
  // Voters don't protect this leader from that campaign, however late it begins.
  leadership.mayLease = false;
  s.send(from, { kind: "timeoutNow", term: s.term });
}

/** Goes on leading where the other did not take over in time, or is no voter any more (etcd 8b0d0e9). */
export function checkTransfer(s: State, leadership: Leadership): void {
  const { transfer } = leadership;
  if (transfer === undefined) return;
  if (s.nowUs < transfer.deadlineUs && canLead(s, leadership, transfer.to)) return;
  s.options.reached("raft/transfer-aborted");
  leadership.transfer = undefined;
}
