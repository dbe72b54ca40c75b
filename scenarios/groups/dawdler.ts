/**
 * A member of another make, whose program hangs once it has joined: it sends heartbeats, and never asks what it is assigned,
 * nor assigns where it leads (KAFKA-12890). Its group has to go on without it.
 */
import { SUBSCRIPTION } from "#engines/broker/client/index.js";
import { CoordinatorLink } from "#engines/broker/client/coordinator-link.js";
import { isRetriable } from "#engines/broker/errors.js";
import { GROUP_HEARTBEAT, JOIN_GROUP, type MemberStamp } from "#engines/broker/protocol/index.js";
import type { Env } from "#engines/env/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import type { Incarnation, Node } from "#sim/process.js";
import { newView } from "../broker/view.js";
import type { GroupStorm } from "./group-storm.js";
import type { GroupPlan } from "./plan.js";

const SESSION_US = 1_000_000;
const HEARTBEAT_US = 200_000;
const JOIN_WITHIN_US = 3_000_000;
const BACKOFF_US = 20_000;

export class Dawdler {
  readonly node: Node;
  readonly topics: readonly string[];
  readonly #storm: GroupStorm;
  readonly #group: GroupPlan;
  #isCalm = false;
  /** How many the group had had when it asked to be let in. */
  #coordinators = 0;

  constructor(storm: GroupStorm, name: string, group: GroupPlan) {
    this.#storm = storm;
    this.#group = group;
    this.node = storm.run.world.addNode(name);
    this.topics = [...new Set(storm.partitionsOf(group.name).map(({ topic }) => topic))];
  }

  start(): void {
    const { run } = this.#storm;
    run.count("dawdlers");
    run.world.boot(this.node, (env, self) => this.#work(env, self));
  }

  /** It joins no more. If it has, it hangs on. */
  calmDown(): void {
    this.#isCalm = true;
  }

  async #work(env: Env, self: Incarnation): Promise<void> {
    const rpc = new RpcClient(env);
    const cluster = newView(rpc, this.#storm.plan);
    const link = new CoordinatorLink(rpc, cluster, {
      kind: "group",
      id: this.#group.name,
      requestTimeoutUs: JOIN_WITHIN_US,
      retryBackoffUs: BACKOFF_US,
    });
    const stamp = await this.#join(link, self);
    if (stamp !== undefined) await this.#hang(link, env, self, stamp);
    link.close();
    cluster.close();
  }

  async #join(link: CoordinatorLink, self: Incarnation): Promise<MemberStamp | undefined> {
    const { name: group, assignors } = this.#group;
    const metadata = SUBSCRIPTION.encode({ topics: this.topics, owned: [], generation: -1 });
    const protocols = assignors.map((name) => ({ name, metadata }));
    let memberId = "";
    while (!this.#isCalm) {
      this.#coordinators = this.#storm.observer.coordinators(group);
      const answer = await link.call(JOIN_GROUP, {
        group,
        memberId,
        instanceId: undefined,
        sessionTimeoutUs: SESSION_US,
        rebalanceTimeoutUs: SESSION_US,
        protocols,
      });
      self.enter();
      if (answer.ok) return { group, memberId, instanceId: undefined, generation: answer.value.generation };
      if (answer.code === "MEMBER_ID_REQUIRED") memberId = answer.memberId!;
      else if (answer.code === "UNKNOWN_MEMBER_ID") memberId = "";
      else await link.pause();
      self.enter();
    }
    return undefined;
  }

  /**
   * Until it is told that it is no member; or falls silent where another coordinator has begun, to which it looks like any
   * member of the generation: who has asked for its part is not in the log.
   */
  async #hang(link: CoordinatorLink, env: Env, self: Incarnation, stamp: MemberStamp): Promise<void> {
    while (this.#storm.observer.coordinators(stamp.group) === this.#coordinators) {
      await env.clock.sleep(HEARTBEAT_US);
      const answer = await link.call(GROUP_HEARTBEAT, stamp, HEARTBEAT_US);
      self.enter();
      if (answer.ok || isRetriable(answer.code) || answer.code === "REBALANCE_IN_PROGRESS") continue;
      this.#storm.run.count("dawdlersOut");
      return;
    }
  }
}
