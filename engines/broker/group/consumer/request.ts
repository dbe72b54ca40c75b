import { isServerAssignor, type ConsumerHeartbeatRequest } from "../../protocol/index.js";
import { refusal } from "../refusals.js";
import { AWAY_EPOCH, JOINING_EPOCH } from "./types.js";

/** A member says all of itself: it may not know what it was told last. */
export function isFull({ topics, rebalanceTimeoutUs }: ConsumerHeartbeatRequest): boolean {
  return topics !== undefined && rebalanceTimeoutUs !== undefined;
}

/** Throws INVALID_REQUEST for what makes no sense, and UNSUPPORTED_ASSIGNOR. */
export function checkRequest(request: ConsumerHeartbeatRequest): void {
  const { group, memberId, instanceId, memberEpoch, rebalanceTimeoutUs, owned, assignor } = request;
  const refuse = (found: string): never => {
    throw refusal("INVALID_REQUEST", found, group);
  };
  if (memberId === "") refuse("a member without an id, which it makes itself (KIP-1082)");
  if (instanceId === "") refuse("an instance without a name");
  if (memberEpoch < AWAY_EPOCH) refuse(`epoch ${memberEpoch}`);
  if (rebalanceTimeoutUs === 0) refuse("no time to give up partitions");
  if (memberEpoch === JOINING_EPOCH) {
    if (!isFull(request)) refuse("a new member that does not say what it wants");
    if (owned !== undefined && owned.length > 0) refuse("a new member that has partitions");
  }
  if (assignor === undefined || isServerAssignor(assignor)) return;
  throw refusal("UNSUPPORTED_ASSIGNOR", assignor, group);
}
