/** The rare paths, for `mustReach`. */
import type { Env } from "../../../env/index.js";
import { BrokerError, type BrokerErrorCode } from "../../errors.js";
import type { GroupMark } from "../events.js";
import { reached } from "../observe.js";
import type { Heard } from "./heartbeat.js";

const REFUSALS: ReadonlyMap<BrokerErrorCode, GroupMark> = new Map<BrokerErrorCode, GroupMark>([
  ["FENCED_INSTANCE_ID", "group/fenced-instance"],
  ["FENCED_MEMBER_EPOCH", "group/fenced-member-epoch"],
  ["STALE_MEMBER_EPOCH", "group/stale-member-epoch"],
  ["UNRELEASED_INSTANCE_ID", "group/unreleased-instance"],
]);

/** Does it, and tells of what it is refused for. */
export function marking<T>(env: Env, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const mark = error instanceof BrokerError ? REFUSALS.get(error.code) : undefined;
    if (mark !== undefined) reached(env, mark);
    throw error;
  }
}

export function markHeard(env: Env, { isRepeated, isReturned }: Heard): void {
  if (isRepeated) reached(env, "group/answer-repeated");
  if (isReturned) reached(env, "group/member-returned");
}
