import type { GroupProtocol } from "#engines/broker/client/index.js";
import type { BrokerSetting } from "../broker/setting.js";

/** What tells one scenario of groups from another. */
export interface GroupsSetting {
  readonly broker: BrokerSetting;
  /** Who assigns: a member, or the coordinator. */
  readonly protocol: GroupProtocol;
  /** How many of each are planned in a run, at most. */
  readonly acts: GroupActCounts;
}

export interface GroupActCounts {
  /** A member leaves in order, and comes back. */
  readonly leaves: number;
  /** A member does not come back to `poll`, some of them for longer than its group waits. */
  readonly stalls: number;
  readonly crashes: number;
  /** A member is cut off from all brokers, and does not know it. */
  readonly cuts: number;
  /** Whoever coordinates a group is killed. */
  readonly coordinatorKills: number;
  /** Whoever coordinates a group is cut off from the other brokers, the controllers or both, and not from the members. */
  readonly coordinatorCuts: number;
  /** Whoever coordinates a group hears its members, and they do not hear it. */
  readonly coordinatorMutes: number;
  /** A member of another make joins, sends heartbeats and never asks what it is assigned. */
  readonly dawdlers: number;
}
