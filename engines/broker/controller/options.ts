import { BrokerError } from "../errors.js";
import type { RaftNodeOptions } from "../../raft/index.js";
import type { JournalOptions } from "../../raft/journal/index.js";

export interface ControllerOptions {
  /** Everything is below it; made where it is missing, its parent must be there. */
  readonly directory: string;
  /** Names of the first controllers, the same on each of them. */
  readonly controllers: readonly string[];
  /** A broker that is silent for so long is fenced. Default 9 s, as Kafka's. */
  readonly sessionTimeoutUs?: number;
  /** How often partitions go back to their preferred leaders. Default 300 s, as Kafka's; 0: never. */
  readonly preferredLeaderIntervalUs?: number;
  /** How many partitions at most go back each time. Default 100. */
  readonly preferredLeadersAtOnce?: number;
  /** See `MetadataMachineOptions`. */
  readonly retainedRecords?: number;
  /** How the Raft group runs. */
  readonly raft?: Partial<Omit<RaftNodeOptions, "storage" | "machine" | "bootstrap">>;
  /** How its journal is kept. */
  readonly journal?: Omit<JournalOptions, "directory">;
}

export type ControllerSettings = Required<ControllerOptions>;

/** Throws INVALID_REQUEST. */
export function settingsOf(options: ControllerOptions): ControllerSettings {
  const settings: ControllerSettings = {
    sessionTimeoutUs: 9_000_000,
    preferredLeaderIntervalUs: 300_000_000,
    preferredLeadersAtOnce: 100,
    retainedRecords: 4_096,
    raft: {},
    journal: {},
    ...options,
  };
  inRange("sessionTimeoutUs", settings.sessionTimeoutUs, 1_000);
  inRange("preferredLeaderIntervalUs", settings.preferredLeaderIntervalUs, 0);
  inRange("preferredLeadersAtOnce", settings.preferredLeadersAtOnce, 1);
  inRange("retainedRecords", settings.retainedRecords, 0);
  inRange("controllers.length", settings.controllers.length, 1);
  return settings;
}

function inRange(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new BrokerError("INVALID_REQUEST", {
    expected: `an integer from ${min} on`,
    found: String(value),
    where: `option ${name}`,
    todo: "correct the call",
  });
}
