/**
 * Checks: one server's term never falls, and it votes for one candidate in a term: in the memory of an
 * incarnation, and over restarts as far as its disk was said to hold it. A server that was repaired knows every
 * term that it voted in.
 *
 * Does not check: what a server forgets that finds its disk damaged, until its repair ends; nor, after one,
 * votes for candidates that forgot their candidacy in the same way or are no voters any more. On disks that lie
 * this is expected to fire.
 */
import { isVoter } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { HardState, NodeId, Term } from "#engines/raft/types.js";
import type { Check, EventOf, RaftEventKind, Report } from "./check.js";
import type { ServerModel } from "./server-model.js";

export class TermMonotonic implements Check {
  readonly kinds: readonly RaftEventKind[] = [
    "raft/booted",
    "raft/term-changed",
    "raft/persisted",
    "raft/repaired",
  ];
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind === "raft/booted") this.#booted(server, event);
    else if (event.kind === "raft/repaired") this.#repaired(server, event.term);
    else if (event.kind === "raft/term-changed") {
      this.#follows(server, "turns", { term: server.term, vote: server.vote }, event);
    } else if (event.kind === "raft/persisted") {
      this.#follows(server, "persists", durableState(server), event);
      this.#votes(server, event.term, event.vote);
    }
  }

  #booted(server: ServerModel, event: EventOf<"raft/booted">): void {
    if (event.isRepairing) return;
    this.#follows(server, "boots", durableState(server), event);
    // A repair that was complete when the process died has spent the vote of its term.
    if (!server.isRepairing) this.#votes(server, event.term, event.vote);
  }

  #follows(server: ServerModel, what: string, before: HardState, after: HardState): void {
    if (after.term < before.term) {
      this.#broken(server, `${what} back from term ${before.term} to ${after.term}`);
    } else if (after.term === before.term && before.vote !== undefined && after.vote !== before.vote) {
      const votes = `${before.vote} to ${after.vote ?? "nobody"}`;
      this.#broken(server, `${what} its vote of term ${after.term} from ${votes}`);
    }
  }

  #votes(server: ServerModel, term: Term, vote: NodeId | undefined): void {
    // What the disk held already was looked at, and is right or was reported.
    if (term === server.durableTerm && server.durableVote !== undefined) return;
    const known = server.durableVotes.get(term);
    if (known === undefined || known === vote || !server.isVote(term, vote)) return;
    this.#broken(server, `votes for ${vote} in term ${term}, in which it voted for ${known}`);
  }

  #repaired(server: ServerModel, term: Term): void {
    for (const [voted, candidate] of server.durableVotes) {
      if (voted <= term || !isVoter(server.configuration, candidate)) continue;
      this.#broken(server, `is repaired in term ${term}, but voted for ${candidate} in term ${voted}`);
    }
  }

  #broken(server: ServerModel, message: string): void {
    this.#report("raft/term-monotonic", `${server.name} ${message}`);
  }
}

function durableState({ durableTerm, durableVote }: ServerModel): HardState {
  return { term: durableTerm, vote: durableVote };
}
