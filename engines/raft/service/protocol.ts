/**
 * What clients and servers say to each other. A body is a version byte and fields (see `rpc/codec.ts`), in the
 * order of its interface; an answer is its value behind a 1, or a refusal behind a 0.
 */
import { putTexts, readTexts, type ByteReader, type Sink } from "../../bytes/index.js";
import type { ErrorParts } from "../../env/index.js";
import {
  NO_FIELDS,
  defineRpc,
  fieldsCodec,
  putParts,
  readParts,
  type Fields,
  type RpcCodec,
  type RpcType,
} from "../../rpc/index.js";
import type { MembershipTarget } from "../core/index.js";
import { RaftError, type Outcome, type RaftErrorCode } from "../errors.js";
import type { Consistency } from "../node.js";
import type { NodeId } from "../types.js";

const VERSION = 1;

/** The same (session, sequence) is the same command, however often it comes. */
export interface ExecuteRequest {
  readonly session: number;
  readonly sequence: number;
  readonly command: Uint8Array;
}

export interface QueryRequest {
  readonly consistency: Consistency;
  readonly query: Uint8Array;
}

/** A `RaftError` as plain data. */
export interface Refusal {
  readonly code: RaftErrorCode;
  readonly outcome: Outcome;
  readonly leader: NodeId | undefined;
  readonly parts: ErrorParts;
}

export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function refusalOf({ code, outcome, leader, parts }: RaftError): Refusal {
  return { code, outcome, leader, parts };
}

export function errorOf({ code, outcome, leader, parts }: Refusal): RaftError {
  return new RaftError(code, parts, { outcome, leader });
}

export const OPEN_SESSION: RpcType<undefined, Answer<number>> = defineRpc({
  id: 1000,
  name: "raft/open-session",
  request: fieldsCodec("a raft/open-session", VERSION, NO_FIELDS),
  response: answerCodec("the answer to raft/open-session", {
    put: (sink, session: number) => sink.integer(session),
    read: (reader) => reader.integer(),
  }),
});

export const EXECUTE: RpcType<ExecuteRequest, Answer<Uint8Array>> = defineRpc({
  id: 1002,
  name: "raft/execute",
  request: fieldsCodec("a raft/execute", VERSION, {
    put(sink, { session, sequence, command }: ExecuteRequest) {
      sink.integer(session);
      sink.integer(sequence);
      sink.bytes(command);
    },
    read(reader) {
      const [session, sequence] = [reader.integer(), reader.integer()];
      if (session === 0 || sequence === 0) reader.fail("a session and a sequence from 1 on", "0");
      return { session, sequence, command: reader.bytes() };
    },
  }),
  response: bytesAnswerCodec("the answer to raft/execute"),
});

const CONSISTENCIES: readonly Consistency[] = ["linearizable", "lease", "stale"];

export const QUERY: RpcType<QueryRequest, Answer<Uint8Array>> = defineRpc({
  id: 1004,
  name: "raft/query",
  request: fieldsCodec("a raft/query", VERSION, {
    put(sink, { consistency, query }: QueryRequest) {
      sink.integer(CONSISTENCIES.indexOf(consistency));
      sink.bytes(query);
    },
    read(reader) {
      const consistency = CONSISTENCIES[reader.integer()];
      if (consistency === undefined) return reader.fail("a known consistency", "another");
      return { consistency, query: reader.bytes() };
    },
  }),
  response: bytesAnswerCodec("the answer to raft/query"),
});

export const CHANGE_MEMBERSHIP: RpcType<MembershipTarget, Answer<undefined>> = defineRpc({
  id: 1006,
  name: "raft/change-membership",
  request: fieldsCodec("a raft/change-membership", VERSION, {
    put(sink, { voters, learners }: MembershipTarget) {
      putTexts(sink, voters);
      putTexts(sink, learners);
    },
    read: (reader) => ({ voters: readTexts(reader), learners: readTexts(reader) }),
  }),
  response: answerCodec("the answer to raft/change-membership", NO_FIELDS),
});

export const TRANSFER_LEADERSHIP: RpcType<NodeId, Answer<undefined>> = defineRpc({
  id: 1008,
  name: "raft/transfer-leadership",
  request: fieldsCodec("a raft/transfer-leadership", VERSION, {
    put: (sink, to: NodeId) => sink.text(to),
    read: (reader) => reader.text(),
  }),
  response: answerCodec("the answer to raft/transfer-leadership", NO_FIELDS),
});

function bytesAnswerCodec(where: string): RpcCodec<Answer<Uint8Array>> {
  return answerCodec(where, {
    put: (sink, value: Uint8Array) => sink.bytes(value),
    read: (reader) => reader.bytes(),
  });
}

const REFUSED = 0;
const DONE = 1;

function answerCodec<T>(where: string, value: Fields<T>): RpcCodec<Answer<T>> {
  return fieldsCodec<Answer<T>>(where, VERSION, {
    put(sink, answer) {
      sink.integer(answer.ok ? DONE : REFUSED);
      if (answer.ok) value.put(sink, answer.value);
      else putRefusal(sink, answer.refusal);
    },
    read: (reader) =>
      reader.integer() === DONE
        ? { ok: true, value: value.read(reader) }
        : { ok: false, refusal: readRefusal(reader) },
  });
}

function putRefusal(sink: Sink, { code, outcome, leader, parts }: Refusal): void {
  sink.text(code);
  sink.integer(outcome === "failed" ? 1 : 0);
  putTexts(sink, leader === undefined ? [] : [leader]);
  putParts(sink, parts);
}

function readRefusal(reader: ByteReader): Refusal {
  const code = reader.text();
  const isFailed = reader.integer() === 1;
  const [leader] = readTexts(reader);
  const parts = readParts(reader);
  if (isKnown(code)) return { code, outcome: isFailed ? "failed" : "unknown", leader, parts };
  // From a later version of the program: what it stands for is not known here, so nothing is taken for certain.
  return { code: "RAFT_UNKNOWN", outcome: "unknown", leader, parts };
}

const KNOWN_CODES: Readonly<Record<RaftErrorCode, true>> = {
  RAFT_BAD_ARGUMENT: true,
  RAFT_NOT_LEADER: true,
  RAFT_BUSY: true,
  RAFT_CHANGE_IN_PROGRESS: true,
  RAFT_UNKNOWN: true,
  RAFT_STOPPED: true,
  RAFT_UNAVAILABLE: true,
  RAFT_SESSION_EXPIRED: true,
  RAFT_LOG_LOST: true,
  RAFT_BAD_FORMAT: true,
};

function isKnown(code: string): code is RaftErrorCode {
  return Object.hasOwn(KNOWN_CODES, code);
}
