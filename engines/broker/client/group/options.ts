import { assert, assertDurationUs } from "../../../env/index.js";
import { ASSIGNORS, type Assignor, type AssignorName, type RebalanceMode } from "../../assignors/index.js";
import { isServerAssignor, type ServerAssignor } from "../../protocol/index.js";
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

export type GroupProtocol = "classic" | "consumer";

export interface GroupConsumerOptions extends ConsumerOptions {
  readonly group: string;
  /** A static member (KIP-345): leaves only when its session is over. The only one of the group with this id. */
  readonly instanceId?: string;
  /**
   * Who assigns: one of the members (`classic`, unless given), or the coordinator (`consumer`, KIP-848). All members of a group
   * have to agree; the group may change while it has none.
   */
  readonly protocol?: GroupProtocol;
  /** Classic. In order of preference; `range` and `cooperative-sticky` unless given, as in Kafka. Cooperative where all of them are. */
  readonly assignors?: readonly AssignorName[];
  /** Classic; else the coordinator says so. A member that is not heard of for so long is removed; 45 s unless given. */
  readonly sessionTimeoutUs?: number;
  /** Classic, as above. Less than a session, best a third of it at most; 3 s unless given. */
  readonly heartbeatIntervalUs?: number;
  /** Of `consumer`: how the coordinator is to assign; as it likes unless given. */
  readonly serverAssignor?: ServerAssignor;
  /** A member that is not polled for so long leaves; rebalances wait for it as long. 5 minutes unless given. */
  readonly maxPollIntervalUs?: number;
  /** Whether what `poll` gave out is committed by later polls, before partitions are given up, and by `close`; true unless given. */
  readonly isAutoCommit?: boolean;
  /** 5 s unless given. */
  readonly autoCommitIntervalUs?: number;
}

interface CommonSettings {
  readonly group: string;
  readonly instanceId: string | undefined;
  readonly maxPollIntervalUs: number;
  readonly isAutoCommit: boolean;
  readonly autoCommitIntervalUs: number;
  readonly requestTimeoutUs: number;
  readonly retryBackoffUs: number;
}

export interface ClassicSettings extends CommonSettings {
  readonly protocol: "classic";
  readonly assignors: readonly Assignor[];
  readonly mode: RebalanceMode;
  readonly sessionTimeoutUs: number;
  readonly heartbeatIntervalUs: number;
}

export interface ConsumerSettings extends CommonSettings {
  readonly protocol: "consumer";
  readonly serverAssignor: ServerAssignor | undefined;
}

export type GroupSettings = ClassicSettings | ConsumerSettings;

/** Throws INVALID_REQUEST for what makes no sense. */
export function groupSettingsOf(options: GroupConsumerOptions): GroupSettings {
  if (options.group === "") throw invalid("a group", "an empty name", "group");
  if (options.instanceId === "") throw invalid("an instance id", "an empty one", "instanceId");
  const common: CommonSettings = {
    group: options.group,
    instanceId: options.instanceId,
    maxPollIntervalUs: options.maxPollIntervalUs ?? 300_000_000,
    isAutoCommit: options.isAutoCommit ?? true,
    autoCommitIntervalUs: options.autoCommitIntervalUs ?? 5_000_000,
    requestTimeoutUs: options.requestTimeoutUs ?? 1_000_000,
    retryBackoffUs: options.retryBackoffUs ?? 50_000,
  };
  assertSomeTime(common.maxPollIntervalUs, common.autoCommitIntervalUs);
  return options.protocol === "consumer"
    ? consumerSettings(options, common)
    : classicSettings(options, common);
}

function classicSettings(options: GroupConsumerOptions, common: CommonSettings): ClassicSettings {
  refuse(options, ["serverAssignor"], "nothing for the coordinator, where members assign");
  const assignors = (options.assignors ?? ["range", "cooperative-sticky"]).map(assignorOf);
  if (assignors.length === 0) throw invalid("an assignor", "none", "assignors");
  const { sessionTimeoutUs = 45_000_000, heartbeatIntervalUs = 3_000_000 } = options;
  assertSomeTime(sessionTimeoutUs, heartbeatIntervalUs);
  if (heartbeatIntervalUs >= sessionTimeoutUs) {
    throw invalid("heartbeats within a session", `one in ${heartbeatIntervalUs} us`, "heartbeatIntervalUs");
  }
  const mode = assignors.every((assignor) => assignor.mode === "cooperative") ? "cooperative" : "eager";
  return { ...common, protocol: "classic", assignors, mode, sessionTimeoutUs, heartbeatIntervalUs };
}

function consumerSettings(options: GroupConsumerOptions, common: CommonSettings): ConsumerSettings {
  const names = ["assignors", "sessionTimeoutUs", "heartbeatIntervalUs"] as const;
  refuse(options, names, "none, where the coordinator decides");
  const { serverAssignor } = options;
  if (serverAssignor !== undefined && !isServerAssignor(serverAssignor)) {
    throw invalid("an assignor of coordinators", serverAssignor, "serverAssignor");
  }
  return { ...common, protocol: "consumer", serverAssignor };
}

function refuse(
  options: GroupConsumerOptions,
  names: readonly (keyof GroupConsumerOptions)[],
  expected: string,
): void {
  const found = names.find((name) => options[name] !== undefined);
  if (found !== undefined) throw invalid(expected, "something", found);
}

function assertSomeTime(...durationsUs: readonly number[]): void {
  for (const durationUs of durationsUs) {
    assertDurationUs(durationUs);
    assert(durationUs > 0, "what is waited for has some time");
  }
}

function assignorOf(name: AssignorName): Assignor {
  const assignor = ASSIGNORS.get(name);
  if (assignor === undefined || name === "uniform")
    throw invalid("an assignor of members", name, "assignors");
  return assignor;
}
