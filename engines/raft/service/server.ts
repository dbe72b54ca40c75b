import { assert } from "../../env/index.js";
import type { RpcServer } from "../../rpc/index.js";
import { RaftError } from "../errors.js";
import { decodeSessionResult, encodeOpenSession, encodeSessionCommand } from "../sessions.js";
import {
  CHANGE_MEMBERSHIP,
  EXECUTE,
  OPEN_SESSION,
  QUERY,
  TRANSFER_LEADERSHIP,
  refusalOf,
  type Answer,
  type ExecuteRequest,
} from "./protocol.js";
import type { ReplicatedNode } from "./replicated-node.js";

/** Answers the calls of `RaftClient`s with this node, from now on. Its state machine is a `SessionMachine`. */
export function serveRaft(rpc: RpcServer, node: ReplicatedNode): void {
  rpc.serve(OPEN_SESSION, () => answer(openSession(node)));
  rpc.serve(EXECUTE, (request) => answer(execute(node, request)));
  rpc.serve(QUERY, ({ query, consistency }) => answer(node.read(query, consistency)));
  rpc.serve(CHANGE_MEMBERSHIP, (target) => answer(done(node.changeMembership(target))));
  rpc.serve(TRANSFER_LEADERSHIP, (to) => answer(done(node.transferLeadership(to))));
}

async function openSession(node: ReplicatedNode): Promise<number> {
  const result = decodeSessionResult(await node.propose(encodeOpenSession()));
  assert(result.kind === "opened", "opening a session opens one");
  return result.session;
}

async function execute(
  node: ReplicatedNode,
  { session, sequence, command }: ExecuteRequest,
): Promise<Uint8Array> {
  const result = decodeSessionResult(await node.propose(encodeSessionCommand(session, sequence, command)));
  assert(result.kind !== "opened", "a command opens no session");
  if (result.kind === "applied") return result.result;
  const where = `session ${session}, command ${sequence}`;
  throw result.kind === "expired" ? sessionExpired(where) : commandForgotten(where);
}

async function done(work: Promise<void>): Promise<undefined> {
  await work;
}

async function answer<T>(work: Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    if (!(error instanceof RaftError)) throw error;
    return { ok: false, refusal: refusalOf(error) };
  }
}

function sessionExpired(where: string): RaftError {
  return new RaftError("RAFT_SESSION_EXPIRED", {
    expected: "an open session",
    found: "one that was given up for others",
    where,
    todo: "open another",
  });
}

/** A later command of the session has been applied; whether this one was before it is not recorded. */
function commandForgotten(where: string): RaftError {
  const parts = { expected: "the session's latest command", found: "an earlier one", where };
  return new RaftError(
    "RAFT_UNKNOWN",
    { ...parts, todo: "read the state to find out" },
    { outcome: "unknown" },
  );
}
