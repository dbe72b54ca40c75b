import { SeedstormError, type ErrorParts } from "../env/index.js";

export type RpcErrorCode =
  /** No answer in time. */
  | "RPC_TIMEOUT"
  /** The caller gave the call up. */
  | "RPC_CANCELLED"
  /** The server knows nothing of earlier calls, mostly since it restarted. A new call reaches it. */
  | "RPC_RESET"
  /** As many calls are open as may be. Nothing was sent. */
  | "RPC_TOO_MANY_CALLS";

/** `failed`: the handler has not run for this call and never will. `unknown`: it may have, or may yet. */
export type RpcOutcome = "failed" | "unknown";

/** A call got no answer. */
export class RpcError extends SeedstormError {
  declare readonly code: RpcErrorCode;
  readonly outcome: RpcOutcome;

  constructor(code: RpcErrorCode, outcome: RpcOutcome, parts: ErrorParts) {
    super(code, parts);
    this.outcome = outcome;
  }
}

/** The handler threw a `SeedstormError`; this one has its code and its parts. What was done is the handler's to say. */
export class RpcRemoteError extends SeedstormError {
  /** The server that it comes from. */
  readonly from: string;

  constructor(code: string, parts: ErrorParts, from: string) {
    super(code, parts);
    this.from = from;
  }
}

/** The bytes are not what the other end writes. */
export function badFormat(expected: string, found: string, where: string): SeedstormError {
  const todo = "check the versions of the programs at both ends";
  return new SeedstormError("RPC_BAD_FORMAT", { expected, found, where, todo });
}

/** The value can't be sent. */
export function badArgument(expected: string, found: string, where: string): SeedstormError {
  return new SeedstormError("RPC_BAD_ARGUMENT", { expected, found, where, todo: "correct the call" });
}

export function timedOut(where: string, timeoutUs: number, outcome: RpcOutcome): RpcError {
  const parts = { expected: `an answer within ${timeoutUs} us`, found: "none", where };
  return new RpcError("RPC_TIMEOUT", outcome, { ...parts, todo: "try again, or ask another server" });
}

export function cancelled(where: string, outcome: RpcOutcome): RpcError {
  const parts = { expected: "an answer", found: "the call was cancelled", where };
  return new RpcError("RPC_CANCELLED", outcome, { ...parts, todo: "nothing: the caller wished it" });
}

export function wasReset(where: string): RpcError {
  const parts = { expected: "the server as it was", found: "one that has forgotten this caller", where };
  return new RpcError("RPC_RESET", "unknown", { ...parts, todo: "call again" });
}

export function tooManyCalls(where: string, maxOpenCalls: number): RpcError {
  const parts = { expected: `fewer than ${maxOpenCalls} open calls`, found: `${maxOpenCalls}`, where };
  return new RpcError("RPC_TOO_MANY_CALLS", "failed", {
    ...parts,
    todo: "wait for some, or raise maxOpenCalls",
  });
}
