/** The sessions that a state machine knows, and what becomes of a command that comes in one. */
import type { ByteReader, Sink } from "../bytes/index.js";
import { assert, type Env } from "../env/index.js";
import { decodeTable, encodeTable } from "./codec/index.js";
import { badArgument } from "./errors.js";
import {
  appliedResult,
  decodeSessionCommand,
  expiredResult,
  malformedResult,
  openedResult,
  staleResult,
  type SessionCommand,
} from "./session-frames.js";
import type { LogIndex } from "./types.js";

export interface SessionOptions {
  /**
   * How many sessions are kept; one more evicts the one that was not used for the longest time. Must be the
   * same on every server, and may be changed only where all change it at the same entry. Default 10,000.
   */
  readonly maxSessions?: number;
  /** Is told of the marks "raft/session-deduplicated" and "raft/session-evicted". */
  readonly env?: Pick<Env, "reached">;
}

export interface Session {
  /** The last command that was applied; 0 before the first. */
  readonly sequence: number;
  /** Its result; empty before the first. */
  readonly result: Uint8Array;
  /**
   * The entry that used it last. No entry uses two, so this is the order of the table. One that came with a
   * snapshot has its rank, which is below all entries to come.
   */
  readonly usedAt: LogIndex;
}

/** Is told of each row that changed: what it is now; undefined where it is gone. */
export type OnSession = (session: number, row: Session | undefined) => void;

const DEFAULT_MAX_SESSIONS = 10_000;
const NO_RESULT: Uint8Array = new Uint8Array(0);

export class SessionTable {
  readonly #maxSessions: number;
  readonly #env: Pick<Env, "reached"> | undefined;
  readonly #onChange: OnSession | undefined;
  /** The least recently used first. Using one moves it to the end, so the log alone decides on the order. */
  #sessions: Map<number, Session> = new Map();

  /** Throws RAFT_BAD_ARGUMENT. */
  constructor({ maxSessions = DEFAULT_MAX_SESSIONS, env }: SessionOptions, onChange?: OnSession) {
    if (!Number.isSafeInteger(maxSessions) || maxSessions < 1) {
      throw badArgument("room for at least one session", `${maxSessions}`, "maxSessions");
    }
    this.#maxSessions = maxSessions;
    this.#env = env;
    this.#onChange = onChange;
  }

  /** The answer of entry `index`, where nothing is to be applied; else the command that is, and then `applied`. */
  take(bytes: Uint8Array, index: LogIndex): Uint8Array | SessionCommand {
    const frame = decodeSessionCommand(bytes);
    if (frame === undefined) return malformedResult();
    if (frame.kind === "open") return this.#open(index);
    const known = this.#sessions.get(frame.session);
    if (known === undefined) return expiredResult();
    if (frame.sequence > known.sequence) return frame;
    this.#use(frame.session, { ...known, usedAt: index });
    if (frame.sequence < known.sequence) return staleResult();
    this.#env?.reached("raft/session-deduplicated");
    return appliedResult(known.result);
  }

  /** The command of entry `index` was applied, with this result. Gives the answer. */
  applied({ session, sequence }: SessionCommand, result: Uint8Array, index: LogIndex): Uint8Array {
    this.#use(session, { sequence, result, usedAt: index });
    return appliedResult(result);
  }

  /** All of it, in the chunks of a snapshot. */
  toChunks(): Uint8Array[] {
    return encodeTable(this.#sessions, putSession);
  }

  /** What the first of these chunks hold, and how many those are. Throws RAFT_BAD_FORMAT. */
  read(chunks: readonly Uint8Array[]): { readonly sessions: Map<number, Session>; readonly taken: number } {
    const sessions = new Map<number, Session>();
    const taken = decodeTable(chunks, "a session table", (reader) => readSession(reader, sessions));
    return { sessions, taken };
  }

  /** From now on the sessions are these, the least recently used first. */
  replace(sessions: Map<number, Session>): void {
    this.#sessions = sessions;
  }

  #open(index: LogIndex): Uint8Array {
    assert(!this.#sessions.has(index), "an entry opens one session");
    this.#use(index, { sequence: 0, result: NO_RESULT, usedAt: index });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= this.#maxSessions) break;
      this.#sessions.delete(oldest);
      this.#onChange?.(oldest, undefined);
      this.#env?.reached("raft/session-evicted");
    }
    return openedResult(index);
  }

  #use(session: number, row: Session): void {
    this.#sessions.delete(session);
    this.#sessions.set(session, row);
    this.#onChange?.(session, row);
  }
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
  sessions.set(session, { sequence, result: reader.bytes().slice(), usedAt: sessions.size + 1 });
}
