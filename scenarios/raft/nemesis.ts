/** The operators: leadership handed over, members changed, snapshots taken, servers restarted, as planned. */
import { unreachable } from "#engines/env/index.js";
import { RaftError } from "#engines/raft/errors.js";
import type { Configuration } from "#engines/raft/types.js";
import { makeConfiguration } from "#engines/raft/configuration.js";
import type { Incarnation } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { eachLink } from "../fleet.js";
import type { RaftChecks } from "./checks/index.js";
import type { Cluster, Life, Server } from "./cluster.js";
import type { NemesisAct } from "./nemesis-plan.js";
import type { RaftPlan } from "./plan.js";

type Ambush = Extract<NemesisAct, { readonly kind: "ambush" }>;
/** What a server does by itself. */
type Order = Exclude<NemesisAct, { readonly kind: "cut-leader" | "ambush" }>;

export class Nemesis {
  readonly #run: Run;
  readonly #cluster: Cluster;
  readonly #checks: RaftChecks;
  /** Changes under way. */
  readonly #changes: Set<{ readonly by: Incarnation; readonly target: Configuration }> = new Set();
  #victims: readonly string[] = [];
  #isAmbushing = false;
  #isStopped = false;

  constructor(run: Run, cluster: Cluster, checks: RaftChecks) {
    this.#run = run;
    this.#cluster = cluster;
    this.#checks = checks;
  }

  /** What changes of membership that are still under way may lead to. A leader's death ends its change. */
  get targets(): readonly Configuration[] {
    return [...this.#changes].filter(({ by }) => by.alive).map(({ target }) => target);
  }

  async start({ nemesis, victims }: RaftPlan): Promise<void> {
    const { world } = this.#run;
    this.#victims = victims;
    for (const { atUs, act } of nemesis) {
      await world.sleep(Math.max(0, atUs - world.nowUs));
      if (this.#isStopped) return;
      const server = "server" in act ? this.#cluster.server(act.server) : this.#leader();
      if (server === undefined) continue;
      if (act.kind === "cut-leader") void this.#cutOff(server, act.lengthUs);
      else if (act.kind === "ambush") void this.#ambush(server, act);
      else this.#cluster.order(server, (life) => void this.#carryOut(act, life));
    }
  }

  /** No further acts. */
  stop(): void {
    this.#isStopped = true;
  }

  #leader(): Server | undefined {
    const leader = this.#checks.model.leader();
    return leader === undefined ? undefined : this.#cluster.server(leader.name);
  }

  async #cutOff(server: Server, lengthUs: number): Promise<void> {
    this.#run.count("leadersCutOff");
    this.#run.note(`${server.name}, which leads, is cut off from the other servers for ${lengthUs} us`);
    this.#isolate(server);
    await this.#run.world.sleep(lengthUs);
    this.#rejoin(server);
  }

  /**
   * What the victim acknowledged is all that stands between the cluster and a loss: a bare quorum goes on
   * without the rest, then the victim loses its power, the leader is cut off, and the rest comes back.
   */
  async #ambush(leader: Server, act: Ambush): Promise<void> {
    const { world } = this.#run;
    const victim = this.#cluster.server(this.#victims[act.victim % this.#victims.length]!);
    if (leader === victim || !victim.node.up || this.#isAmbushing) return;
    this.#isAmbushing = true;
    const rest = this.#restWithout([leader.name, victim.name]);
    this.#run.note(`${namesOf(rest)} cut off, so that ${leader.name} and a bare quorum go on alone`);
    rest.forEach((server) => this.#isolate(server));
    await world.sleep(act.lagUs);
    const isOn = !this.#isStopped && this.#leader() === leader;
    if (isOn) {
      this.#run.count("ambushes");
      this.#run.note(`${victim.name} loses its power, ${leader.name} is cut off, ${namesOf(rest)} back`);
      this.#cluster.cutPower(victim);
      this.#isolate(leader);
    }
    rest.forEach((server) => this.#rejoin(server));
    if (isOn) {
      await world.sleep(act.lengthUs);
      this.#rejoin(leader);
    }
    this.#isAmbushing = false;
  }

  /** As many voters as a quorum can do without, these not among them. */
  #restWithout(names: readonly string[]): Server[] {
    const { voters } = this.#checks.model.committedConfiguration;
    const others = voters.filter((name) => !names.includes(name));
    return others.slice(0, (voters.length - 1) >> 1).map((name) => this.#cluster.server(name));
  }

  /** Cuts a server off from the other servers, not from the clients. */
  #isolate(server: Server): void {
    this.#eachLink(server, (from, to) => this.#run.world.network.cut(from, to));
  }

  #rejoin(server: Server): void {
    // What is broken for good by then is left to those who broke it.
    if (!this.#isStopped) this.#eachLink(server, (from, to) => this.#run.world.network.restore(from, to));
  }

  #eachLink({ name }: Server, act: (from: string, to: string) => void): void {
    const servers = this.#cluster.servers.map((server) => server.name);
    eachLink(name, servers, act);
  }

  async #carryOut(act: Order, life: Life): Promise<void> {
    // An order to a server that was stopped may come late.
    if (this.#isStopped) return;
    this.#run.note(`${life.self.node.name} is told to ${orderText(act)}`);
    try {
      switch (act.kind) {
        case "transfer":
          await life.raft.transferLeadership(act.to);
          this.#run.count("transfers");
          return;
        case "change":
          await this.#change(act, life);
          this.#run.count("changes");
          return;
        case "snapshot":
          await life.raft.takeSnapshot();
          return;
        case "restart":
          await life.raft.close();
      }
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.#run.count("ordersRefused");
    }
  }

  async #change(act: NemesisAct & { readonly kind: "change" }, { raft, self }: Life): Promise<void> {
    const change = { by: self, target: makeConfiguration(act.voters, act.learners) };
    this.#changes.add(change);
    try {
      await raft.changeMembership(act);
    } finally {
      // What is left of it is in the logs by now.
      this.#changes.delete(change);
    }
  }
}

function namesOf(servers: readonly Server[]): string {
  const names = servers.map(({ name }) => name).join(" and ");
  return names === "" ? "nobody is" : `${names} ${servers.length === 1 ? "is" : "are"}`;
}

function orderText(act: Order): string {
  switch (act.kind) {
    case "transfer":
      return `hand its leadership over to ${act.to}`;
    case "change": {
      const learners = act.learners.length === 0 ? "" : `, learning: ${act.learners.join(" ")}`;
      return `change the members to ${act.voters.join(" ")}${learners}`;
    }
    case "snapshot":
      return "take a snapshot";
    case "restart":
      return "restart";
    default:
      return unreachable(act);
  }
}
