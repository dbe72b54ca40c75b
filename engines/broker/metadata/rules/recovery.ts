/**
 * Somebody leads again where nobody is left who certainly holds what is committed (KIP-966, unclean recovery in its
 * strategy Balanced): ISR and ELR are empty, since all who were in them came back from an unclean end.
 *
 * Most unclean ends lose nothing: the page cache outlives its process. With at most `minInsyncReplicas` - 1 replicas
 * that did lose their logs' ends, one at least of the last known ELR holds every committed record C, and so does the
 * one whose log is the longest, by the epoch of its last batch, then by its end:
 *
 * 1. There are as many to choose from as the minimum (or as there are replicas, if these are fewer: the ISR must have
 *    had all of them then). The ISR that was in force when it last had so many members held C; below the minimum the
 *    high watermark stands still, and nobody of them is forgotten (`nextState`), nor of those who joined the ISR since,
 *    which takes all that is committed.
 * 2. At the time when the last of C was committed, the log of each of them was a beginning of one leader's, and whoever
 *    joined since has followed a later leader. All leaders since hold C. To follow a leader is to cut the log back to
 *    what both have and then to copy, so each log is at any time a beginning of the log of a leader that holds C; to
 *    lose the end, or to lose it and then follow a later leader, as far as it gets, keeps that so.
 * 3. A beginning of a log that holds C either holds C as well, or is a beginning of C, and shorter. Within one log
 *    epochs never go down and offsets go up, so whoever lacks a part of C is behind C's last record in (epoch, end),
 *    and whoever holds C is not. So the greatest of them holds C, by Raft's argument for its up-to-date rule (5.4.1).
 *    A record that was committed by a later leader than the one that appended it does no harm here, other than in
 *    Raft's figure 8: whoever counted for it had cut off what contradicts it.
 *
 * So the end alone would do for C. The epoch comes first for the sake of what is not committed: where somebody had an
 * unclean leader elected, what that one appended goes on, however much the others have. It has to be a batch's: that
 * somebody led an epoch, and appended nothing in it, says nothing of what it had below, once that is lost.
 */
import { isActive } from "../image.js";
import { nextState } from "../transition.js";
import type { MetadataCommand, MetadataImage, PartitionState } from "../types.js";
import { findPartition, partitionChanged, refused, type Verdict } from "./verdict.js";

type RecoverLeader = Extract<MetadataCommand, { readonly kind: "recoverLeader" }>;

/** Only where all is as it was when the candidates were asked: another life of one may have lost what this one had. */
export function recoverLeader(image: MetadataImage, command: RecoverLeader): Verdict {
  const { partition, partitionEpoch, leader, candidates } = command;
  const entry = findPartition(image, partition);
  if (!entry.ok) return entry;
  const { state } = entry.found;
  if (partitionEpoch !== state.partitionEpoch) {
    return refused("INVALID_UPDATE_VERSION", `partition epoch ${state.partitionEpoch}`);
  }
  if (!needsRecovery(state)) return refused("INVALID_REQUEST", "a partition that somebody may lead");
  const names = candidates.map(({ broker }) => broker);
  const areAll = state.lastKnownElr.every((replica) => names.includes(replica));
  if (!areAll || names.length !== state.lastKnownElr.length || !names.includes(leader)) {
    return refused(
      "INVALID_REQUEST",
      `${leader} of ${names.join(" ")}, not of ${state.lastKnownElr.join(" ")}`,
    );
  }
  const ineligible = candidates.find(
    ({ broker, epoch }) => !isActive(image, broker) || image.brokers.get(broker)?.epoch !== epoch,
  );
  if (ineligible !== undefined) {
    return refused("INELIGIBLE_REPLICA", `${ineligible.broker} in epoch ${ineligible.epoch}`);
  }
  return partitionChanged(partition, nextState(image, entry.found, { ...state, leader, isr: [leader] }));
}

/** Whether nobody leads, and nobody may: only those that may have lost what they held are left. */
export function needsRecovery({ leader, isr, elr, lastKnownElr }: PartitionState): boolean {
  return leader === undefined && isr.length === 0 && elr.length === 0 && lastKnownElr.length > 0;
}
