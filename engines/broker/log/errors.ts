import { isDiskError } from "../../env/index.js";
import { BrokerError } from "../errors.js";

export function damaged(found: string, where: string, cause?: unknown): BrokerError {
  const todo = "give the replica up and copy it from another broker";
  return new BrokerError("LOG_DAMAGED", { expected: "what was written", found, where, todo }, cause);
}

export function storageError(where: string, cause: unknown): BrokerError {
  const todo = "see to the disk, then start the broker again";
  const found = isDiskError(cause) ? cause.code : "a failure";
  return new BrokerError("STORAGE_ERROR", { expected: "a working disk", found, where, todo }, cause);
}

export function closed(where: string): BrokerError {
  const todo = "open the log again";
  return new BrokerError("CLOSED", { expected: "an open log", found: "a closed one", where, todo });
}

export function outOfRange(found: number, min: number, max: number, where: string): BrokerError {
  const expected = `an offset from ${min} to ${max}`;
  const todo = "ask for an offset that the log holds";
  return new BrokerError("OFFSET_OUT_OF_RANGE", { expected, found: String(found), where, todo });
}
