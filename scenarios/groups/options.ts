/** How a planned member is to be a consumer. */
import type { GroupConsumerOptions, GroupProtocol } from "#engines/broker/client/index.js";
import type { GroupPlan, MemberPlan } from "./plan.js";

export const CALL_TIMEOUT_US = 500_000;
export const BACKOFF_US = 20_000;

export interface PlannedMember {
  readonly plan: MemberPlan;
  readonly group: GroupPlan;
  readonly instanceId: string | undefined;
}

export function optionsOf(
  { plan, group, instanceId }: PlannedMember,
  protocol: GroupProtocol,
): Omit<GroupConsumerOptions, "cluster"> {
  const common = {
    group: group.name,
    protocol,
    ...(instanceId === undefined ? {} : { instanceId }),
    maxPollIntervalUs: plan.maxPollIntervalUs,
    isAutoCommit: plan.commits === "auto",
    autoCommitIntervalUs: plan.autoCommitIntervalUs,
    maxPollRecords: plan.maxPollRecords,
    offsetReset: "earliest",
    requestTimeoutUs: CALL_TIMEOUT_US,
    retryBackoffUs: BACKOFF_US,
  } as const;
  if (protocol === "consumer") {
    const { serverAssignor } = group;
    return { ...common, ...(serverAssignor === undefined ? {} : { serverAssignor }) };
  }
  const { sessionTimeoutUs, heartbeatIntervalUs } = plan;
  return { ...common, assignors: group.assignors, sessionTimeoutUs, heartbeatIntervalUs };
}
