/** Tells the oracle of groups what coordinators and members observe. */
import { ASSIGNORS, type AssignorName } from "#engines/broker/assignors/index.js";
import { assert } from "#engines/env/index.js";
import { coordinatorPartition, GROUPS_TOPIC } from "#engines/broker/coordinator/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { GenerationSeen } from "#engines/broker/group/index.js";
import type { GenerationTold, HolderTold } from "#sim/check/index.js";
import type { Incarnation } from "#sim/process.js";
import { sharesOf } from "../broker/group-narration.js";
import type { GroupStorm } from "./group-storm.js";

export class GroupObserver {
  readonly #storm: GroupStorm;
  /** By broker's process and shard, the epoch in which it coordinates. */
  readonly #terms: Map<Incarnation, Map<number, number>> = new Map();
  readonly #shards: ReadonlyMap<string, number>;

  constructor(storm: GroupStorm) {
    this.#storm = storm;
    const { partitions = 1 } = storm.groups.coordinators.internalTopics ?? {};
    this.#shards = new Map(
      storm.groups.groups.map(({ name }) => [name, coordinatorPartition(name, partitions)]),
    );
  }

  /** Who coordinates the group, where one process alone believes that it does. */
  soleCoordinator(group: string): Incarnation | undefined {
    const shard = this.#shards.get(group) ?? -1;
    const all = [...this.#terms].filter(([process, terms]) => process.alive && terms.has(shard));
    return all.length === 1 ? all[0]![0] : undefined;
  }

  readonly observed = (from: Incarnation, event: BrokerEvent): void => {
    const { oracle, run } = this.#storm;
    const { nowUs } = run.world;
    switch (event.kind) {
      case "group/loaded":
        this.#loaded(event.shard, event.epoch, event.groups);
        break;
      case "group/generation":
        this.#storm.generationCompleted(event.group);
        this.#judge(oracle.generation(this.#termOf(from, event.group), toldOf(event)));
        break;
      case "group/state":
        oracle.occupied(this.#termOf(from, event.group), event.group, event.state !== "empty", nowUs);
        break;
      case "group/offset-committed":
        run.count("offsetsCommitted");
        this.#judge(oracle.committed(this.#termOf(from, event.group), event));
        break;
      case "group/offset-expired":
        run.count("offsetsExpired");
        this.#judge(oracle.expired(this.#termOf(from, event.group), event.group, event.partition, nowUs));
        break;
      case "broker/became-leader":
        this.#terms.set(
          from,
          new Map(this.#terms.get(from)).set(this.#shardNamed(event.partition), event.epoch),
        );
        break;
      case "broker/became-follower":
        this.#terms.get(from)?.delete(this.#shardNamed(event.partition));
        break;
      case "consumer/assigned":
        this.#ofMember(from, (told) => this.#judge(oracle.assigned({ ...event, ...told })));
        break;
      case "consumer/revoked":
        this.#ofMember(from, (told) => oracle.revoked(told, event.partitions));
        break;
      case "consumer/lost":
        run.count("lostAll");
        this.#ofMember(from, (told) => oracle.gone(told));
        break;
      default:
        break;
    }
  };

  #loaded(shard: number, epoch: number, groups: readonly GenerationSeen[]): void {
    const { oracle, run } = this.#storm;
    const coordinated = [...this.#shards].filter(([, of]) => of === shard).map(([name]) => name);
    if (groups.length > 0) run.count("groupsLoaded", groups.length);
    this.#judge(oracle.loaded(epoch, coordinated, groups.map(toldOf), run.world.nowUs));
  }

  #ofMember(from: Incarnation, tell: (told: HolderTold) => void): void {
    const told = this.#storm.members.find(({ node }) => node === from.node)?.told;
    if (told !== undefined) tell(told);
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

  #judge(broken: Parameters<GroupStorm["judge"]>[0]): void {
    this.#storm.judge(broken);
  }
}

function toldOf({ group, generation, protocol, members }: GenerationSeen): GenerationTold {
  const assignor = ASSIGNORS.get(protocol as AssignorName);
  return {
    group,
    generation,
    promise:
      assignor === undefined
        ? undefined
        : {
            isCooperative: assignor.mode === "cooperative",
            balances: assignor.name === "range" ? "each-topic" : "all",
          },
    members: members.map(({ memberId, instanceId, assignment }) => {
      return { memberId, instanceId, partitions: sharesOf(assignment) };
    }),
  };
}
