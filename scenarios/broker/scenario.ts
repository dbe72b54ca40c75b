import type { Scenario } from "#sim/scenario.js";
import { BROKER_NARRATION } from "./narration.js";
import { BROKER_PARAMETERS } from "./parameters.js";
import { BROKER_PLAN_VERSION } from "./plan.js";
import type { BrokerSetting } from "./setting.js";
import { driveBroker } from "./storm.js";

/** What tells one broker scenario from another. */
export interface BrokerScenarioParts extends Pick<Scenario, "name" | "summary" | "faults" | "mustReach"> {
  readonly setting: BrokerSetting;
}

/** A broker scenario, with all that they have in common. */
export function newBrokerScenario({ setting, ...parts }: BrokerScenarioParts): Scenario {
  return {
    ...parts,
    parameters: BROKER_PARAMETERS,
    coverageSeeds: 500,
    strikeEveryCalls: 600,
    narration: BROKER_NARRATION,
    planVersion: BROKER_PLAN_VERSION,
    drive: (run) => driveBroker(run, setting),
  };
}
