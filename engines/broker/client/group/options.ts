import { assert, assertDurationUs } from "../../../env/index.js";
import { ASSIGNORS, type Assignor, type AssignorName, type RebalanceMode } from "../../assignors/index.js";
import type { TopicPartition } from "../../types.js";
import type { ConsumerOptions } from "../consumer/index.js";
import { invalid } from "../errors.js";

/**
 * Called by `poll` and `close`, and awaited; time in them counts as time between polls. What they throw, `poll` rejects
 * with, once the change they were told of is done.
 */
export interface RebalanceListener {
  /** About to be given up; what was done with their records can still be committed. */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Those that are new, perhaps none; called at the end of each rebalance. */
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** They may be another member's already: nothing of them can be committed. */
  onPartitionsLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

export interface GroupConsumerOptions extends ConsumerOptions {
  readonly group: string;
  /** A static member (KIP-345): leaves only when its session is over. The only one of the group with this id. */
  readonly instanceId?: string;
  /** In order of preference; `range` and `cooperative-sticky` unless given, as in Kafka. Cooperative where all of them are. */
  readonly assignors?: readonly AssignorName[];
  /** A member that is not heard of for so long is removed; 45 s unless given. */
  readonly sessionTimeoutUs?: number;
  /** Less than a session, best a third of it at most; 3 s unless given. */
  readonly heartbeatIntervalUs?: number;
  /** A member that is not polled for so long leaves; rebalances wait for it as long. 5 minutes unless given. */
  readonly maxPollIntervalUs?: number;
  /** Whether what `poll` gave out is committed by later polls, before partitions are given up, and by `close`; true unless given. */
  readonly isAutoCommit?: boolean;
  /** 5 s unless given. */
  readonly autoCommitIntervalUs?: number;
}

export interface GroupSettings {
  readonly group: string;
  readonly instanceId: string | undefined;
  readonly assignors: readonly Assignor[];
  readonly mode: RebalanceMode;
  readonly sessionTimeoutUs: number;
  readonly heartbeatIntervalUs: number;
  readonly maxPollIntervalUs: number;
  readonly isAutoCommit: boolean;
  readonly autoCommitIntervalUs: number;
  readonly requestTimeoutUs: number;
  readonly retryBackoffUs: number;
}

/** Throws INVALID_REQUEST for what makes no sense. */
export function groupSettingsOf(options: GroupConsumerOptions): GroupSettings {
  if (options.group === "") throw invalid("a group", "an empty name", "group");
  if (options.instanceId === "") throw invalid("an instance id", "an empty one", "instanceId");
  const assignors = (options.assignors ?? ["range", "cooperative-sticky"]).map(assignorOf);
  if (assignors.length === 0) throw invalid("an assignor", "none", "assignors");
  const settings: GroupSettings = {
    group: options.group,
    instanceId: options.instanceId,
    assignors,
    mode: assignors.every(({ mode }) => mode === "cooperative") ? "cooperative" : "eager",
    sessionTimeoutUs: options.sessionTimeoutUs ?? 45_000_000,
    heartbeatIntervalUs: options.heartbeatIntervalUs ?? 3_000_000,
    maxPollIntervalUs: options.maxPollIntervalUs ?? 300_000_000,
    isAutoCommit: options.isAutoCommit ?? true,
    autoCommitIntervalUs: options.autoCommitIntervalUs ?? 5_000_000,
    requestTimeoutUs: options.requestTimeoutUs ?? 1_000_000,
    retryBackoffUs: options.retryBackoffUs ?? 50_000,
  };
  const { sessionTimeoutUs, heartbeatIntervalUs, maxPollIntervalUs, autoCommitIntervalUs } = settings;
  for (const durationUs of [sessionTimeoutUs, heartbeatIntervalUs, maxPollIntervalUs, autoCommitIntervalUs]) {
    assertDurationUs(durationUs);
    assert(durationUs > 0, "what is waited for has some time");
  }
  if (heartbeatIntervalUs >= sessionTimeoutUs) {
    throw invalid("heartbeats within a session", `one in ${heartbeatIntervalUs} us`, "heartbeatIntervalUs");
  }
  return settings;
}

function assignorOf(name: AssignorName): Assignor {
  const assignor = ASSIGNORS.get(name);
  if (assignor === undefined || name === "uniform")
    throw invalid("an assignor of members", name, "assignors");
  return assignor;
}
