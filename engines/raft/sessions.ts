/**
 * Exactly-once commands (Ongaro's thesis, section 6.3): a client opens a session and numbers its commands; the
 * state machine keeps the last number and its result, and answers a repeated command with that instead of
 * applying it again. The table is a part of the state: every server has the same, and snapshots hold it.
 */
import type { ByteReader, Sink } from "../bytes/index.js";
import { assert, type Env } from "../env/index.js";
import { decodeTable, encodeTable, encodeWith, readerOf } from "./codec/index.js";
import { RaftError, badArgument } from "./errors.js";
import type { StateMachine } from "./state-machine.js";
import type { LogIndex } from "./types.js";

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

export interface SessionOptions {
  /**
   * How many sessions are kept; one more evicts the one that was not used for the longest time. Must be the
   * same on every server, and may be changed only where all change it at the same entry. Default 10,000.
   */
  readonly maxSessions?: number;
  /** Is told of the marks "raft/session-deduplicated" and "raft/session-evicted". */
  readonly env?: Pick<Env, "reached">;
}

interface Session {
  /** The last command that was applied; 0 before the first. */
  readonly sequence: number;
  /** Its result; empty before the first. */
  readonly result: Uint8Array;
}

const DEFAULT_MAX_SESSIONS = 10_000;

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

/**
 * Deduplicates for the state machine inside, whose commands come framed by `encodeSessionCommand`. Queries
 * change nothing and go straight through, unframed.
 */
export class SessionMachine implements StateMachine {
  readonly #inner: StateMachine;
  readonly #maxSessions: number;
  readonly #env: Pick<Env, "reached"> | undefined;
  /** The least recently used first. Using one moves it to the end, so the log alone decides on the order. */
  #sessions: Map<number, Session> = new Map();

  /** Throws RAFT_BAD_ARGUMENT. */
  constructor(inner: StateMachine, options: SessionOptions = {}) {
    const { maxSessions = DEFAULT_MAX_SESSIONS } = options;
    if (!Number.isSafeInteger(maxSessions) || maxSessions < 1) {
      throw badArgument("room for at least one session", `${maxSessions}`, "maxSessions");
    }
    this.#inner = inner;
    this.#maxSessions = maxSessions;
    this.#env = options.env;
  }

  apply(bytes: Uint8Array, index: LogIndex): Uint8Array {
    const frame = decodeSessionCommand(bytes);
    if (frame === undefined) return Uint8Array.of(MALFORMED);
    return frame.kind === "open" ? this.#open(index) : this.#applyOnce(frame, index);
  }

  query(query: Uint8Array): Uint8Array {
    return this.#inner.query(query);
  }

  /** The table, then the state inside. */
  snapshot(): Uint8Array[] {
    return [...encodeTable(this.#sessions, putSession), ...this.#inner.snapshot()];
  }

  /** Throws RAFT_BAD_FORMAT, or what the machine inside throws, and keeps its table then. */
  restore(chunks: readonly Uint8Array[]): void {
    const sessions = new Map<number, Session>();
    const taken = decodeTable(chunks, "a session table", (reader) => readSession(reader, sessions));
    this.#inner.restore(chunks.slice(taken));
    this.#sessions = sessions;
  }

  #open(index: LogIndex): Uint8Array {
    assert(!this.#sessions.has(index), "an entry opens one session");
    this.#sessions.set(index, { sequence: 0, result: new Uint8Array(0) });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#maxSessions) break;
      this.#sessions.delete(oldest);
      this.#env?.reached("raft/session-evicted");
    }
    return encodeWith(putOpened, index);
  }

  #applyOnce({ session, sequence, command }: SessionCommand, index: LogIndex): Uint8Array {
    const known = this.#sessions.get(session);
    if (known === undefined) return Uint8Array.of(EXPIRED);
    this.#sessions.delete(session);
    if (sequence > known.sequence) {
      const result = this.#inner.apply(command, index);
      this.#sessions.set(session, { sequence, result });
      return encodeWith(putApplied, result);
    }
    this.#sessions.set(session, known);
    if (sequence < known.sequence) return Uint8Array.of(STALE);
    this.#env?.reached("raft/session-deduplicated");
    return encodeWith(putApplied, known.result);
  }
}

/** What `encodeSessionCommand` made bytes of. */
export interface SessionCommand {
  readonly kind: "command";
  readonly session: number;
  readonly sequence: number;
  readonly command: Uint8Array;
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

function putOpened(sink: Sink, session: number): void {
  sink.byte(OPENED);
  sink.integer(session);
}

function putApplied(sink: Sink, result: Uint8Array): void {
  sink.byte(APPLIED);
  sink.rest(result);
}

function putSession(sink: Sink, [session, { sequence, result }]: readonly [number, Session]): void {
  sink.integer(session);
  sink.integer(sequence);
  sink.bytes(result);
}

function readSession(reader: ByteReader, sessions: Map<number, Session>): void {
  const session = reader.integer();
  if (session < 1 || sessions.has(session)) reader.fail("each session once, from 1 on", `session ${session}`);
  const sequence = reader.integer();
  // A copy: the table outlives the chunk, and a view would keep all of it in memory.
  sessions.set(session, { sequence, result: reader.bytes().slice() });
}
