/**
 * A server's durable state on its disk.
 *
 * What lives here: `Journal`, the `RaftStorage` over a write-ahead log and a snapshot store. The layout of its
 * directories, its records and the rules of recovery are in FORMAT.md.
 *
 * What it promises: what `persist` and `saveSnapshot` resolved survives the loss of the process and of the
 * machine, whole and in order. What was acknowledged and is not what was written is noticed at recovery (with
 * `proveTail`), wherever it is: nothing is cut or guessed then. The state is set aside, the server begins a new
 * generation with nothing, and says that it is being repaired until a record says that it is whole.
 *
 * What it does not: it knows no Raft. It can't see that a device forgot everything from some moment on, nor that
 * both the last batch and its proof are gone without a trace. Two journals on one directory are not kept apart.
 */

export { Journal, type JournalInspection } from "./journal.js";
export type { JournalOptions } from "./options.js";
