/**
 * A replicated key-value store: the state machine, and what its clients send and get.
 *
 * What lives here: `KeyValueMachine`, a map in memory with get, put, append, compare-and-set and delete; the same
 * as rules for a `StoreMachine` (`KEY_VALUE_RULES`); and the bytes of commands, queries and results.
 *
 * What it promises: every answer says what happened; bytes that are no command change nothing and are answered
 * so; the same log gives the same snapshot, byte for byte.
 *
 * What it does not: keys and values are well-formed strings, not any bytes. A command that is sent twice is
 * applied twice: `SessionMachine` around it is for that, and a `StoreMachine` has it in it.
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
export { KEY_VALUE_RULES } from "./store-rules.js";
