/**
 * A client that nothing strikes: its writes show that a core of the cluster makes progress, its reads at the
 * end that nothing is lost. What it does is part of the history.
 */
import type { Env } from "#engines/env/index.js";
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Incarnation, Node } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { Caller, Operations } from "./operations.js";
import type { RaftPlan } from "./plan.js";
import { tokenOf } from "./tokens.js";

const MARKER_KEY = "marker";
const WRITE_TIMEOUT_US = 1_000_000;
const READ_TIMEOUT_US = 5_000_000;
const ATTEMPT_TIMEOUT_US = 200_000;

export class Auditor {
  readonly node: Node;
  readonly #run: Run;
  readonly #plan: RaftPlan;
  readonly #operations: Operations;
  #writes = 0;

  constructor(run: Run, plan: RaftPlan, operations: Operations) {
    this.#run = run;
    this.#plan = plan;
    this.#operations = operations;
    this.node = run.world.addNode("auditor");
  }

  /** Writes until one write is acknowledged. False where none was within about so much simulated time. */
  async writes(withinUs: number): Promise<boolean> {
    let isWritten = false;
    await this.#boot(async (caller, env) => {
      const untilUs = env.clock.nowUs() + withinUs;
      while (!isWritten && env.clock.nowUs() < untilUs) {
        const value = tokenOf(this.#writes++);
        const input = { op: "put", key: MARKER_KEY, value } as const;
        const outcome = await this.#operations.perform(
          caller,
          { input, consistency: "linearizable" },
          WRITE_TIMEOUT_US,
        );
        isWritten = outcome === "ok";
      }
    });
    return isWritten;
  }

  /** Reads every key once. False where one was not answered. */
  async readsAll(): Promise<boolean> {
    let isAnswered = true;
    await this.#boot(async (caller) => {
      for (const key of [...this.#plan.keys, MARKER_KEY]) {
        const planned = { input: { op: "get", key }, consistency: "linearizable" } as const;
        if ((await this.#operations.perform(caller, planned, READ_TIMEOUT_US)) !== "ok") isAnswered = false;
      }
    });
    return isAnswered;
  }

  async #boot(work: (caller: Caller, env: Env) => Promise<void>): Promise<void> {
    const program = async (env: Env, self: Incarnation): Promise<void> => {
      const raft = new RaftClient(new RpcClient(env), {
        servers: this.#plan.servers,
        attemptTimeoutUs: ATTEMPT_TIMEOUT_US,
      });
      await work({ client: this.#plan.clients.length, self, raft }, env);
      raft.close();
    };
    await this.#run.world.boot(this.node, program).exited;
  }
}
