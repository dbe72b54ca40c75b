/** The operators, and blows where it hurts: as planned. */
import { BrokerError } from "#engines/broker/errors.js";
import { partitionName } from "#engines/broker/types.js";
import type { BrokerLife } from "./cluster.js";
import { eachLink, type Server } from "../fleet.js";
import type { NemesisAct } from "./nemesis-plan.js";
import { TOPIC } from "./operations.js";
import { Relapse, type RelapseAct } from "./relapse.js";
import type { Storm } from "./storm.js";

type Cut = Extract<NemesisAct, { readonly kind: "cut-leader" }>;
type Ambush = Extract<NemesisAct, { readonly kind: "ambush" }>;

export class Nemesis {
  readonly #storm: Storm;
  #isStopped = false;
  /** An ambush or a relapse is under way: two at a time would get into each other's way. */
  #isBusy = false;

  constructor(storm: Storm) {
    this.#storm = storm;
  }

  async start(): Promise<void> {
    const { run, plan } = this.#storm;
    for (const { atUs, act } of plan.nemesis) {
      await run.world.sleep(Math.max(0, atUs - run.world.nowUs));
      if (this.#isStopped) return;
      this.#carryOut(act);
    }
  }

  /** No further acts. */
  stop(): void {
    this.#isStopped = true;
  }

  #carryOut(act: NemesisAct): void {
    const { admin } = this.#storm;
    switch (act.kind) {
      case "shutdown":
        this.#shutDown(act.broker);
        break;
      case "cut-leader":
        void this.#cutLeader(act);
        break;
      case "kill-leader":
        this.#killLeader(act.partition);
        break;
      case "ambush":
        void this.#ambush(act);
        break;
      case "relapse":
        void this.#relapse(act);
        break;
      case "kill-controller":
        this.#killController();
        break;
      case "reassign":
        admin.reassign(act.partition, act.replicas);
        break;
      case "cancel-reassignment":
        admin.reassign(act.partition, undefined);
        break;
      case "elect-preferred":
        admin.electPreferred(act.partition);
        break;
    }
  }

  #shutDown(name: string): void {
    const { run, brokers } = this.#storm;
    run.note(`${name} is shut down in order`);
    brokers.order(brokers.server(name), ({ broker }) => {
      run.count("shutdowns");
      void broker.close().catch((error: unknown) => {
        if (!(error instanceof BrokerError)) throw error;
      });
    });
  }

  #killController(): void {
    const { run, controllers } = this.#storm;
    const active = controllers.servers.find(
      ({ life }) => life?.controller.inspect().activeTerm !== undefined,
    );
    if (active === undefined) return;
    run.note(`${active.name}, the active controller, is killed`);
    run.count("controllersKilled");
    run.world.crash(active.node);
  }

  #killLeader(partition: number): void {
    const server = this.#leader(partition);
    if (server === undefined) return;
    const { run } = this.#storm;
    run.note(`${server.name}, which leads ${TOPIC}-${partition}, is killed`);
    run.count("leadersKilled");
    run.world.crash(server.node);
  }

  async #cutLeader({ partition, from, lengthUs }: Cut): Promise<void> {
    const server = this.#leader(partition);
    if (server === undefined) return;
    const { run, plan } = this.#storm;
    const others = [
      ...(from === "controllers" ? [] : plan.brokers),
      ...(from === "brokers" ? [] : plan.controllers),
    ];
    run.count("leadersCutOff");
    run.note(`${server.name}, which leads ${TOPIC}-${partition}, is cut off from ${from} for ${lengthUs} us`);
    eachLink(server.name, others, (a, b) => run.world.network.cut(a, b));
    await run.world.sleep(lengthUs);
    this.#rejoin(server.name, others);
  }

  /** A follower lags behind; as it comes back the leader dies, and the lagging one has to find where they part. */
  async #ambush({ partition, lagUs, lengthUs }: Ambush): Promise<void> {
    const leader = this.#leader(partition);
    const state = this.#storm.checks.partition(partitionName({ topic: TOPIC, partition })).state;
    const follower = state?.isr.find((name) => name !== leader?.name);
    if (leader === undefined || follower === undefined || this.#isBusy) return;
    const { run, plan } = this.#storm;
    this.#isBusy = true;
    run.count("ambushes");
    run.note(`${follower} is cut off from the brokers, so that it lags behind ${leader.name}`);
    eachLink(follower, plan.brokers, (a, b) => run.world.network.cut(a, b));
    await run.world.sleep(lagUs);
    if (!this.#isStopped) {
      run.note(`${leader.name} is cut off from all servers, ${follower} is back`);
      const servers = [...plan.brokers, ...plan.controllers];
      this.#rejoin(follower, plan.brokers);
      eachLink(leader.name, servers, (a, b) => run.world.network.cut(a, b));
      await run.world.sleep(lengthUs);
      this.#rejoin(leader.name, servers);
    }
    this.#isBusy = false;
  }

  async #relapse(act: RelapseAct): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await Relapse.find(this.#storm, act, () => this.#isStopped)?.carryOut();
    this.#isBusy = false;
  }

  #leader(partition: number): Server<BrokerLife> | undefined {
    const { checks, brokers } = this.#storm;
    const leader = checks.partition(partitionName({ topic: TOPIC, partition })).state?.leader;
    return leader === undefined ? undefined : brokers.server(leader);
  }

  #rejoin(name: string, others: readonly string[]): void {
    // What is broken for good by then is left to those who broke it.
    if (!this.#isStopped) eachLink(name, others, (a, b) => this.#storm.run.world.network.restore(a, b));
  }
}
