/** One server of the lab: a machine whose process runs Raft over its disk, and may be killed and started again. */
import type { Env } from "#engines/env/index.js";
import { RaftError, RaftNode, type RaftNodeOptions, type RaftStorage } from "#engines/raft/index.js";
import { Journal } from "#engines/raft/journal/index.js";
import type { Configuration, Term } from "#engines/raft/types.js";
import type { Node } from "#sim/process.js";
import type { World } from "#sim/world.js";
import { LabFailure } from "./failure.js";
import type { AppliedCommand } from "./committed.js";
import { LabMachine, encodeCommand } from "./machine.js";

/** As the course asks for: ten heartbeats a second at most, and a new leader within five seconds. */
const HEARTBEAT_US = 100_000;
const ELECTION_TIMEOUT_US = 300_000;
/** The course's service takes a snapshot each time it has applied so many commands. */
const SNAPSHOT_EVERY = 10;
/** Of an entry in a log of the course: its term, its index and its length. */
const ENTRY_HEADER_BYTES = 12;

/** Mistakes to make on purpose, for the tests of this suite. */
export interface Plant {
  readonly storage?: (real: RaftStorage, server: number) => RaftStorage;
  readonly onApply?: (applied: AppliedCommand, server: number) => AppliedCommand;
  readonly heartbeatUs?: number;
  readonly takesNoSnapshots?: boolean;
}

export interface ServerSettings {
  readonly bootstrap: Configuration;
  readonly takesSnapshots: boolean;
  readonly plant: Plant;
  /** Hears of each command that this server's state is made of, with its place. Throws where it must not be. */
  readonly onApplied: (server: number, place: number, applied: AppliedCommand) => void;
  readonly onFailure: (failure: LabFailure) => void;
}

/** Where a command went: its place among the commands of the leader's log, and the leader's term. */
export interface Started {
  readonly place: number;
  readonly term: Term;
}

/** One life of the process, as soon as its Raft is open. */
interface Life {
  readonly raft: RaftNode;
  readonly machine: LabMachine;
  /** Entries of the log that are no commands, up to the last one, as long as the server leads in this term. */
  others: { readonly term: Term; readonly count: number } | undefined;
}

export class LabServer {
  readonly #world: World;
  readonly #node: Node;
  readonly #number: number;
  readonly #settings: ServerSettings;
  #life: Life | undefined;
  #applied = 0;

  constructor(world: World, name: string, number: number, settings: ServerSettings) {
    this.#world = world;
    this.#node = world.addNode(name);
    this.#number = number;
    this.#settings = settings;
  }

  get isUp(): boolean {
    return this.#node.up;
  }

  /** How many commands the state is made of; after a crash, was made of. */
  get applied(): number {
    return this.#applied;
  }

  /** Starts a process on what the disk holds. It serves once it has read that. */
  boot(): void {
    this.#applied = 0;
    this.#world.boot(this.#node, (env, self) =>
      this.#run(env, (life) => (self.inspect = () => life.raft.inspect())),
    );
  }

  /** Ends the process for good. */
  end(): void {
    this.#world.crash(this.#node);
  }

  /** Kills the process, and with it the page cache: only what was synced is sure to be there afterwards. */
  crash(): void {
    this.#world.powerLoss(this.#node);
    this.#life = undefined;
  }

  /** What the server believes, undefined while it is down or reads its disk. */
  state(): { readonly term: Term; readonly isLeader: boolean } | undefined {
    if (this.#life === undefined) return undefined;
    const { term, role } = this.#life.raft.inspect();
    return { term, isLeader: role === "leader" };
  }

  /** Puts the command into the log if this server believes that it leads. Never waits. */
  start(command: string): Started | undefined {
    const life = this.#life;
    const proposed = life?.raft.tryPropose(encodeCommand(command));
    if (life === undefined || proposed === undefined) return undefined;
    proposed.result.catch(ignoreRaftErrors);
    const { index, term } = proposed;
    return { place: index - this.#others(life, term), term };
  }

  /** The size of the log as the course's Raft would hand it to its disk. */
  logBytes(): number {
    if (this.#life === undefined) return 0;
    let sizeBytes = 0;
    for (const { data } of this.#life.raft.inspect().log) sizeBytes += ENTRY_HEADER_BYTES + data.length;
    return sizeBytes;
  }

  async #run(simulated: Env, onOpen: (life: Life) => void): Promise<void> {
    // Rare paths of the log on purpose, such as a new segment every few records, are for the log's own
    // scenarios: here they would only cost the time that the course's tests are to be quick in.
    const env: Env = { ...simulated, buggify: () => false };
    const { bootstrap, plant, onFailure } = this.#settings;
    const number = this.#number;
    const real = new Journal(env);
    const machine = new LabMachine((place, applied) => this.#onApplied(place, applied));
    const options: RaftNodeOptions = {
      storage: plant.storage === undefined ? real : plant.storage(real, number),
      machine,
      bootstrap,
      electionTimeoutUs: ELECTION_TIMEOUT_US,
      heartbeatUs: plant.heartbeatUs ?? HEARTBEAT_US,
      snapshotEvery: Number.MAX_SAFE_INTEGER,
      keepEntries: 0,
    };
    const raft = await RaftNode.open(env, options);
    const life: Life = { raft, machine, others: undefined };
    this.#life = life;
    onOpen(life);
    const error = await raft.stopped;
    // Nobody closes it: the lab's servers are killed, or fail.
    onFailure(new LabFailure(`server ${number} stopped by itself: ${error?.message ?? "without an error"}`));
  }

  #onApplied(place: number, applied: AppliedCommand): void {
    const { plant, onApplied, onFailure, takesSnapshots } = this.#settings;
    this.#applied = place;
    try {
      onApplied(this.#number, place, plant.onApply?.(applied, this.#number) ?? applied);
    } catch (error) {
      // A state machine must not throw, and the finding is the lab's, not the engine's.
      if (!(error instanceof LabFailure)) throw error;
      onFailure(error);
    }
    if (takesSnapshots && place % SNAPSHOT_EVERY === 0) this.#takeSnapshot();
  }

  #takeSnapshot(): void {
    // Not before the call that applied the command has returned.
    const raft = this.#life?.raft;
    if (raft === undefined || this.#settings.plant.takesNoSnapshots === true) return;
    Promise.resolve()
      .then(() => raft.takeSnapshot())
      .catch(ignoreRaftErrors);
  }

  /** A leader's log only grows, and all that it adds in its term are commands: once counted, the number stays. */
  #others(life: Life, term: Term): number {
    if (life.others?.term !== term) {
      const { base, log } = life.raft.inspect();
      const from = Math.max(base.index, life.machine.lastIndex);
      let count = from - life.machine.length;
      for (const { index, kind } of log) if (index > from && kind !== "command") count++;
      life.others = { term, count };
    }
    return life.others.count;
  }
}

function ignoreRaftErrors(error: unknown): void {
  if (!(error instanceof RaftError)) throw error;
}
