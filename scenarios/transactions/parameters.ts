import type { Parameter } from "#sim/scenario.js";
import { BROKER_PARAMETERS } from "../broker/parameters.js";

export const TRANSACTIONS_PARAMETERS: Readonly<Record<string, Parameter>> = {
  ...BROKER_PARAMETERS,
  operations: {
    type: "integer",
    summary: "records outside of transactions sent and reads planned in a run, at most",
    min: 0,
    max: 1_000_000,
    default: 30,
  },
  transactions: {
    type: "integer",
    summary: "transactions of producers planned in a run, beside those of pipelines",
    min: 0,
    max: 100_000,
    default: 50,
  },
  reads: {
    type: "integer",
    summary: "reads of topics with transactions planned in a run",
    min: 0,
    max: 100_000,
    default: 60,
  },
};
