/**
 * Messages of the broker. What lives here: the values (`types.ts`), and the calls that carry them, answered by brokers
 * (`broker-calls.ts`), in transactions (`transaction-calls.ts`), by controllers (`controller-calls.ts`) and by coordinators of
 * groups (`group-calls.ts`); what members tell each other through these (`subscription.ts`). A body is a version byte and fields, see `engines/rpc`.
 * What it does not: nothing is checked here but that bytes are such fields.
 */
export * from "./broker-calls.js";
export * from "./controller-calls.js";
export { coordinatorCall, type CoordinatorCall } from "./coordinator-answer.js";
export * from "./group-calls.js";
export type * from "./group-types.js";
export * from "./metadata-fields.js";
export * from "./server-assignors.js";
export * from "./subscription.js";
export * from "./transaction-calls.js";
export type * from "./transaction-types.js";
export type * from "./types.js";
