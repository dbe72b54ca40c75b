/**
 * Exactly-once commands (Ongaro's thesis, section 6.3): a client opens a session and numbers its commands; the
 * state machine keeps the last number and its result, and answers a repeated command with that instead of
 * applying it again. The table is a part of the state: every server has the same, and snapshots hold it.
 */
import { SessionTable, type SessionOptions } from "./session-table.js";
import type { StateMachine } from "./state-machine.js";
import type { LogIndex } from "./types.js";

export {
  decodeSessionCommand,
  decodeSessionResult,
  encodeOpenSession,
  encodeSessionCommand,
  type SessionCommand,
  type SessionResult,
} from "./session-frames.js";
export type { SessionOptions } from "./session-table.js";

/**
 * Deduplicates for the state machine inside, whose commands come framed by `encodeSessionCommand`. Queries
 * change nothing and go straight through, unframed.
 */
export class SessionMachine implements StateMachine {
  readonly #inner: StateMachine;
  readonly #sessions: SessionTable;

  /** Throws RAFT_BAD_ARGUMENT. */
  constructor(inner: StateMachine, options: SessionOptions = {}) {
    this.#inner = inner;
    this.#sessions = new SessionTable(options);
  }

  apply(bytes: Uint8Array, index: LogIndex): Uint8Array {
    const due = this.#sessions.take(bytes, index);
    if (due instanceof Uint8Array) return due;
    return this.#sessions.applied(due, this.#inner.apply(due.command, index), index);
  }

  query(query: Uint8Array): Uint8Array {
    return this.#inner.query(query);
  }

  /** The table, then the state inside. */
  snapshot(): Uint8Array[] {
    return [...this.#sessions.toChunks(), ...this.#inner.snapshot()];
  }

  /** Throws RAFT_BAD_FORMAT, or what the machine inside throws, and keeps its table then. */
  restore(chunks: readonly Uint8Array[]): void {
    const { sessions, taken } = this.#sessions.read(chunks);
    this.#inner.restore(chunks.slice(taken));
    this.#sessions.replace(sessions);
  }
}
