import { BrokerError } from "../errors.js";
import { SERVER_ASSIGNORS, isServerAssignor, type ServerAssignor } from "../protocol/index.js";

/** What is missing has its default, which is Kafka's. */
export interface GroupOptions {
  /** Bounds of what members may ask for. Default 6 s and 30 min. */
  readonly sessionTimeoutMinUs?: number;
  readonly sessionTimeoutMaxUs?: number;
  /** How long the first rebalance of an empty group waits for more members, again after each that comes. Default 3 s. */
  readonly initialRebalanceDelayUs?: number;
  /** A new member whose rebalance takes longer is given up: nobody hears from it meanwhile. Default 5 min. */
  readonly newMemberJoinTimeoutUs?: number;
  /** KIP-848's members are given up after so long without a heartbeat, and are told to send one so often. Default 45 s, 5 s. */
  readonly consumerSessionTimeoutUs?: number;
  readonly consumerHeartbeatUs?: number;
  /** By what KIP-848's groups are assigned where their members prefer nothing. Default `uniform`. */
  readonly consumerAssignor?: ServerAssignor;
  /** Offsets go so long after their group became empty (KIP-211). Default 7 days. */
  readonly offsetsRetentionMs?: number;
  /** How often that is looked for. Default 10 min. */
  readonly offsetsRetentionCheckUs?: number;
  /** How long a request waits until what it wrote is committed. Default 5 s. */
  readonly commitTimeoutUs?: number;
}

export type GroupSettings = Required<GroupOptions>;

const S = 1_000_000;
const MIN = 60 * S;
const DAY_MS = 86_400_000;

/** Throws INVALID_REQUEST. */
export function groupSettingsOf(options: GroupOptions): GroupSettings {
  const settings: GroupSettings = {
    sessionTimeoutMinUs: 6 * S,
    sessionTimeoutMaxUs: 30 * MIN,
    initialRebalanceDelayUs: 3 * S,
    newMemberJoinTimeoutUs: 5 * MIN,
    consumerSessionTimeoutUs: 45 * S,
    consumerHeartbeatUs: 5 * S,
    consumerAssignor: "uniform",
    offsetsRetentionMs: 7 * DAY_MS,
    offsetsRetentionCheckUs: 10 * MIN,
    commitTimeoutUs: 5 * S,
    ...options,
  };
  const { consumerAssignor, ...numbers } = settings;
  if (!isServerAssignor(consumerAssignor)) {
    throw invalid(SERVER_ASSIGNORS.join(" or "), consumerAssignor, "consumerAssignor");
  }
  for (const [name, value] of Object.entries(numbers)) {
    const least = name === "initialRebalanceDelayUs" ? 0 : 1;
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw invalid(`an integer from ${least} on`, String(value), name);
  }
  const { sessionTimeoutMinUs, sessionTimeoutMaxUs } = settings;
  if (sessionTimeoutMinUs > sessionTimeoutMaxUs) {
    throw invalid(`at least ${sessionTimeoutMinUs}`, String(sessionTimeoutMaxUs), "sessionTimeoutMaxUs");
  }
  const { consumerHeartbeatUs, consumerSessionTimeoutUs } = settings;
  if (consumerHeartbeatUs >= consumerSessionTimeoutUs) {
    const expected = `less than ${consumerSessionTimeoutUs}`;
    throw invalid(expected, String(consumerHeartbeatUs), "consumerHeartbeatUs");
  }
  return settings;
}

function invalid(expected: string, found: string, option: string): BrokerError {
  const where = `option groups.${option}`;
  return new BrokerError("INVALID_REQUEST", { expected, found, where, todo: "correct the option" });
}
