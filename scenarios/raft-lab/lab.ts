/**
 * The cluster of one test and what the tests do with it. The names are the course's where it has one (`one`,
 * `wait`, `start`, ...), and so are the times: how often is looked, and how long is waited.
 */
import { makeConfiguration } from "#engines/raft/configuration.js";
import type { Term } from "#engines/raft/types.js";
import type { Stream } from "#sim/streams.js";
import type { World } from "#sim/world.js";
import { CommittedLog } from "./committed.js";
import { LabNetwork } from "./conditions.js";
import { LabFailure, check } from "./failure.js";
import { LabServer, type Plant, type Started } from "./server.js";

export const MS = 1_000;
export const SECOND: number = 1_000 * MS;
/** The course is generous: an election is over by then. */
export const ELECTION_US: number = SECOND;

const AGREE_WITHIN_US = 10 * SECOND;
const COMMIT_WITHIN_US = 2 * SECOND;

export interface LabSetup {
  /** Begins the names of the servers. Unique in the world. */
  readonly name: string;
  readonly servers: number;
  readonly isUnreliable: boolean;
  readonly takesSnapshots: boolean;
  readonly plant: Plant;
  readonly onFailure: (failure: LabFailure) => void;
}

export class Lab {
  readonly network: LabNetwork;
  readonly random: Stream;
  readonly size: number;
  readonly #world: World;
  readonly #servers: readonly LabServer[];
  readonly #committed: CommittedLog = new CommittedLog();
  readonly #onFailure: (failure: LabFailure) => void;

