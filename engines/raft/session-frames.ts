/** The bytes of session commands and of what they are answered (FORMAT.md). */
import type { Sink } from "../bytes/index.js";
import { assert } from "../env/index.js";
import { encodeWith, readerOf } from "./codec/index.js";
import { RaftError } from "./errors.js";

export type SessionResult =
  /** `session` is the session's number: the index of the entry that opened it. */
  | { readonly kind: "opened"; readonly session: number }
  /** The result of the command, which was applied once, now or before. */
  | { readonly kind: "applied"; readonly result: Uint8Array }
  /**
   * The session is not there any more. This sending of the command changed nothing; an earlier one may have
   * been applied while the session was there.
   */
  | { readonly kind: "expired" }
  /** The session has gone on to a later command. This sending changed nothing; an earlier one may have. */
  | { readonly kind: "stale" };

/** What `encodeSessionCommand` made bytes of. */
export interface SessionCommand {
  readonly kind: "command";
  readonly session: number;
  readonly sequence: number;
  readonly command: Uint8Array;
}

const OPEN = 1;
const COMMAND = 2;

const OPENED = 1;
const APPLIED = 2;
const EXPIRED = 3;
const STALE = 4;
const MALFORMED = 5;

export function encodeOpenSession(): Uint8Array {
  return Uint8Array.of(OPEN);
}

/**
 * A command in a session. `sequence` is from 1 on, grows from command to command (gaps are fine) and stays the
 * same where a command is sent again. A client has one command in flight for each session, since only the last
 * result is kept.
 */
export function encodeSessionCommand(session: number, sequence: number, command: Uint8Array): Uint8Array {
  assert(session >= 1 && sequence >= 1, "sessions and their commands are numbered from 1 on");
  return encodeWith((sink: Sink, inner: Uint8Array) => {
    sink.byte(COMMAND);
    sink.integer(session);
    sink.integer(sequence);
    sink.rest(inner);
  }, command);
}

/** Undefined where a client sent bytes that are no session command: that must not stop the servers. */
export function decodeSessionCommand(
  bytes: Uint8Array,
): SessionCommand | { readonly kind: "open" } | undefined {
  const reader = readerOf(bytes, "a session command");
  try {
    const kind = reader.byte();
    if (kind === OPEN) {
      reader.end();
      return { kind: "open" };
    }
    if (kind !== COMMAND) return undefined;
    const [session, sequence] = [reader.integer(), reader.integer()];
    return sequence === 0 ? undefined : { kind: "command", session, sequence, command: reader.rest() };
  } catch (error) {
    if (error instanceof RaftError && error.code === "RAFT_BAD_FORMAT") return undefined;
    throw error;
  }
}

/** Throws RAFT_BAD_FORMAT, also for the answer to bytes that were no session command. A result is a view. */
export function decodeSessionResult(bytes: Uint8Array): SessionResult {
  const reader = readerOf(bytes, "a session's result");
  const kind = reader.byte();
  switch (kind) {
    case OPENED: {
      const session = reader.integer();
      reader.end();
      return { kind: "opened", session };
    }
    case APPLIED:
      return { kind: "applied", result: reader.rest() };
    case EXPIRED:
      reader.end();
      return { kind: "expired" };
    case STALE:
      reader.end();
      return { kind: "stale" };
    default:
      return reader.fail("a kind of result", kind === MALFORMED ? "a malformed command's" : `${kind}`);
  }
}

export function openedResult(session: number): Uint8Array {
  return encodeWith(putOpened, session);
}

export function appliedResult(result: Uint8Array): Uint8Array {
  return encodeWith(putApplied, result);
}

export function expiredResult(): Uint8Array {
  return Uint8Array.of(EXPIRED);
}

export function staleResult(): Uint8Array {
  return Uint8Array.of(STALE);
}

export function malformedResult(): Uint8Array {
  return Uint8Array.of(MALFORMED);
}

function putOpened(sink: Sink, session: number): void {
  sink.byte(OPENED);
  sink.integer(session);
}

function putApplied(sink: Sink, result: Uint8Array): void {
  sink.byte(APPLIED);
  sink.rest(result);
}
