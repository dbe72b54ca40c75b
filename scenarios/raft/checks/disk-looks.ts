/**
 * Checks: what a server said is durable, its disk holds: some of the times when something is committed (see
 * `quorum-durable`), and at the end its whole state.
 *
 * Does not check: a disk that is damaged, one whose server is being repaired, or one that a new process has
 * begun to recover from. On disks that lie this is expected to fire.
 */
import { site, type Decisions } from "#sim/decisions.js";
import type { Report } from "./check.js";
import type { ClusterModel } from "./cluster-model.js";
import { readDiskRecords, type DiskFile, type DiskRecords } from "./disk-records.js";
import { describePosition, type EntryNode } from "./entry-tree.js";
import type { DiskWitness } from "./quorum-durable.js";
import type { ServerModel } from "./server-model.js";

export interface DiskLooksOptions {
  readonly world: {
    readonly decisions: Pick<Decisions, "bits">;
    node(name: string): { readonly disk: { durableFiles(): readonly DiskFile[] } } | undefined;
  };
  readonly model: ClusterModel;
  readonly report: Report;
  /** Mean number of times between two that are due. */
  readonly sampleEvery: number;
  /** Whether the last process that was begun on the node has told what it found on its disk. */
  readonly isSettled: (name: string) => boolean;
}

const LOOK = site("raft-checks/disk");

export class DiskLooks implements DiskWitness {
  readonly #options: DiskLooksOptions;
  #asked = 0;

  constructor(options: DiskLooksOptions) {
    this.#options = options;
  }

  isDue(): boolean {
    const { world, sampleEvery } = this.#options;
    return world.decisions.bits(LOOK, ++this.#asked) % sampleEvery === 0;
  }

  holds(server: ServerModel, node: EntryNode): boolean | undefined {
    return this.#look(server)?.holds(node);
  }

  /** At rest: the disk holds the log and the hard state that the server said it does. */
  check(server: ServerModel): void {
    const records = this.#look(server);
    if (records === undefined) return;
    const { durable, durableTerm, durableVote, name } = server;
    const { term, vote } = records.hardState;
    const isOlder =
      term < durableTerm || (term === durableTerm && durableVote !== undefined && vote !== durableVote);
    let missing: string | undefined;
    if (durable.index > 0 && !records.holds(durable)) missing = describePosition(durable);
    else if (isOlder) missing = `term ${durableTerm} with its vote for ${durableVote ?? "nobody"}`;
    if (missing === undefined) return;
    this.#options.report(
      "raft/misreported",
      `${name} said that ${missing} is durable, but its disk lacks it`,
    );
  }

  #look(server: ServerModel): DiskRecords | undefined {
    const { world, model, isSettled } = this.#options;
    const node = world.node(server.name);
    if (node === undefined || server.isRepairing || !isSettled(server.name)) return undefined;
    model.stats.diskLooks++;
    return readDiskRecords(node.disk.durableFiles());
  }
}
