import { assert, type Env } from "../../env/index.js";
import type { CoordinatorShard } from "../coordinator/types.js";
import type { JoinGroupRequest } from "../protocol/group-types.js";
import type { ClassicGroups } from "./classic/groups.js";
import type { Beginning, ConsumerGroups } from "./consumer/groups.js";
import type { GroupMachine } from "./machine.js";
import { reached } from "./observe.js";
import { groupRecord } from "./records.js";
import { refusal } from "./refusals.js";
import type { Written } from "./written.js";

export interface ConversionPlan {
  readonly env: Env;
  readonly shard: CoordinatorShard<GroupMachine>;
  readonly nowMs: () => number;
  readonly classic: ClassicGroups;
  readonly consumers: ConsumerGroups;
  readonly written: Written;
}

/**
 * A group without members may become one of the other kind (KIP-848): whoever comes first decides. Its offsets stay, and its
 * generations go on as epochs, or the other way round, so that what is of before is told from what is of after.
 */
export class Conversion {
  readonly #plan: ConversionPlan;

  constructor(plan: ConversionPlan) {
    this.#plan = plan;
  }

  /** Throws INCONSISTENT_GROUP_PROTOCOL while the group has members of the classic protocol. */
  toConsumer(id: string): Beginning {
    const { env, shard, nowMs, classic } = this.#plan;
    const group = classic.get(id);
    if (group === undefined) return { epoch: 0, records: [] };
    if (group.state !== "empty") {
      throw refusal("INCONSISTENT_GROUP_PROTOCOL", "a group of the classic protocol with members", id);
    }
    reached(env, "group/converted");
    const isStored = shard.machine.groups.has(id);
    const records = isStored ? [groupRecord(id, undefined, nowMs())] : [];
    return { epoch: group.generation, records };
  }

  /** The same of KIP-848's members; UNKNOWN_MEMBER_ID where they are gone, and whoever asks is not new. */
  async toClassic({ group: id, memberId }: JoinGroupRequest): Promise<void> {
    const { env, shard, nowMs, classic, consumers, written } = this.#plan;
    const group = consumers.get(id);
    assert(group !== undefined, "only a group of the other kind is converted");
    if (group.members.size > 0) {
      throw refusal("INCONSISTENT_GROUP_PROTOCOL", "a group of KIP-848 with members", id);
    }
    if (memberId !== "") throw refusal("UNKNOWN_MEMBER_ID", `${memberId}, of another kind of group`, id);
    reached(env, "group/converted");
    const { epoch: generation, emptySinceMs } = group.head;
    const none = { protocol: undefined, leaderId: undefined, members: [] };
    const stored = groupRecord(id, { generation, emptySinceMs, ...none }, nowMs());
    const writing = shard.write(() => {
      return { records: [consumers.tombstone(id), stored], answer: undefined };
    });
    const tellBefore = written.upToHere();
    if (consumers.get(id) === undefined) {
      consumers.forget(id);
      classic.open(id);
    }
    await writing;
    tellBefore();
    if (consumers.get(id) !== undefined) {
      throw refusal("INCONSISTENT_GROUP_PROTOCOL", "a group of KIP-848 with members", id);
    }
  }
}
