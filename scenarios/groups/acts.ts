/** What is done to members and coordinators on purpose: as planned. */
import { GROUPS_TOPIC } from "#engines/broker/coordinator/index.js";
import { partitionName } from "#engines/broker/types.js";
import { unreachable } from "#engines/env/index.js";
import type { BrokerLife } from "../broker/cluster.js";
import { eachLink, type Server } from "../fleet.js";
import type { GroupStorm } from "./group-storm.js";
import type { CoordinatorAct, GroupAct, MemberAct } from "./plan.js";

export class GroupActs {
  readonly #storm: GroupStorm;
  #isStopped = false;

  constructor(storm: GroupStorm) {
    this.#storm = storm;
  }

  async start(): Promise<void> {
    const { run, groups } = this.#storm;
    for (const act of groups.acts) {
      await run.world.sleep(Math.max(0, act.atUs - run.world.nowUs));
      if (this.#isStopped) return;
      this.#carryOut(act);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  #carryOut(act: GroupAct): void {
    switch (act.kind) {
      case "kill-coordinator":
      case "cut-coordinator":
      case "mute-coordinator":
        void this.#strikeCoordinator(act);
        break;
      case "cut":
        void this.#cutMember(act);
        break;
      case "dawdle":
        this.#storm.newDawdler(act.group);
        break;
      case "leave":
      case "stall":
      case "crash":
        this.#storm.members[act.member]?.order(act);
        break;
      default:
        unreachable(act);
    }
  }

  async #cutMember({ member: index, lengthUs }: MemberAct): Promise<void> {
    const { run, plan, members } = this.#storm;
    const member = members[index];
    if (member === undefined) return;
    run.count("membersCutOff");
    run.note(`${member.node.name} is cut off from all brokers for ${lengthUs} us`);
    await this.#cut(member.node.name, plan.brokers, lengthUs);
  }

  async #strikeCoordinator(act: CoordinatorAct): Promise<void> {
    const { run, plan } = this.#storm;
    const server = this.#coordinator(act.group);
    if (server === undefined) return;
    const what = `${server.name}, which coordinates ${this.#storm.groups.groups[act.group]!.name},`;
    if (act.kind === "kill-coordinator") {
      run.count("coordinatorsKilled");
      run.note(`${what} is killed`);
      run.world.crash(server.node);
      return;
    }
    if (act.kind === "mute-coordinator") return this.#mute(server.name, what, act.lengthUs);
    const { from, lengthUs } = act;
    run.count("coordinatorsCutOff");
    run.note(`${what} is cut off from ${from} for ${lengthUs} us`);
    const others = [
      ...(from === "controllers" ? [] : plan.brokers),
      ...(from === "brokers" ? [] : plan.controllers),
    ];
    await this.#cut(server.name, others, lengthUs);
  }

  /** What it answers is lost, and what it is asked for is done. */
  async #mute(name: string, what: string, lengthUs: number): Promise<void> {
    const { run, members, twins } = this.#storm;
    const { network } = run.world;
    run.count("coordinatorsMuted");
    run.note(`${what} is not heard by members for ${lengthUs} us`);
    const all = [...members, ...twins].map(({ node }) => node.name);
    for (const member of all) network.cut(name, member);
    await run.world.sleep(lengthUs);
    if (!this.#isStopped) for (const member of all) network.restore(name, member);
  }

  async #cut(name: string, others: readonly string[], lengthUs: number): Promise<void> {
    const { network } = this.#storm.run.world;
    eachLink(name, others, (a, b) => network.cut(a, b));
    await this.#storm.run.world.sleep(lengthUs);
    // What is broken for good by then is left to those who broke it.
    if (!this.#isStopped) eachLink(name, others, (a, b) => network.restore(a, b));
  }

  #coordinator(group: number): Server<BrokerLife> | undefined {
    const { storm, shardOf } = this.#storm;
    const partition = partitionName({ topic: GROUPS_TOPIC, partition: shardOf(group) });
    const leader = storm.checks.partition(partition).state?.leader;
    return leader === undefined ? undefined : storm.brokers.server(leader);
  }
}
