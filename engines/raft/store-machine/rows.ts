/** The rows of a state in its store. FORMAT.md, one folder up, has the picture. */
import { readU64, writeU64 } from "../../bytes/index.js";
import { encodeWith, readerOf } from "../codec/index.js";
import { badFormat } from "../errors.js";
import type { Session } from "../session-table.js";
import type { Applied } from "../state-machine.js";

const VERSION = 1;

const PLACE = 0;
const SESSION = 1;
const STATE = 2;

const SESSION_KEY_BYTES = 9;

/** Rows of the state have keys so much longer than those of the application. */
export const STATE_KEY_PREFIX_BYTES = 1;

/** What the state is of. It is written with every change, and last where a state is new. */
export const PLACE_KEY: Uint8Array = Uint8Array.of(PLACE);
export const FIRST_SESSION_KEY: Uint8Array = Uint8Array.of(SESSION);
/** Of the rows of the state; behind those of the sessions. */
export const FIRST_STATE_KEY: Uint8Array = Uint8Array.of(STATE);

export function stateKey(key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(STATE_KEY_PREFIX_BYTES + key.length);
  bytes[0] = STATE;
  bytes.set(key, STATE_KEY_PREFIX_BYTES);
  return bytes;
}

export function sessionKey(session: number): Uint8Array {
  const bytes = new Uint8Array(SESSION_KEY_BYTES);
  bytes[0] = SESSION;
  writeU64(bytes, 1, session);
  return bytes;
}

/** Throws RAFT_BAD_FORMAT. */
export function decodeSessionKey(bytes: Uint8Array): number {
  const session = bytes.length === SESSION_KEY_BYTES ? readU64(bytes, 1) : 0;
  if (!Number.isSafeInteger(session) || session === 0) {
    throw badFormat("a session's number", "other bytes", "a session's row");
  }
  return session;
}

export function encodePlace(place: Applied): Uint8Array {
  return encodeWith((sink, { index, term, digest }: Applied) => {
    sink.integer(VERSION);
    sink.integer(index);
    sink.integer(term);
    sink.integer(digest);
  }, place);
}

/** Throws RAFT_BAD_FORMAT. */
export function decodePlace(bytes: Uint8Array): Applied {
  const reader = readerOf(bytes, "the place of a state");
  if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
  const place = { index: reader.integer(), term: reader.integer(), digest: reader.integer() };
  reader.end();
  return place;
}

export function encodeSession(row: Session): Uint8Array {
  return encodeWith((sink, { usedAt, sequence, result }: Session) => {
    sink.integer(usedAt);
    sink.integer(sequence);
    sink.rest(result);
  }, row);
}

/** Throws RAFT_BAD_FORMAT. */
export function decodeSession(bytes: Uint8Array): Session {
  const reader = readerOf(bytes, "a session's row");
  // A copy: what an iterator gives is shared.
  return { usedAt: reader.integer(), sequence: reader.integer(), result: reader.rest().slice() };
}
