/**
 * A replicated state machine on a key-value store.
 *
 * What lives here: `StoreMachine`, which keeps what its rules say, the sessions and the place in the log in one
 * `KeyValueStore`; and `StoreRules`, what an application has to say for it. The rules of the key-value service
 * are in `../kv`. Rows and directories are in FORMAT.md, one folder up.
 *
 * What it promises: a crash leaves the state of one place in the log, with its sessions, or none. A state that is
 * replaced gives way only to a whole one. A store that is damaged is given up, and nothing of it is served; the
 * server builds it anew from its own snapshot and log, without the others.
 *
 * What it does not: the sessions are in memory as well, and a snapshot that is restored is. Every server must
 * have the same limits, or they would answer the same command differently. Until a snapshot is restored and
 * sealed, the old state and the new one are both on the disk.
 */
export { StoreMachine, type StoreMachineInspection } from "./machine.js";
export type { StoreMachineOptions } from "./options.js";
export type { StateLimits, StateReader, StateView, StoreRules } from "./rules.js";
