import type { Env } from "../../../env/index.js";
import type { LeftReason } from "../events.js";
import type { GroupSettings } from "../options.js";
import type { StoredGroup } from "../types.js";
import type { ClassicGroup } from "./group.js";
import type { Member } from "./member.js";

/** What the rules of membership need of the shard that the group is in. */
export interface ClassicHost {
  readonly env: Env;
  readonly settings: GroupSettings;
  /** Resolves once it is committed; rejects as `CoordinatorShard.write` does. */
  store(group: ClassicGroup, stored: StoredGroup): Promise<void>;
  /** The group is in another state now, or another generation. */
  changed(group: ClassicGroup): void;
  /** The generation that begins has a member that has not joined it. */
  absent(group: ClassicGroup, member: Member): void;
  left(group: ClassicGroup, member: Member, reason: LeftReason): void;
}
