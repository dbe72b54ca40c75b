/** Tells the oracle of groups what coordinators and members observe. */
import { ASSIGNORS, type Assignor, type AssignorName } from "#engines/broker/assignors/index.js";
import { assert, unreachable } from "#engines/env/index.js";
import { coordinatorPartition, GROUPS_TOPIC } from "#engines/broker/coordinator/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { GroupConsumerEvent } from "#engines/broker/client/group/index.js";
import type { GenerationSeen, GroupEvent } from "#engines/broker/group/index.js";
import type { AssignorPromise, GenerationTold } from "#sim/check/index.js";
import type { Incarnation } from "#sim/process.js";
import { sharesOf } from "../broker/group-narration.js";
import type { GroupStorm } from "./group-storm.js";

export class GroupObserver {
  readonly #storm: GroupStorm;
  /** By broker's process and shard, the epoch in which it coordinates. */
  readonly #terms: Map<Incarnation, Map<number, number>> = new Map();
  /** By shard, the last epoch that anybody coordinated in. */
  readonly #lastTerms: Map<number, number> = new Map();
  readonly #shards: ReadonlyMap<string, number>;
  readonly #loads: Map<string, number> = new Map();

  constructor(storm: GroupStorm) {
    this.#storm = storm;
    const { partitions = 1 } = storm.groups.coordinators.internalTopics ?? {};
    this.#shards = new Map(
      storm.groups.groups.map(({ name }) => [name, coordinatorPartition(name, partitions)]),
    );
  }

  /**
   * Who coordinates the group, where one process alone believes that it does, and nobody did after it: a successor may have
   * come and gone while the one that it deposed has not heard of it.
   */
  soleCoordinator(group: string): Incarnation | undefined {
    const shard = this.#shards.get(group) ?? -1;
    const [first, ...others] = [...this.#terms].filter(
      ([process, terms]) => process.alive && terms.has(shard),
    );
    if (first === undefined || others.length > 0) return undefined;
    const [process, terms] = first;
    return terms.get(shard) === this.#lastTerms.get(shard) ? process : undefined;
  }

  /** How many coordinators the group has had. */
  coordinators(group: string): number {
    return this.#loads.get(group) ?? 0;
  }

  readonly observed = (from: Incarnation, event: BrokerEvent): void => {
    if (event.kind === "broker/became-leader") {
      const shard = this.#shardNamed(event.partition);
      const terms = new Map(this.#terms.get(from));
      this.#terms.set(from, terms.set(shard, event.epoch));
      this.#lastTerms.set(shard, Math.max(event.epoch, this.#lastTerms.get(shard) ?? 0));
    } else if (event.kind === "broker/became-follower") {
      this.#terms.get(from)?.delete(this.#shardNamed(event.partition));
    } else if (event.kind.startsWith("group/")) this.#coordinatorSaid(from, event as GroupEvent);
    else if (event.kind.startsWith("consumer/")) this.#memberSaid(from, event as GroupConsumerEvent);
  };

  #coordinatorSaid(from: Incarnation, event: GroupEvent): void {
    const { oracle, run } = this.#storm;
    const { nowUs } = run.world;
    switch (event.kind) {
      case "group/loaded":
        this.#loaded(event.shard, event.epoch, event.groups);
        break;
      case "group/generation":
        this.#storm.generationCompleted(event.group);
        this.#storm.judge(oracle.generation(this.#termOf(from, event.group), this.#toldOf(event)));
        break;
      case "group/state":
        oracle.occupied(this.#termOf(from, event.group), event.group, event.state !== "empty", nowUs);
        break;
      case "group/offset-committed":
        run.count("offsetsCommitted");
        this.#storm.judge(oracle.committed(this.#termOf(from, event.group), event));
        break;
      case "group/offset-expired":
        run.count("offsetsExpired");
        this.#storm.judge(
          oracle.expired(this.#termOf(from, event.group), event.group, event.partition, nowUs),
        );
        break;
      case "group/member-epoch": {
        const { memberId, memberEpoch, partitions, revoking, state } = event;
        const isStable = state === "stable";
        const told = { group: event.group, memberId, memberEpoch, assigned: partitions, revoking, isStable };
        this.#storm.judge(oracle.memberEpoch(this.#termOf(from, event.group), told));
        break;
      }
      case "group/member-absent":
        oracle.memberAbsent(event);
        break;
      case "group/member-left":
        run.count("membersOut");
        this.#storm.judge(
          oracle.memberLeft(this.#termOf(from, event.group), {
            group: event.group,
            memberId: event.memberId,
            isReplaced: event.reason === "replaced",
          }),
        );
        break;
      case "group/removed":
        break;
      default:
        unreachable(event);
    }
  }

  #memberSaid(from: Incarnation, event: GroupConsumerEvent): void {
    const { oracle, run } = this.#storm;
    const told = this.#storm.memberAt(from.node.name)?.told;
    if (told === undefined) return;
    switch (event.kind) {
      case "consumer/assigned":
        this.#storm.judge(oracle.assigned({ ...event, ...told }));
        break;
      case "consumer/revoked":
        oracle.revoked(told, event.partitions);
        break;
      case "consumer/lost":
        run.count("lostAll");
        oracle.gone(told);
        break;
      case "consumer/committed":
        break;
      default:
        unreachable(event);
    }
  }

  #loaded(shard: number, epoch: number, groups: readonly GenerationSeen[]): void {
    const { oracle, run } = this.#storm;
    const coordinated = [...this.#shards].filter(([, of]) => of === shard).map(([name]) => name);
    for (const group of coordinated) this.#loads.set(group, this.coordinators(group) + 1);
    if (groups.length > 0) run.count("groupsLoaded", groups.length);
    this.#storm.judge(
      oracle.loaded(
        epoch,
        coordinated,
        groups.map((each) => this.#toldOf(each)),
        run.world.nowUs,
      ),
    );
  }

  #shardNamed(partition: string): number {
    const prefix = `${GROUPS_TOPIC}-`;
    return partition.startsWith(prefix) ? Number.parseInt(partition.slice(prefix.length), 10) : -1;
  }

  #termOf(from: Incarnation, group: string): number {
    const term = this.#terms.get(from)?.get(this.#shards.get(group) ?? -1);
    assert(term !== undefined, "whoever coordinates a group leads its partition");
    return term;
  }

  #toldOf({ group, generation, protocol, members }: GenerationSeen): GenerationTold {
    const assignor = ASSIGNORS.get(protocol as AssignorName);
    return {
      group,
      generation,
      promise: assignor === undefined ? undefined : promiseOf(assignor),
      members: members.map(({ memberId, instanceId, client, assignment }) => {
        const topics = this.#storm.topicsOf(client);
        return { memberId, instanceId, topics, partitions: sharesOf(assignment) };
      }),
    };
  }
}

function promiseOf({ name, mode }: Assignor): AssignorPromise {
  const isCooperative = mode === "cooperative";
  if (name === "range") return { isCooperative, balances: "each-topic" };
  return { isCooperative, balances: name === "round-robin" ? "all-where-uniform" : "all" };
}
