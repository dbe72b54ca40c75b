/**
 * One run as data: what stories, pages and replays are made from.
 *
 * What lives here: the recorder, which is put on a run before it begins, and what it gives at the end. What it
 * promises: recording changes nothing in the run; of a long run it keeps the last records and what was observed,
 * noted and stated since then, so that it grows with the run only by what the run itself keeps (the history of its
 * clients, the ledger of faults). What it does not: put anything into words of its own; a scenario's words come from
 * its `narration` and from `Run.tellClients`.
 */
export { plainValue, SMALL, type PlainLimits } from "./plain-value.js";
export { Recorder, type RecorderOptions } from "./recorder.js";
export type {
  Decode,
  FaultRecord,
  Moment,
  NoteRecord,
  ObservationRecord,
  OperationRecord,
  Recording,
  StateRecord,
  TrackChange,
  TracksRecord,
  ViolationRecord,
} from "./recording.js";
export { sinceAndLast } from "./since.js";
export { heldBy } from "./tracks.js";
