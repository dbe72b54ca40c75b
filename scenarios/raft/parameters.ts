/** The parameters that all Raft scenarios have. */
import type { Parameter } from "#sim/scenario.js";

type IntegerParameter = Extract<Parameter, { readonly type: "integer" }>;

export const OPERATIONS: IntegerParameter = {
  type: "integer",
  summary: "client operations in a run, at most",
  min: 0,
  max: 1_000_000,
  default: 250,
};

export const RAFT_PARAMETERS: Readonly<Record<string, Parameter>> = {
  servers: { type: "integer", summary: "members at first; 0: drawn", min: 0, max: 9, default: 0 },
  clients: { type: "integer", summary: "clients; 0: drawn from 3 to 6", min: 0, max: 64, default: 0 },
  operations: OPERATIONS,
  stormMs: {
    type: "integer",
    summary: "how long everything breaks, in simulated ms; 0: drawn from 3,000 to 6,000",
    min: 0,
    max: 600_000,
    default: 0,
  },
};
