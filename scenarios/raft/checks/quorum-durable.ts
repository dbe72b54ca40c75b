/**
 * Checks: when an entry is first said to be committed, a quorum of the configuration in force at its leader (a
 * joint one: of both halves) has it durable, as those servers said; and, in a sample, as their disks hold it.
 *
 * Does not check: that it stays so (see `durable-lost`, `intact-copies`). A copy counts that its server has
 * found damaged since it acknowledged it: the leader can't know. A disk that is damaged itself is not asked.
 */
import { describeConfiguration, votersOf } from "#engines/raft/configuration.js";
import type { RaftEvent } from "#engines/raft/events.js";
import type { Configuration, NodeId, Term } from "#engines/raft/types.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition, type EntryNode } from "./entry-tree.js";
import { isQuorum } from "./quorum.js";
import type { ServerModel } from "./server-model.js";

/** Who can look at disks. */
export interface DiskWitness {
  /** Whether to look this time. */
  isDue(): boolean;
  /** Whether the server's disk holds the entry; undefined where it can't be said. */
  holds(server: ServerModel, node: EntryNode): boolean | undefined;
}

export class QuorumDurable implements Check {
  readonly kinds: readonly RaftEventKind[] = ["raft/committed"];
  readonly #model: ClusterModel;
  readonly #report: Report;
  readonly #disks: DiskWitness | undefined;

  constructor(model: ClusterModel, report: Report, disks?: DiskWitness) {
    this.#model = model;
    this.#report = report;
    this.#disks = disks;
  }

  after(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/committed" || this.#model.newlyCommitted === 0) return;
    const tip = this.#model.committedTip;
    const { configuration } = this.#leaderOf(event.term, server);
    const holds = (name: NodeId): boolean => this.#model.server(name)?.hasHeld(tip) === true;
    if (isQuorum(configuration, holds)) this.#askDisks(configuration, tip, holds);
    else this.#notDurable(configuration, tip, votersOf(configuration).filter(holds), "");
  }

  /** Followers may be the first to say it, under an older configuration. */
  #leaderOf(term: Term, server: ServerModel): ServerModel {
    const leader = this.#model.leaderOf(term)?.server;
    return leader !== undefined && leader.term === term ? leader : server;
  }

  #askDisks(configuration: Configuration, tip: EntryNode, holds: (name: NodeId) => boolean): void {
    if (this.#disks?.isDue() !== true) return;
    const lying = votersOf(configuration).filter((name) => {
      const server = this.#model.server(name);
      const isAsked = server?.holdsDurably(tip) === true && !server.isRepairing;
      return isAsked && this.#disks!.holds(server, tip) === false;
    });
    if (lying.length === 0) return;
    const holdsIndeed = (name: NodeId): boolean => holds(name) && !lying.includes(name);
    if (!isQuorum(configuration, holdsIndeed)) {
      this.#notDurable(
        configuration,
        tip,
        votersOf(configuration).filter(holdsIndeed),
        ", as the disks have it",
      );
      return;
    }
    const what = describePosition(tip);
    this.#report(
      "raft/misreported",
      `${lying.join(" ")} said that ${what} is durable, but the disk has it not`,
    );
  }

  #notDurable(configuration: Configuration, tip: EntryNode, by: readonly NodeId[], as: string): void {
    const who = by.length === 0 ? "nobody" : by.join(" ");
    this.#report(
      "raft/quorum-durable",
      `${describePosition(tip)} is committed, durable on ${who} of ${describeConfiguration(configuration)}${as}`,
    );
  }
}
