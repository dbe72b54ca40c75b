/** Blows at whoever coordinates, and at whoever leads what is written: as planned. */
import { GROUPS_TOPIC, TRANSACTIONS_TOPIC } from "#engines/broker/coordinator/index.js";
import type { BrokerLife } from "../broker/cluster.js";
import type { Storm } from "../broker/storm.js";
import { eachLink, type Server } from "../fleet.js";
import type { PlannedBlow, TransactionsPlan } from "./plan.js";
import { INPUT, OUTPUT } from "./topics.js";

export class Blows {
  readonly #storm: Storm;
  readonly #plan: TransactionsPlan;
  #isStopped = false;

  constructor(storm: Storm, plan: TransactionsPlan) {
    this.#storm = storm;
    this.#plan = plan;
  }

  async start(): Promise<void> {
    const { world } = this.#storm.run;
    for (const blow of this.#plan.blows) {
      await world.sleep(Math.max(0, blow.atUs - world.nowUs));
      if (this.#isStopped) return;
      if (blow.kind === "kill") this.#kill(blow);
      else void this.#cut(blow);
    }
  }

  /** No further blows. */
  stop(): void {
    this.#isStopped = true;
  }

  #kill(blow: PlannedBlow): void {
    const name = this.#nameOf(blow);
    const leader = this.#leader(name);
    if (leader === undefined) return;
    const { run } = this.#storm;
    run.note(`${leader.name}, which leads ${name}, is killed`);
    run.count("coordinatorsKilled");
    run.world.crash(leader.node);
  }

  /** From all servers, but not from its clients: it does not know that another has taken over. */
  async #cut(blow: PlannedBlow): Promise<void> {
    const name = this.#nameOf(blow);
    const leader = this.#leader(name);
    if (leader === undefined) return;
    const { run, plan } = this.#storm;
    const servers = [...plan.brokers, ...plan.controllers];
    run.note(`${leader.name}, which leads ${name}, is cut off from all servers for ${blow.lengthUs} us`);
    run.count("coordinatorsCutOff");
    eachLink(leader.name, servers, (from, to) => run.world.network.cut(from, to));
    await run.world.sleep(blow.lengthUs);
    // What is broken for good by then is left to those who broke it.
    if (this.#isStopped) return;
    eachLink(leader.name, servers, (from, to) => run.world.network.restore(from, to));
  }

  #nameOf({ of, partition }: PlannedBlow): string {
    const { coordinators, topics } = this.#plan;
    if (of === "input") return `${INPUT}-${partition % topics.inputs}`;
    if (of === "output") return `${OUTPUT}-${partition % topics.outputs}`;
    const topic = of === "groups" ? GROUPS_TOPIC : TRANSACTIONS_TOPIC;
    return `${topic}-${partition % coordinators.partitions}`;
  }

  #leader(name: string): Server<BrokerLife> | undefined {
    const { checks, brokers } = this.#storm;
    for (const partition of checks.partitions) {
      const leader = partition.name === name ? partition.state?.leader : undefined;
      if (leader !== undefined) return brokers.server(leader);
    }
    return undefined;
  }
}
