import type { ErrorParts } from "../../env/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";

/** `failed`: the record is not in the log and never will be. `unknown`: it may be, or may yet. */
export type ProducerOutcome = "failed" | "unknown";

/** A record was not acknowledged. `code` says why, `outcome` what is left to hope or to fear. */
export class ProducerError extends BrokerError {
  readonly outcome: ProducerOutcome;

  constructor(code: BrokerErrorCode, outcome: ProducerOutcome, parts: ErrorParts, cause?: unknown) {
    super(code, parts, cause);
    this.outcome = outcome;
  }
}

export function invalid(expected: string, found: string, where: string): BrokerError {
  return new BrokerError("INVALID_REQUEST", { expected, found, where, todo: "correct the call" });
}

export function isClosed(where: string): BrokerError {
  const parts = { expected: "an open client", found: "a closed one", where, todo: "make another" };
  return new BrokerError("CLOSED", parts);
}

export function ranOutOfTime(where: string, found: string, cause?: unknown): BrokerError {
  const parts = { expected: "an answer in time", found, where, todo: "try again" };
  return new BrokerError("REQUEST_TIMED_OUT", parts, cause);
}
