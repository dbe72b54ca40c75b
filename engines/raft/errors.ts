import { SeedstormError, type ErrorParts } from "../env/index.js";
import type { NodeId } from "./types.js";

export type RaftErrorCode =
  /** An option or an argument makes no sense. Nothing was done. */
  | "RAFT_BAD_ARGUMENT"
  /** This server does not lead (see `leader`). Nothing was done. */
  | "RAFT_NOT_LEADER"
  /** The leader is handing over, or too much is in flight. Nothing was done; try again soon. */
  | "RAFT_BUSY"
  /** Another change of membership is under way, or the leader is too new. Nothing was done; try again soon. */
  | "RAFT_CHANGE_IN_PROGRESS"
  /** No answer in time, or the server stopped. It may have happened, or may yet. */
  | "RAFT_UNKNOWN"
  /** The server is stopped, by `close` or since its storage failed (see `cause`). Nothing was done. */
  | "RAFT_STOPPED"
  /** A client asked in vain until its time was over (see `cause`). Nothing was done. */
  | "RAFT_UNAVAILABLE"
  /**
   * The client's session is gone: it was idle while many others were opened. This sending of the command
   * changed nothing; an earlier one may have been applied while the session was there.
   */
  | "RAFT_SESSION_EXPIRED"
  /** The log is shorter than what this server acknowledged: its device lied. It must not go on. */
  | "RAFT_LOG_LOST"
  /** Bytes of a message or a record are not what this program writes. */
  | "RAFT_BAD_FORMAT";

/** `failed`: it has not happened and never will. `unknown`: it may have, or may yet. */
export type Outcome = "failed" | "unknown";

export class RaftError extends SeedstormError {
  declare readonly code: RaftErrorCode;
  readonly outcome: Outcome;
  /** RAFT_NOT_LEADER: who leads, as far as this server knows. */
  readonly leader: NodeId | undefined;

  constructor(
    code: RaftErrorCode,
    parts: ErrorParts,
    about: {
      readonly outcome?: Outcome;
      readonly leader?: NodeId | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(code, parts);
    this.outcome = about.outcome ?? "failed";
    this.leader = about.leader;
    if (about.cause !== undefined) this.cause = about.cause;
  }
}

export function badArgument(expected: string, found: string, where: string): RaftError {
  return new RaftError("RAFT_BAD_ARGUMENT", { expected, found, where, todo: "correct the call" });
}

export function badFormat(expected: string, found: string, where: string): RaftError {
  return new RaftError("RAFT_BAD_FORMAT", {
    expected,
    found,
    where,
    todo: "check the versions of the servers",
  });
}

export function notLeader(node: NodeId, leader: NodeId | undefined): RaftError {
  const found = leader === undefined ? "no leader" : `the leader is ${leader}`;
  const parts = { expected: "the leader", found, where: node, todo: "ask the leader" };
  return new RaftError("RAFT_NOT_LEADER", parts, { leader });
}
