import type { Env } from "../../env/index.js";
import type { CoordinatorShard } from "../coordinator/types.js";
import { BrokerError } from "../errors.js";
import { generationSeen } from "./classic/groups.js";
import { generationOf, memberEpochOf } from "./consumer/seen.js";
import type { GroupEvent } from "./events.js";
import type { GroupMachine } from "./machine.js";
import { observe, reached } from "./observe.js";

/** Tells once what a coordinator found in its log, when all of that is committed, and before anything that came later. */
export class Announcement {
  readonly #env: Env;
  readonly #shard: CoordinatorShard<GroupMachine>;
  /** As it was found: it may be something else by the time that it is committed. */
  #found: readonly GroupEvent[];

  constructor(env: Env, shard: CoordinatorShard<GroupMachine>) {
    this.#env = env;
    this.#shard = shard;
    const { machine, partition, epoch } = shard;
    const consumers = machine.consumers.ids.map((id) => machine.consumers.get(id)!);
    const classic = [...machine.groups].map(([id, stored]) => generationSeen(id, stored));
    const groups = [...classic, ...consumers.map(generationOf)];
    const members = consumers.flatMap((group) =>
      [...group.members.keys()].map((memberId) => memberEpochOf(group, memberId)),
    );
    this.#found = [
      { kind: "group/loaded", shard: partition, epoch, groups },
      ...members.map((seen): GroupEvent => ({ kind: "group/member-epoch", ...seen })),
    ];
    if (members.length > 0) reached(env, "group/loaded-members");
  }

  /** Something that was written since is committed. */
  tell(): void {
    const found = this.#found;
    this.#found = [];
    for (const event of found) observe(this.#env, event);
  }

  /** Where replicas take their time, it takes more than one look. Gives up with the leadership. */
  async prove(): Promise<void> {
    for (;;) {
      try {
        await this.#shard.read(() => undefined);
        return this.tell();
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        if (error.code !== "REQUEST_TIMED_OUT") return;
      }
    }
  }
}