  /** Starts the servers, all of them connected. */
  constructor(world: World, setup: LabSetup) {
    const names = Array.from({ length: setup.servers }, (_, i) => `${setup.name}-${i}`);
    this.#world = world;
    this.size = setup.servers;
    this.#onFailure = setup.onFailure;
    this.random = world.streams.get(`raft-lab/${setup.name}`);
    this.#servers = names.map(
      (name, i) =>
        new LabServer(world, name, i, {
          bootstrap: makeConfiguration(names),
          takesSnapshots: setup.takesSnapshots,
          plant: setup.plant,
          onApplied: (server, place, applied) => this.#committed.apply(server, place, applied),
          onFailure: setup.onFailure,
        }),
    );
    this.network = new LabNetwork(world, names, setup.isUnreliable);
    for (const server of this.all()) {
      this.restart(server);
      this.connect(server);
    }
  }

  get nowUs(): number {
    return this.#world.nowUs;
  }

  /** Commands applied by any server. */
  get commands(): number {
    return this.#committed.length;
  }

  /** Bytes that all servers sent, counted from the first call on. */
  bytesTotal(): number {
    this.#world.network.countBytes = true;
    return this.#world.network.counts.bytes;
  }

  /** Ends every process. */
  end(): void {
    for (const server of this.#servers) server.end();
    this.#world.network.countBytes = false;
  }

  /** The servers' numbers. */
  all(): number[] {
    return this.#servers.map((_, i) => i);
  }

  /** The server so many places behind this one, round the circle. */
  after(server: number, steps = 1): number {
    return (server + steps) % this.size;
  }

  sleep(durationUs: number): Promise<void> {
    return this.#world.sleep(durationUs);
  }

  /** A command that, in all likelihood, nobody else sends. */
  command(): string {
    return String(this.random.uint32());
  }

  connect(...servers: readonly number[]): void {
    for (const server of servers) this.network.connect(server);
  }

  disconnect(...servers: readonly number[]): void {
    for (const server of servers) this.network.disconnect(server);
  }

  isConnected(server: number): boolean {
    return this.network.isConnected(server);
  }

  isUp(server: number): boolean {
    return this.#servers[server]!.isUp;
  }

  /** Kills the server, which is disconnected from then on. */
  crash(server: number): void {
    this.disconnect(server);
    this.#servers[server]!.crash();
  }

  /** Starts the server on its disk, after killing it if it runs. It is disconnected. */
  restart(server: number): void {
    if (this.isUp(server)) this.crash(server);
    this.#servers[server]!.boot();
  }

  /** For work that goes on beside the test: if it fails, the test has failed. */
  beside(work: Promise<unknown>): Promise<void> {
    return work.then(
      () => {},
      (error: unknown) => {
        if (!(error instanceof LabFailure)) throw error;
        this.#onFailure(error);
      },
    );
  }

  /** Puts the command into the server's log if it believes that it leads. */
  start(server: number, command: string): Started | undefined {
    return this.#servers[server]!.start(command);
  }

  /** The term that the server is in; undefined while it is down. */
  termOf(server: number): Term | undefined {
    return this.#servers[server]!.state()?.term;
  }

  /** The largest of the logs, in bytes. */
  logBytes(): number {
    return Math.max(...this.#servers.map((server) => server.logBytes()));
  }

  /** Waits until one connected server leads, and gives its number. No term may have two leaders. */
  async checkOneLeader(): Promise<number> {
    for (let look = 0; look < 10; look++) {
      await this.sleep((450 + this.random.below(100)) * MS);
      const leaders = this.#leaders();
      const last = leaders.reduce((term, leader) => Math.max(term, leader.term), 0);
      for (const { term } of leaders) {
        const count = leaders.filter((leader) => leader.term === term).length;
        check(count === 1, () => `term ${term} has ${count} (>1) leaders`);
      }
      const leader = leaders.find(({ term }) => term === last);
      if (leader !== undefined) return leader.server;
    }
    throw new LabFailure("expected one leader, got none");
  }

  /** No connected server may believe that it leads. */
  checkNoLeader(): void {
    const [leader] = this.#leaders();
    check(
      leader === undefined,
      () => `expected no leader among connected servers, but ${leader?.server} claims to be`,
    );
  }

  /** All connected servers have to be in one term; gives it. */
  checkTerms(): Term {
    const terms = this.all()
      .filter((server) => this.isConnected(server))
      .map((server) => this.termOf(server) ?? 0);
    check(new Set(terms).size === 1, () => `servers disagree on term: ${terms.join(", ")}`);
    return terms[0]!;
  }

  /** How many servers have applied the command at this place; one that is down counts until it starts again. */
  countCommitted(place: number): number {
    return this.#servers.filter(({ applied }) => applied >= place).length;
  }

  /** The command at this place, if any server has applied it. */
  committed(place: number): string | undefined {
    return this.#committed.at(place);
  }

  /**
   * Gives the command to whoever leads, until `expected` servers have applied it, and gives its place. Without
   * `retries` the first server that took it has to get it there.
   */
  async one(command: string, expected: number, retries: boolean): Promise<number> {
    const untilUs = this.nowUs + AGREE_WITHIN_US;
    let first = 0;
    while (this.nowUs < untilUs) {
      const started = this.#startAnywhere(command, first);
      if (started === undefined) {
        await this.sleep(50 * MS);
        continue;
      }
      first = started.server + 1;
      if (await this.#isApplied(command, started.place, expected)) return started.place;
      check(retries, () => `one(${command.slice(0, 20)}) failed to reach agreement`);
    }
    throw new LabFailure(`one(${command.slice(0, 20)}) failed to reach agreement`);
  }

  /**
   * Waits until so many servers have applied the command at this place, and gives it; undefined once a server
   * has left the term of `startTerm`, after which the place may be somebody else's.
   */
  async wait(place: number, expected: number, startTerm?: Term): Promise<string | undefined> {
    let pauseUs = 10 * MS;
    for (let look = 0; look < 30 && this.countCommitted(place) < expected; look++) {
      await this.sleep(pauseUs);
      if (pauseUs < SECOND) pauseUs *= 2;
      if (startTerm !== undefined && this.all().some((server) => (this.termOf(server) ?? 0) > startTerm)) {
        return undefined;
      }
    }
    const count = this.countCommitted(place);
    check(count >= expected, () => `only ${count} decided for index ${place}; wanted ${expected}`);
    return this.committed(place);
  }

  #leaders(): { readonly server: number; readonly term: Term }[] {
    return this.all().flatMap((server) => {
      const state = this.isConnected(server) ? this.#servers[server]!.state() : undefined;
      return state?.isLeader === true ? [{ server, term: state.term }] : [];
    });
  }

  #startAnywhere(
    command: string,
    first: number,
  ): { readonly server: number; readonly place: number } | undefined {
    for (let i = 0; i < this.size; i++) {
      const server = this.after(first, i);
      if (!this.isConnected(server)) continue;
      const started = this.start(server, command);
      if (started !== undefined) return { server, place: started.place };
    }
    return undefined;
  }

  async #isApplied(command: string, place: number, expected: number): Promise<boolean> {
    const untilUs = this.nowUs + COMMIT_WITHIN_US;
    while (this.nowUs < untilUs) {
      const count = this.countCommitted(place);
      if (count > 0 && count >= expected && this.committed(place) === command) return true;
      await this.sleep(20 * MS);
    }
    return false;
  }
}
