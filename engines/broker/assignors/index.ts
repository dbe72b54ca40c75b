/**
 * Assignors: which member of a consumer group reads which partitions.
 *
 * What lives here: `range`, `round-robin`, `sticky` and `cooperative-sticky`, which the leader of a group computes with,
 * and `uniform`, which a coordinator does (KIP-848; its `range` is the same function). `layout.ts` numbers members and
 * partitions, `claims.ts` decides between members that claim the same, `improve.ts` finds the best assignment where
 * subscriptions differ.
 *
 * What they promise: each partition that somebody subscribes to goes to one subscriber, equal groups are assigned alike, in
 * whatever order they are told of, and each is as balanced as it says. The sticky ones move as few partitions as that
 * balance allows, and the cooperative one gives nobody what another still has. What they do not: racks count for nothing.
 * Where subscriptions differ, a sticky assignment takes time with the square of the members for each partition that moves.
 */
import { RANGE } from "./range.js";
import { ROUND_ROBIN } from "./round-robin.js";
import { COOPERATIVE_STICKY, STICKY, UNIFORM } from "./sticky.js";
import type { Assignor, AssignorName } from "./types.js";

export type * from "./types.js";

export const ASSIGNORS: ReadonlyMap<AssignorName, Assignor> = new Map(
  [RANGE, ROUND_ROBIN, STICKY, COOPERATIVE_STICKY, UNIFORM].map((assignor) => [assignor.name, assignor]),
);
