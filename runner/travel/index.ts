/**
 * Time travel through one run: what `seedstorm replay` is made of.
 *
 * What lives here: the subject of a replay (a seed, or a repro), the ride (one run that goes from stop to stop), the
 * journey (a place in the run, and the ways forward and back), the language of conditions, and what shows all that:
 * the session on a terminal, the flags, and the stop in Node's debugger.
 *
 * What it promises: looking changes nothing, so the run is the one that `run` saw, to the trace hash. Going back
 * costs a run up to there at most, and nothing where only events are looked at that are still kept. Memory is
 * bounded. What it does not: change a run; see `shrink` and `diff --without` for that.
 */
export { debugAt, inspectorPort } from "./breakpoint.js";
export { examine } from "./examine.js";
export { RunsDiffer } from "./journey.js";
export { parsePlace } from "./place.js";
export { Session } from "./session.js";
export { subjectOf, type Subject, type SubjectArguments } from "./subject.js";
export { converse } from "./terminal.js";
export { verdictLines } from "./verdict.js";
