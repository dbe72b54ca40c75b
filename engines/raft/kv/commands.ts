/** What a client of the key-value store asks and is answered, and the bytes of it (FORMAT.md, one folder up). */
import type { ByteReader, Sink } from "../../bytes/index.js";
import { encodeWith, readerOf } from "../codec/index.js";

export type KeyValueCommand =
  | { readonly op: "put"; readonly key: string; readonly value: string }
  /** To a key that is absent, this is a put. */
  | { readonly op: "append"; readonly key: string; readonly value: string }
  /** Puts `to` where the value is `from`; `null` stands for no value. */
  | { readonly op: "cas"; readonly key: string; readonly from: string | null; readonly to: string }
  | { readonly op: "delete"; readonly key: string };

export type KeyValueQuery = { readonly op: "get"; readonly key: string };

export type KeyValueResult =
  /** The answer to a put and to an append. */
  | { readonly kind: "ok" }
  /** A compare-and-set found `from`, and put `to`. */
  | { readonly kind: "matched" }
  /** A compare-and-set found another value, or none, and did nothing. */
  | { readonly kind: "mismatch"; readonly value: string | null }
  | { readonly kind: "deleted"; readonly existed: boolean }
  /** The answer to a get; `null` where the key is absent. */
  | { readonly kind: "value"; readonly value: string | null }
  /** A command or a query that the store does not understand. Nothing happened. */
  | { readonly kind: "badCommand" }
  /** The key, or what its value would come to, is longer than the store takes. Nothing happened. */
  | { readonly kind: "tooLarge" };

/** Numbers are never used for anything else: commands stay in logs, which other versions read. */
const PUT = 1;
const APPEND = 2;
const CAS = 3;
const DELETE = 4;
const GET = 5;

const OK = 1;
const MATCHED = 2;
const MISMATCH = 3;
const DELETED = 4;
const VALUE = 5;
const BAD_COMMAND = 6;
const TOO_LARGE = 7;

/** Throws RAFT_BAD_ARGUMENT where a string is not well-formed. */
export function encodeCommand(command: KeyValueCommand): Uint8Array {
  return encodeWith(putCommand, command);
}

function putCommand(sink: Sink, command: KeyValueCommand): void {
  switch (command.op) {
    case "put":
    case "append":
      sink.byte(command.op === "put" ? PUT : APPEND);
      sink.text(command.key);
      sink.text(command.value);
      break;
    case "cas":
      sink.byte(CAS);
      sink.text(command.key);
      putOptional(sink, command.from);
      sink.text(command.to);
      break;
    case "delete":
      sink.byte(DELETE);
      sink.text(command.key);
      break;
  }
}

/** Throws RAFT_BAD_FORMAT. */
export function decodeCommand(bytes: Uint8Array): KeyValueCommand {
  const reader = readerOf(bytes, "a key-value command");
  const command = readCommand(reader);
  reader.end();
  return command;
}

function readCommand(reader: ByteReader): KeyValueCommand {
  const op = reader.byte();
  switch (op) {
    case PUT:
      return { op: "put", key: reader.text(), value: reader.text() };
    case APPEND:
      return { op: "append", key: reader.text(), value: reader.text() };
    case CAS:
      return { op: "cas", key: reader.text(), from: readOptional(reader), to: reader.text() };
    case DELETE:
      return { op: "delete", key: reader.text() };
    default:
      return reader.fail("put, append, compare-and-set or delete", `operation ${op}`);
  }
}

/** Throws RAFT_BAD_ARGUMENT where the key is not well-formed. */
export function encodeQuery(query: KeyValueQuery): Uint8Array {
  return encodeWith((sink, { key }) => {
    sink.byte(GET);
    sink.text(key);
  }, query);
}

/** Throws RAFT_BAD_FORMAT. */
export function decodeQuery(bytes: Uint8Array): KeyValueQuery {
  const reader = readerOf(bytes, "a key-value query");
  const op = reader.byte();
  if (op !== GET) reader.fail("get", `operation ${op}`);
  const key = reader.text();
  reader.end();
  return { op: "get", key };
}

export function encodeResult(result: KeyValueResult): Uint8Array {
  return encodeWith(putResult, result);
}

function putResult(sink: Sink, result: KeyValueResult): void {
  switch (result.kind) {
    case "ok":
      sink.byte(OK);
      break;
    case "matched":
      sink.byte(MATCHED);
      break;
    case "mismatch":
      sink.byte(MISMATCH);
      putOptional(sink, result.value);
      break;
    case "deleted":
      sink.byte(DELETED);
      sink.byte(result.existed ? 1 : 0);
      break;
    case "value":
      sink.byte(VALUE);
      putOptional(sink, result.value);
      break;
    case "badCommand":
      sink.byte(BAD_COMMAND);
      break;
    case "tooLarge":
      sink.byte(TOO_LARGE);
      break;
  }
}

/** Throws RAFT_BAD_FORMAT. */
export function decodeResult(bytes: Uint8Array): KeyValueResult {
  const reader = readerOf(bytes, "a key-value result");
  const result = readResult(reader);
  reader.end();
  return result;
}

function readResult(reader: ByteReader): KeyValueResult {
  const kind = reader.byte();
  switch (kind) {
    case OK:
      return { kind: "ok" };
    case MATCHED:
      return { kind: "matched" };
    case MISMATCH:
      return { kind: "mismatch", value: readOptional(reader) };
    case DELETED:
      return { kind: "deleted", existed: reader.flags(1) === 1 };
    case VALUE:
      return { kind: "value", value: readOptional(reader) };
    case BAD_COMMAND:
      return { kind: "badCommand" };
    case TOO_LARGE:
      return { kind: "tooLarge" };
    default:
      return reader.fail("a kind of result", `${kind}`);
  }
}

function putOptional(sink: Sink, text: string | null): void {
  sink.byte(text === null ? 0 : 1);
  if (text !== null) sink.text(text);
}

function readOptional(reader: ByteReader): string | null {
  return reader.flags(1) === 1 ? reader.text() : null;
}
