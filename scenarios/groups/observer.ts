/** Tells the oracle of groups what coordinators and members observe. */
import { ASSIGNORS, type AssignorName } from "#engines/broker/assignors/index.js";
import { coordinatorPartition } from "#engines/broker/coordinator/index.js";
import type { BrokerEvent } from "#engines/broker/events.js";
import type { GenerationSeen } from "#engines/broker/group/index.js";
import type { GenerationTold, HolderTold } from "#sim/check/index.js";
import type { Incarnation } from "#sim/process.js";
import { sharesOf } from "../broker/group-narration.js";
import type { GroupStorm } from "./group-storm.js";

/** A coordinator that has not said in which epoch it has loaded has loaded in none. */
const NO_TERM = -1;

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

  readonly observed = (from: Incarnation, event: BrokerEvent): void => {
    const { oracle, run } = this.#storm;
    const { nowUs } = run.world;
    switch (event.kind) {
      case "group/loaded":
        this.#loaded(from, event.shard, event.epoch, event.groups);
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

  #loaded(from: Incarnation, shard: number, epoch: number, groups: readonly GenerationSeen[]): void {
    const { oracle, run } = this.#storm;
    const terms = this.#terms.get(from) ?? new Map<number, number>();
    this.#terms.set(from, terms.set(shard, epoch));
    const coordinated = [...this.#shards].filter(([, of]) => of === shard).map(([name]) => name);
    if (groups.length > 0) run.count("groupsLoaded", groups.length);
    this.#judge(oracle.loaded(epoch, coordinated, groups.map(toldOf), run.world.nowUs));
  }

  #ofMember(from: Incarnation, tell: (told: HolderTold) => void): void {
    const told = this.#storm.members.find(({ node }) => node === from.node)?.told;
    if (told !== undefined) tell(told);
  }

  #termOf(from: Incarnation, group: string): number {
    return this.#terms.get(from)?.get(this.#shards.get(group) ?? -1) ?? NO_TERM;
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
