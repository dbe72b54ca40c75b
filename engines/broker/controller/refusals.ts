/** Why a controller did not do what it was asked for. */
import { RaftError } from "../../raft/index.js";
import { BrokerError, type BrokerErrorCode } from "../errors.js";

const REMEDIES: ReadonlyMap<BrokerErrorCode, string> = new Map<BrokerErrorCode, string>([
  ["INVALID_REQUEST", "correct the call"],
  ["TOPIC_ALREADY_EXISTS", "take another name, or the topic that is there"],
  ["INVALID_REPLICA_ASSIGNMENT", "ask for fewer replicas, or start more brokers"],
  ["UNKNOWN_TOPIC_OR_PARTITION", "create the topic first"],
  ["REQUEST_TIMED_OUT", "look whether it was done, or ask again"],
  ["CLOSED", "make another"],
]);

export function refusal(code: BrokerErrorCode, found: string, where: string): BrokerError {
  const todo = REMEDIES.get(code) ?? "see what BrokerErrorCode says of the code";
  return new BrokerError(code, { expected: "a request that can be granted", found, where, todo });
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
