/**
 * Checks: servers apply the same entries in the same order (Raft, figure 3). At each index the term and the
 * digest over all that was applied are the same on every server, over restarts, in snapshots that are taken and
 * in those that are installed, and where a state machine brings its state from its own disk; entries are applied one after the other, none twice in an incarnation, none that
 * its server does not know to be committed; and a snapshot is of a committed place.
 *
 * Does not check: whether the digest is that of the state itself, which only the clients' history can tell, nor
 * the bytes of a snapshot.
 */
import type { RaftEvent } from "#engines/raft/events.js";
import type { LogPosition } from "#engines/raft/types.js";
import type { Check, RaftEventKind, Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { describePosition } from "./entry-tree.js";
import type { ServerModel } from "./server-model.js";

interface Applied {
  readonly digest: number;
  readonly by: string;
}

export class StateMachineSafety implements Check {
  readonly kinds: readonly RaftEventKind[] = [
    "raft/applied",
    "raft/snapshot-taken",
    "raft/snapshot-installed",
    "raft/booted",
  ];
  readonly #model: ClusterModel;
  readonly #report: Report;
  /** By index. */
  readonly #applied: Applied[] = [];

  constructor(model: ClusterModel, report: Report) {
    this.#model = model;
    this.#report = report;
  }

  before(server: ServerModel, event: RaftEvent): void {
    if (event.kind === "raft/applied") this.#applies(server, event.position, event.digest);
    else if (event.kind === "raft/snapshot-taken") {
      this.#agrees(server, event.position, event.digest, "took a snapshot of");
    } else if (event.kind === "raft/snapshot-installed") {
      this.#agrees(server, event.position, event.digest, "installed a snapshot of");
    } else if (event.kind === "raft/booted") {
      const { base, snapshot, held } = event;
      if (!this.#isCommitted(server, base, "boots with a log behind")) return;
      if (snapshot !== undefined) this.#isCommitted(server, snapshot, "boots with a snapshot of");
      if (held !== undefined && held.index > 0) {
        this.#agrees(server, held, held.digest, "boots with the state of");
      }
    }
  }

  #applies(server: ServerModel, position: LogPosition, digest: number): void {
    const { name, applied, commit } = server;
    const { index } = position;
    if (index !== applied + 1) this.#broken(`${name} applies entry ${index} after ${applied}`);
    else if (index > commit)
      this.#broken(`${name} applies entry ${index}, but knows only ${commit} to be committed`);
    else this.#agrees(server, position, digest, "applied");
  }

  #agrees(server: ServerModel, position: LogPosition, digest: number, did: string): void {
    if (!this.#isCommitted(server, position, did)) return;
    const known = this.#applied[position.index];
    if (known === undefined) this.#applied[position.index] = { digest, by: server.name };
    else if (known.digest !== digest) {
      const digests = `${digest.toString(16)}, not ${known.digest.toString(16)} as ${known.by}`;
      this.#broken(`${server.name} ${did} ${describePosition(position)} with digest ${digests}`);
    }
  }

  #isCommitted(server: ServerModel, position: LogPosition, did: string): boolean {
    const committed = this.#model.committedAt(position.index);
    if (committed?.term === position.term) return true;
    const instead = committed === undefined ? "nothing" : describePosition(committed);
    this.#broken(`${server.name} ${did} ${describePosition(position)}, where ${instead} is committed`);
    return false;
  }

  #broken(message: string): void {
    this.#report("raft/state-machine-safety", message);
  }
}
