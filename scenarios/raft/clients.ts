/**
 * The clients: machines of their own, which may be struck down, stopped and cut off as the servers may. Each
 * does one planned operation after the other; an operation whose client died is unknown.
 */
import type { Env } from "#engines/env/index.js";
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Incarnation, Node } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { Operations } from "./operations.js";
import type { RaftPlan } from "./plan.js";
import type { PlannedOperation } from "./workload.js";

const RESTART_MAX_US = 300_000;
const BACKOFF_MIN_US = 10_000;

interface Client {
  readonly index: number;
  readonly node: Node;
  readonly planned: readonly PlannedOperation[];
  /** The next operation; earlier ones are never done again. */
  next: number;
  isBusy: boolean;
}

export class Clients {
  readonly #run: Run;
  readonly #plan: RaftPlan;
  readonly #operations: Operations;
  readonly #clients: readonly Client[];
  #isStopped = false;

  constructor(run: Run, plan: RaftPlan, operations: Operations) {
    this.#run = run;
    this.#plan = plan;
    this.#operations = operations;
    this.#clients = plan.clients.map((planned, index) => {
      const node = run.world.addNode(`c${index + 1}`);
      return { index, node, planned, next: 0, isBusy: false };
    });
  }

  get names(): readonly string[] {
    return this.#clients.map(({ node }) => node.name);
  }

  /** Whether an operation of some client is under way. */
  get areBusy(): boolean {
    return this.#clients.some(({ isBusy }) => isBusy);
  }

  start(): void {
    for (const client of this.#clients) void this.#keepRunning(client);
  }

  /** Nobody begins another operation. */
  stop(): void {
    this.#isStopped = true;
    for (const { node, isBusy } of this.#clients) if (!isBusy) this.#run.world.crash(node);
  }

  async #keepRunning(client: Client): Promise<void> {
    const { world } = this.#run;
    const stream = world.streams.get(`restarts/${client.node.name}`);
    while (client.next < client.planned.length && !this.#isStopped) {
      await world.boot(client.node, (env, self) => this.#work(client, env, self)).exited;
      client.isBusy = false;
      this.#operations.lose(client.index);
      await world.sleep(stream.below(RESTART_MAX_US));
    }
  }

  async #work(client: Client, env: Env, self: Incarnation): Promise<void> {
    const { servers, attemptTimeoutUs, operationTimeoutUs } = this.#plan;
    const options = { servers, attemptTimeoutUs, backoffMinUs: BACKOFF_MIN_US };
    const raft = new RaftClient(new RpcClient(env), options);
    const caller = { client: client.index, self, raft };
    for (;;) {
      const planned = client.planned[client.next];
      if (planned === undefined || this.#isStopped) return;
      client.next++;
      await env.clock.sleep(planned.thinkUs);
      self.enter();
      client.isBusy = true;
      await this.#operations.perform(caller, planned, operationTimeoutUs);
      client.isBusy = false;
    }
  }
}
