import type { Parameter, Scenario } from "#sim/scenario.js";
import { BROKER_NARRATION } from "../broker/narration.js";
import { BROKER_PARAMETERS } from "../broker/parameters.js";
import { driveGroups } from "./group-storm.js";
import { GROUPS_PLAN_VERSION } from "./plan.js";
import type { GroupsSetting } from "./setting.js";

const GROUP_PARAMETERS: Readonly<Record<string, Parameter>> = {
  ...BROKER_PARAMETERS,
  groups: { type: "integer", summary: "consumer groups; 0: drawn", min: 0, max: 9, default: 0 },
  members: { type: "integer", summary: "members of each group; 0: drawn", min: 0, max: 16, default: 0 },
};

/** What tells one scenario of groups from another. */
export interface GroupsScenarioParts extends Pick<Scenario, "name" | "summary" | "faults" | "mustReach"> {
  readonly setting: GroupsSetting;
}

/** A scenario of groups, with all that they have in common. */
export function newGroupsScenario({ setting, ...parts }: GroupsScenarioParts): Scenario {
  return {
    ...parts,
    parameters: GROUP_PARAMETERS,
    coverageSeeds: 500,
    strikeEveryCalls: 600,
    narration: BROKER_NARRATION,
    planVersion: GROUPS_PLAN_VERSION,
    drive: (run) => driveGroups(run, setting),
  };
}
