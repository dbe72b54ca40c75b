import type { Env } from "../../env/index.js";
import type { CoordinatorShard, CoordinatorWrite } from "../coordinator/types.js";
import type { NewRecord } from "../record/index.js";
import { partitionName } from "../types.js";
import { Deadline } from "./deadline.js";
import type { GroupEvent } from "./events.js";
import { expiredOffsets, type Occupancy } from "./expiry.js";
import type { GroupMachine } from "./machine.js";
import { reached } from "./observe.js";
import { expiryWrite } from "./offsets.js";
import type { GroupSettings } from "./options.js";
import { tolerating } from "./refusals.js";
import type { Written } from "./written.js";

export interface RetentionPlan {
  readonly env: Env;
  readonly settings: GroupSettings;
  readonly shard: CoordinatorShard<GroupMachine>;
  readonly nowMs: () => number;
  /** Groups with or without members. */
  readonly groups: () => Iterable<string>;
  readonly occupancyOf: (group: string) => Occupancy;
  /** Forgets a group that is empty. Gives what is to be written of that. */
  readonly drop: (group: string) => readonly NewRecord[];
  /** It is committed. */
  readonly tell: (event: GroupEvent) => void;
  readonly written: Written;
}

/** Deletes what nobody has used for long, and groups of which nothing is left. */
export class Retention {
  readonly #plan: RetentionPlan;
  readonly #next: Deadline;
  #isOver = false;

  constructor(plan: RetentionPlan) {
    this.#plan = plan;
    this.#next = new Deadline(plan.env.clock, () => void this.#expire());
    this.#next.set(plan.settings.offsetsRetentionCheckUs);
  }

  end(): void {
    this.#isOver = true;
    this.#next.cancel();
  }

  async #expire(): Promise<void> {
    const { shard, groups, settings } = this.#plan;
    for (const id of new Set([...shard.machine.offsets.groups, ...groups()])) {
      await tolerating(() => this.#expireGroup(id));
    }
    if (!this.#isOver) this.#next.set(settings.offsetsRetentionCheckUs);
  }

  async #expireGroup(id: string): Promise<void> {
    const { env, settings, shard, nowMs: now, occupancyOf } = this.#plan;
    const nowMs = now();
    const expired = expiredOffsets(shard.machine, id, occupancyOf(id), nowMs, settings.offsetsRetentionMs);
    if (expired.length > 0) {
      reached(env, "group/offset-expired");
      await this.#write(
        () => expiryWrite(id, expired, nowMs),
        expired.map(({ partition }) => {
          return { kind: "group/offset-expired", group: id, partition: partitionName(partition) };
        }),
      );
    }
    await this.#removeIfUnused(id);
  }

  async #removeIfUnused(id: string): Promise<void> {
    const { shard, occupancyOf, drop } = this.#plan;
    if (this.#isOver || !occupancyOf(id).isEmpty) return;
    const { offsets } = shard.machine;
    if (offsets.of(id).size > 0 || offsets.hasPending(id)) return;
    const records = drop(id);
    if (records.length === 0) return;
    await this.#write(() => ({ records, answer: undefined }), [{ kind: "group/removed", group: id }]);
  }

  async #write(work: () => CoordinatorWrite<void>, events: readonly GroupEvent[]): Promise<void> {
    const { shard, tell, written } = this.#plan;
    const writing = shard.write(work);
    const tellBefore = written.upToHere();
    await writing;
    tellBefore();
    for (const event of events) tell(event);
  }
}
