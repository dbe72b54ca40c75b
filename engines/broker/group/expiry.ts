import type { GroupMachine } from "./machine.js";
import type { StoredOffset } from "./types.js";

/** What is known of a group's members when its offsets are looked at. */
export interface Occupancy {
  /** Nobody takes part, nor is about to: a rebalance counts as being in use (KAFKA-13636). */
  readonly isEmpty: boolean;
  /** Undefined: there never were members. */
  readonly emptySinceMs: number | undefined;
}

/**
 * The offsets of a group that go (KIP-211): the group must have been empty for `retentionMs`, and no commit be younger. A
 * coordinator that has just begun knows no other times than these, so that none go early (KAFKA-8069). What a
 * transaction may still change stays.
 */
export function expiredOffsets(
  machine: GroupMachine,
  group: string,
  { isEmpty, emptySinceMs = 0 }: Occupancy,
  nowMs: number,
  retentionMs: number,
): StoredOffset[] {
  if (!isEmpty) return [];
  const { offsets } = machine;
  return [...offsets.of(group).values()].filter(
    ({ partition, committedMs }) =>
      Math.max(committedMs, emptySinceMs) + retentionMs <= nowMs && !offsets.isPending(group, partition),
  );
}
