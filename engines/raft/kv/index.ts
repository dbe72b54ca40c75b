/**
 * A replicated key-value store: the state machine, and what its clients send and get.
 *
 * What lives here: `KeyValueMachine`, a map in memory with get, put, append, compare-and-set and delete, and the
 * bytes of its commands, queries and results.
 *
 * What it promises: every answer says what happened; bytes that are no command change nothing and are answered
 * so; the same log gives the same snapshot, byte for byte.
 *
 * What it does not: keys and values are well-formed strings, not any bytes. A command that is sent twice is
 * applied twice: `SessionMachine` around it is for that.
 */

export {
  decodeCommand,
  decodeQuery,
  decodeResult,
  encodeCommand,
  encodeQuery,
  encodeResult,
  type KeyValueCommand,
  type KeyValueQuery,
  type KeyValueResult,
} from "./commands.js";
export { KeyValueMachine } from "./machine.js";
