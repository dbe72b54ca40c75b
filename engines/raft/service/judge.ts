import { unreachable } from "../../env/index.js";
import { RpcError, type RpcRemoteError } from "../../rpc/index.js";
import { RaftError, type Outcome, type RaftErrorCode } from "../errors.js";

/** Why one attempt at one server gave no result. */
export type AttemptError = RaftError | RpcError | RpcRemoteError;

/**
 * Where to go on: `redirect` at the leader that the error names, if any; `same` server; `other` server; `stop`:
 * no server will say anything else.
 */
export type Next = "redirect" | "same" | "other" | "stop";

export interface Judgement {
  /** Of this attempt alone: `failed` says nothing about earlier ones. */
  readonly outcome: Outcome;
  readonly next: Next;
  /** `never`: time has passed already. `unlessFirst`: the next server may well do it at once. */
  readonly wait: "never" | "unlessFirst" | "always";
}

/** What an attempt that failed means, and what to do about it. */
export function judge(error: AttemptError): Judgement {
  if (error instanceof RaftError) return { outcome: error.outcome, ...AFTER_REFUSAL[error.code] };
  // The handler broke off, anywhere.
  if (!(error instanceof RpcError)) return { outcome: "unknown", next: "other", wait: "always" };
  switch (error.code) {
    case "RPC_TIMEOUT":
      return { outcome: error.outcome, next: "other", wait: "never" };
    case "RPC_RESET":
      return { outcome: error.outcome, next: "same", wait: "unlessFirst" };
    case "RPC_TOO_MANY_CALLS":
      return { outcome: error.outcome, next: "same", wait: "always" };
    case "RPC_CANCELLED":
      return { outcome: error.outcome, next: "stop", wait: "never" };
    default:
      return unreachable("all codes are known");
  }
}

type After = Pick<Judgement, "next" | "wait">;

const STOP: After = { next: "stop", wait: "never" };
const SAME: After = { next: "same", wait: "always" };
const OTHER: After = { next: "other", wait: "always" };

const AFTER_REFUSAL: Readonly<Record<RaftErrorCode, After>> = {
  RAFT_NOT_LEADER: { next: "redirect", wait: "unlessFirst" },
  RAFT_BUSY: SAME,
  RAFT_CHANGE_IN_PROGRESS: SAME,
  // Its leader has lost the lead, or is losing it.
  RAFT_UNKNOWN: OTHER,
  RAFT_STOPPED: OTHER,
  RAFT_LOG_LOST: OTHER,
  RAFT_UNAVAILABLE: OTHER,
  RAFT_SESSION_EXPIRED: STOP,
  RAFT_BAD_ARGUMENT: STOP,
  RAFT_BAD_FORMAT: STOP,
};
