/** What a state machine with a disk of its own begins from, once the log and the snapshot are recovered. */
import type { Env } from "../env/index.js";
import { RaftError } from "./errors.js";
import type { RaftMark } from "./events.js";
import { NOTHING_APPLIED, type Applied, type DurableMachine } from "./state-machine.js";
import type { Recovered, SavedSnapshot } from "./storage.js";
import type { LogPosition } from "./types.js";

/**
 * Opens the machine and gives what it stands at, which the log goes on from. Where its state is not of a place
 * in the log, it is replaced by the snapshot's: it is behind the log's beginning, not whole, or its server lost
 * the log to damage and is being repaired.
 *
 * Throws what the machine throws, and RAFT_LOG_LOST where the machine has applied what the log does not hold:
 * only what the log held durably is ever applied.
 */
export async function openMachine(env: Env, machine: DurableMachine, recovered: Recovered): Promise<Applied> {
  const held = await machine.open();
  const { base, entries, snapshot, isRepairing } = recovered;
  const entry = held.index === base.index ? base : entries[held.index - base.index - 1];
  const covered = snapshot?.meta.index ?? 0;
  if (entry?.term === held.term) {
    if (held.index > 0)
      reached(env, held.index < covered ? "raft/machine-behind-snapshot" : "raft/machine-resumed");
    return held;
  }
  if (held.index > covered && !isRepairing) throw logLost(env.node, held);
  const at = appliedBy(snapshot);
  await machine.restore(snapshot?.chunks);
  await machine.seal(at);
  reached(env, "raft/machine-rebuilt");
  return at;
}

/** What the snapshot's state is of. */
export function appliedBy(snapshot: Pick<SavedSnapshot, "meta" | "digest"> | undefined): Applied {
  if (snapshot === undefined) return NOTHING_APPLIED;
  const { meta, digest } = snapshot;
  return { index: meta.index, term: meta.term, digest };
}

function reached(env: Env, mark: RaftMark): void {
  env.reached(mark);
}

function logLost(where: string, { index, term }: LogPosition): RaftError {
  return new RaftError("RAFT_LOG_LOST", {
    expected: `entry ${index} of term ${term} in the log, as the state machine has applied it`,
    found: "another one, or none",
    where,
    todo: "take the server out of the cluster and let it join anew with an empty disk",
  });
}
