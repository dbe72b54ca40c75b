/**
 * Checks: what a server observes fits together (positions that its log has, entries without a gap, terms that it
 * is in, configurations that its log says), and agrees with what it says of itself when it is inspected, down to
 * each entry of its log. All other checks rest on that.
 *
 * Does not check: what the disk holds (see `disk-records`). A lie that is told in both places is not seen here.
 */
import { describeConfiguration, sameConfiguration } from "#engines/raft/configuration.js";
import type { RaftEvent, Role } from "#engines/raft/events.js";
import type { Configuration, Entry, LogIndex, LogPosition, NodeId, Term } from "#engines/raft/types.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition, sameEntry } from "./entry-tree.js";
import type { ServerModel } from "./server-model.js";

/** What a server says of itself: a part of `RaftInspection`. */
export interface InspectedRaft {
  readonly role: Role;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  readonly digest: number;
  readonly base: LogPosition;
  readonly log: readonly Entry[];
  readonly configuration: Configuration;
  readonly isRepairing: boolean;
}

/** What `Incarnation.inspect` gave, if it is a server's. */
export function asInspectedRaft(inspected: unknown): InspectedRaft | undefined {
  const isRaft =
    typeof inspected === "object" && inspected !== null && "log" in inspected && "term" in inspected;
  return isRaft ? (inspected as InspectedRaft) : undefined;
}

export class Misreported implements Check {
  readonly kinds: readonly RaftEventKind[] = [
    "raft/booted",
    "raft/role-changed",
    "raft/appended",
    "raft/persisted",
    "raft/committed",
    "raft/configured",
    "raft/compacted",
  ];
  readonly #model: ClusterModel;
  readonly #report: Report;

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind === "raft/booted") this.#dense(server, event.base.index + 1, event.entries);
    else if (event.kind === "raft/appended") {
      const first = event.entries[0]?.index ?? 0;
      this.#dense(server, Math.min(first, server.log.lastIndex + 1), event.entries);
    } else if (event.kind === "raft/role-changed") {
      if (event.term === server.term) return;
      this.#broken(server, `${event.role} in term ${event.term}, not ${server.term}`);
    } else if (event.kind === "raft/persisted") {
      if (this.#model.tree.find(event.last) !== undefined) return;
      this.#broken(server, `${describePosition(event.last)} durable, which nobody has`);
    } else if (event.kind === "raft/committed") this.#has(server, event.position, "committed");
    else if (event.kind === "raft/compacted") this.#has(server, event.base, "compacted up to");
  }

  after(server: ServerModel, event: RaftEvent): void {
    if (event.kind !== "raft/configured" && event.kind !== "raft/booted") return;
    const at = event.kind === "raft/configured" ? event.index : server.log.lastIndex;
    const inLog = server.log.at(at);
    const expected = inLog === undefined ? server.configuration : server.configurationAt(inLog);
    if (sameConfiguration(event.configuration, expected)) return;
    const [said, is] = [describeConfiguration(event.configuration), describeConfiguration(expected)];
    this.#broken(server, `the configuration ${said}, where its log says ${is}`);
  }

  /** Between two events of the server: what it says of itself must be what it was observed to do. */
  inspect(server: ServerModel, said: InspectedRaft): void {
    const facts: readonly (readonly [string, number | string | undefined, number | string | undefined])[] = [
      ["role", said.role, server.role],
      ["term", said.term, server.term],
      ["vote", said.vote, server.vote],
      ["commit index", said.commit, server.commit],
      ["applied index", said.applied, server.applied],
      ["digest", said.digest, server.digest ?? said.digest],
      ["log's base", said.base.index, server.log.base.index],
      ["log's end", said.base.index + said.log.length, server.log.lastIndex],
      [
        "configuration",
        describeConfiguration(said.configuration),
        describeConfiguration(server.configuration),
      ],
    ];
    for (const [what, is, expected] of facts) {
      if (is === expected) continue;
      this.#broken(server, `${expected} as its ${what}, but has ${is}`);
      return;
    }
    // That it ends is known in memory before it is durable and observed.
    if (said.isRepairing && !server.isRepairing) this.#broken(server, "no repair, but is being repaired");
    this.#inspectLog(server, said);
  }

  #inspectLog(server: ServerModel, said: InspectedRaft): void {
    for (const entry of said.log) {
      const node = server.log.at(entry.index);
      if (node?.entry === undefined || !sameEntry(node.entry, entry)) {
        this.#broken(server, `another entry than its log's ${describePosition(entry)}`);
        return;
      }
      if (entry.index > said.commit || node.isCommitted) continue;
      this.#report(
        "raft/committed-immutable",
        `${server.name} has ${describePosition(entry)} as a committed one`,
      );
      return;
    }
  }

  #has(server: ServerModel, place: LogPosition, did: string): void {
    const { log } = server;
    if (log.at(place.index)?.term === place.term) return;
    const isCovered =
      place.index < log.base.index && this.#model.committedAt(place.index)?.term === place.term;
    if (!isCovered) this.#broken(server, `${did} ${describePosition(place)}, which its log lacks`);
  }

  #dense(server: ServerModel, from: LogIndex, entries: readonly Entry[]): void {
    const stray = entries.find((entry, i) => entry.index !== from + i);
    if (stray !== undefined) this.#broken(server, `${describePosition(stray)} behind a gap`);
  }

  #broken(server: ServerModel, what: string): void {
    this.#report("raft/misreported", `${server.name} reported ${what}`);
  }
}
