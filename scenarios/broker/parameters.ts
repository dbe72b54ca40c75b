/** The parameters that all broker scenarios have. */
import type { Parameter } from "#sim/scenario.js";

export const BROKER_PARAMETERS: Readonly<Record<string, Parameter>> = {
  controllers: { type: "integer", summary: "controllers; 0: drawn", min: 0, max: 9, default: 0 },
  brokers: { type: "integer", summary: "brokers; 0: drawn", min: 0, max: 16, default: 0 },
  operations: {
    type: "integer",
    summary: "records sent and reads planned in a run, at most",
    min: 0,
    max: 1_000_000,
    default: 240,
  },
  stormMs: {
    type: "integer",
    summary: "how long everything breaks, in simulated ms; 0: drawn from 3,000 to 6,000",
    min: 0,
    max: 600_000,
    default: 0,
  },
};
