/**
 * Fuzzing: new seeds of several scenarios for as long as it is given, and a corpus of what was found.
 *
 * What lives here: the plan, the fair choice of what runs next, the failures and the words of a session. What it
 * promises: a failure is in its file before it is told of; each is told of once and counted from then on; memory
 * does not grow with the number of seeds; sessions of the same machine don't repeat each other's seeds. What it
 * does not: give the same output twice, for what runs when depends on the machine. Each seed by itself does.
 */
export { fuzzPlan, type FuzzArguments, type FuzzPlan } from "./plan.js";
export { FuzzSession } from "./session.js";
