/** All checks together, on a world. */
import type { Observation } from "#engines/env/index.js";
import type { NodeId } from "#engines/raft/types.js";
import { site, type Decisions } from "#sim/decisions.js";
import { CheckSet } from "./check-set.js";
import type { Report } from "./check.js";
import { ClusterModel } from "./cluster-model.js";
import { CommitMonotonic } from "./commit-monotonic.js";
import { CommitRule } from "./commit-rule.js";
import { CommittedImmutable } from "./committed-immutable.js";
import { ConfigurationOverlap } from "./configuration-overlap.js";
import { DiskLooks } from "./disk-looks.js";
import type { DiskFile } from "./disk-records.js";
import { DurableLost } from "./durable-lost.js";
import { ElectionSafety } from "./election-safety.js";
import { IntactCopies } from "./intact-copies.js";
import { LeaderAppendOnly } from "./leader-append-only.js";
import { LeaderCompleteness } from "./leader-completeness.js";
import { LogMatching } from "./log-matching.js";
import { asInspectedRaft, Misreported } from "./misreported.js";
import { QuorumDurable } from "./quorum-durable.js";
import type { ServerModel } from "./server-model.js";
import { StateMachineSafety } from "./state-machine-safety.js";
import type { RaftStats } from "./stats.js";
import { TermMonotonic } from "./term-monotonic.js";

/** What is needed of a process. An `Incarnation` has it. */
export interface ObservedProcess {
  readonly node: ObservedNode;
  readonly alive: boolean;
  inspect(): unknown;
}

export interface ObservedNode {
  readonly name: NodeId;
  readonly incarnation: ObservedProcess | undefined;
  readonly disk: { durableFiles(): readonly DiskFile[] };
}

/** What is needed of the world. A `World` has it. */
export interface ObservedWorld {
  readonly currentEventId: number;
  readonly decisions: Pick<Decisions, "bits">;
  node(name: string): ObservedNode | undefined;
  listen(listener: (from: ObservedProcess, event: Observation) => void): void;
}

export interface RaftChecksOptions {
  readonly world: ObservedWorld;
  readonly report: Report;
  /** Mean number of observations between two looks at what a server says of itself. Default 128; 0: none. */
  readonly sampleEvery?: number;
  /** Mean number of advances of the committed prefix between two looks at disks. Default 16; 0: none. */
  readonly diskSampleEvery?: number;
  /** What the servers keep their state in. `memory`: no disk has anything. Default `journal`. */
  readonly storage?: "journal" | "memory";
}

const INSPECT = site("raft-checks/inspect");

/** Listens to all servers of the world from now on: to be made before the first of them boots. */
export class RaftChecks {
  readonly model: ClusterModel = new ClusterModel();
  readonly #world: ObservedWorld;
  readonly #checks: CheckSet;
  readonly #misreported: Misreported;
  readonly #disks: DiskLooks | undefined;
  readonly #sampleEvery: number;
  /** The process that booted last on each node, and the event of the world in which it was last heard of. */
  readonly #lives: Map<NodeId, { readonly process: ObservedProcess; heardAt: number }> = new Map();

  constructor(options: RaftChecksOptions) {
    const { world, report, sampleEvery = 128, diskSampleEvery = 16, storage = "journal" } = options;
    const { model } = this;
    this.#world = world;
    this.#sampleEvery = sampleEvery;
    this.#misreported = new Misreported(model, report);
    if (storage === "journal" && diskSampleEvery > 0) {
      this.#disks = new DiskLooks({
        world,
        model,
        report,
        sampleEvery: diskSampleEvery,
        // Whoever came after it may be at work on the disk, or have died over it.
        isSettled: (name) => world.node(name)?.incarnation === this.#lives.get(name)?.process,
      });
    }
    this.#checks = new CheckSet(model, [
      this.#misreported,
      new ElectionSafety(model, report),
      new LeaderAppendOnly(report),
      new LogMatching(model, report),
      new CommitMonotonic(report),
      new CommitRule(report),
      new CommittedImmutable(model, report),
      new QuorumDurable(model, report, this.#disks),
      new LeaderCompleteness(model, report),
      new StateMachineSafety(model, report),
      new TermMonotonic(report),
      new DurableLost(report),
      new IntactCopies(model, report),
      new ConfigurationOverlap(model, report),
    ]);
    world.listen((from, event) => this.#observed(from, event));
  }

  get stats(): Readonly<RaftStats> {
    return this.model.stats;
  }

  /** To be called at the end of the run: looks at every server that runs, and at every disk. */
  finish(): void {
    for (const server of this.model.servers()) {
      this.#inspect(server);
      this.#disks?.check(server);
    }
  }

  #observed(from: ObservedProcess, event: Observation): void {
    const { name } = from.node;
    const server = this.#checks.observe(name, event);
    if (server === undefined) return;
    const heardAt = this.#world.currentEventId;
    if (event.kind === "raft/booted") this.#lives.set(name, { process: from, heardAt });
    else if (this.#lives.get(name)?.process === from) this.#lives.get(name)!.heardAt = heardAt;
    const { observations } = this.model.stats;
    const isDue =
      this.#sampleEvery > 0 && this.#world.decisions.bits(INSPECT, observations) % this.#sampleEvery === 0;
    if (isDue) this.#inspectOther(server);
  }

  /** Whoever acts in this event may be half-way through something: another server is looked at. */
  #inspectOther(acting: ServerModel): void {
    const servers = this.model.servers();
    const start = this.model.stats.inspections + servers.indexOf(acting);
    for (let i = 1; i < servers.length; i++) {
      const server = servers[(start + i) % servers.length]!;
      if (this.#lives.get(server.name)?.heardAt !== this.#world.currentEventId && this.#inspect(server))
        return;
    }
  }

  #inspect(server: ServerModel): boolean {
    const process = this.#lives.get(server.name)?.process;
    if (process?.alive !== true) return false;
    const said = asInspectedRaft(process.inspect());
    if (said === undefined) return false;
    this.model.stats.inspections++;
    this.#misreported.inspect(server, said);
    return true;
  }
}
