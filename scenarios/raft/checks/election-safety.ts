/**
 * Checks: at most one leader in a term (Raft, figure 3), also over restarts; that whoever leads has the votes of
 * a quorum of its configuration, each of which no crash can take back; and that whoever campaigns or is elected
 * is a voter itself, by its own log: by its end, or, while what stands there is not committed, by what is.
 *
 * Does not check: whether the voters should have voted so (see `leader-completeness`), nor pre-votes.
 */
import { describeConfiguration, votersOf } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { isQuorum } from "./quorum.js";
import type { ServerModel } from "./server-model.js";

export class ElectionSafety implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/role-changed"];
  readonly #model: ClusterModel;
  readonly #report: Report;

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/role-changed" || event.role === "follower") return;
    const { term } = event;
    if (!mayCampaign(server)) {
      const where = describeConfiguration(server.configuration);
      this.#report(
        "raft/election-safety",
        `${server.name} is ${event.role} in term ${term}, but no voter of ${where}`,
      );
      return;
    }
    if (event.role !== "leader") return;
    const first = this.#model.leaderOf(term);
    if (first !== undefined) {
      if (first.server === server && first.incarnation === server.incarnation) return;
      const who = first.server === server ? `${server.name} before its restart` : first.server.name;
      this.#report("raft/election-safety", `${server.name} leads in term ${term}, in which ${who} led`);
      return;
    }
    const { configuration } = server;
    const hasVote = (node: string): boolean =>
      this.#model.server(node)?.durableVotes.get(term) === server.name;
    if (isQuorum(configuration, hasVote)) return;
    const voted = votersOf(configuration).filter(hasVote).join(" ") || "nobody";
    this.#report(
      "raft/election-safety",
      `${server.name} leads in term ${term} of ${describeConfiguration(configuration)} with the durable votes of ${voted}`,
    );
  }
}

/** See the thesis, section 4.2.2, for who campaigns though its latest configuration leaves it out. */
function mayCampaign(server: ServerModel): boolean {
  if (votersOf(server.configuration).includes(server.name)) return true;
  const committed = server.log.tip.ancestorAt(server.commit);
  return committed !== undefined && votersOf(server.configurationAt(committed)).includes(server.name);
}
