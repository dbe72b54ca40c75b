/** Why a controller did not do what it was asked for. */
import { RaftError } from "../../raft/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";

export function refusal(code: BrokerErrorCode, found: string, where: string): BrokerError {
  return new BrokerError(code, { expected: "what was asked for", found, where, todo: "see the code" });
}

export function notController(node: string): BrokerError {
  const parts = { expected: "the active controller", found: "another", where: node };
  return new BrokerError("NOT_CONTROLLER", { ...parts, todo: "ask another controller" });
}

/** What Raft's errors mean to whoever asked; others are thrown on. */
export function asBrokerError(error: unknown, node: string): BrokerError {
  if (error instanceof BrokerError) return error;
  if (!(error instanceof RaftError)) throw error;
  if (error.code === "RAFT_BAD_ARGUMENT") return refusal("INVALID_REQUEST", error.message, node);
  // Another leader may commit it yet: whoever asked must not take it for refused.
  if (error.outcome === "unknown") return refusal("REQUEST_TIMED_OUT", error.message, node);
  return notController(node);
}

/** Of what a controller does unasked: what was refused has changed meanwhile, and is due again in the next round. */
export function passOverRefusal(error: unknown): void {
  if (!(error instanceof RaftError || error instanceof BrokerError)) throw error;
}

/** The Raft server could not go on. */
export function storageFailed(cause: RaftError, node: string): BrokerError {
  const parts = { expected: "a working storage", found: cause.message, where: `the controller at ${node}` };
  return new BrokerError("STORAGE_ERROR", { ...parts, todo: "open it again" }, cause);
}
