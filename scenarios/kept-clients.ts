/**
 * The clients of a cluster: machines of their own, which may be struck down, stopped and cut off as the servers may. A
 * client that comes back goes on with what it has not begun; what had been under way is unknown.
 */
import type { Env } from "#engines/env/index.js";
import type { Incarnation, Node } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";

const RESTART_MAX_US = 300_000;

export interface KeptClientOptions<Planned> {
  readonly name: string;
  /** In the history. */
  readonly number: number;
  readonly planned: readonly Planned[];
  /** What its process does: it takes from what is planned until there is nothing. */
  readonly work: (client: KeptClient<Planned>, env: Env, self: Incarnation) => Promise<void>;
}

export class KeptClient<out Planned> {
  readonly node: Node;
  readonly number: number;
  /** Something that it asked for is under way. */
  isBusy = false;
  readonly work: (env: Env, self: Incarnation) => Promise<void>;
  readonly #planned: readonly Planned[];
  #next = 0;
  #isStopped = false;

  constructor(run: Run, { name, number, planned, work }: KeptClientOptions<Planned>) {
    this.node = run.world.addNode(name);
    this.number = number;
    this.work = (env, self) => work(this, env, self);
    this.#planned = planned;
  }

  /** Whether there is nothing left to begin. */
  get isDone(): boolean {
    return this.#isStopped || this.#next >= this.#planned.length;
  }

  /** What to begin next, which is never given again; undefined where nothing is left to begin. */
  take(): Planned | undefined {
    return this.isDone ? undefined : this.#planned[this.#next++];
  }

  /** It must not begin what it has taken either. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** It begins nothing else. */
  stop(): void {
    this.#isStopped = true;
  }
}

export class KeptClients {
  readonly #run: Run;
  readonly #clients: readonly KeptClient<unknown>[];
  readonly #lose: (client: number) => void;

  /** `lose`: the process of the client with this number has ended, and what it had asked for is unknown. */
  constructor(run: Run, clients: readonly KeptClient<unknown>[], lose: (client: number) => void) {
    this.#run = run;
    this.#clients = clients;
    this.#lose = lose;
  }

  get names(): readonly string[] {
    return this.#clients.map(({ node }) => node.name);
  }

  /** Whether something that some client asked for is under way. */
  get areBusy(): boolean {
    return this.#clients.some(({ isBusy }) => isBusy);
  }

  start(): void {
    for (const client of this.#clients) void this.#keepRunning(client);
  }

  /** Nobody begins anything else. */
  stop(): void {
    for (const client of this.#clients) {
      client.stop();
      if (!client.isBusy) this.#run.world.crash(client.node);
    }
  }

  async #keepRunning(client: KeptClient<unknown>): Promise<void> {
    const { world } = this.#run;
    const stream = world.streams.get(`restarts/${client.node.name}`);
    while (!client.isDone) {
      await world.boot(client.node, client.work).exited;
      client.isBusy = false;
      this.#lose(client.number);
      await world.sleep(stream.below(RESTART_MAX_US));
    }
  }
}
