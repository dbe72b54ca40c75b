import type { EpochEnd, Offset } from "../types.js";

/**
 * Where a follower cuts its log back that was told where the leader's log of an epoch ends. `own`: the largest epoch
 * that it knows itself and that is not above the told one, and its end. Where it does not know the told epoch it keeps
 * what is below, and asks again with the last epoch it has left: so both come to one that they share (KIP-279).
 */
export function truncationOffset(told: EpochEnd, own: EpochEnd, logEndOffset: Offset): Offset {
  const ownEnd = Math.min(own.endOffset, logEndOffset);
  return own.epoch === told.epoch ? Math.min(ownEnd, told.endOffset) : ownEnd;
}
