/** Everything that people may want to see of one run: plain data, and how to read the values of messages. */
import type { Finding } from "#sim/world.js";
import type { TraceRecord } from "#sim/trace.js";
import type { FaultState } from "#sim/faults/ledger.js";
import type { OperationOutcome } from "#sim/check/index.js";
import type { TrackLine, TrackName, TrackSpan } from "#sim/tracks.js";
import type { PlainLimits } from "./plain-value.js";

export type Decode = (value: unknown, limits?: PlainLimits) => unknown;

export interface Recording {
  readonly scenario: string;
  readonly seed: number;
  readonly verdict: "pass" | "fail";
  readonly traceHash: string;
  readonly events: number;
  readonly simTimeUs: number;
  readonly findings: readonly Finding[];
  /** In the order in which they were added to the world, the clients' among them. */
  readonly nodes: readonly string[];
  /** In their order; where the run was too long, the last ones, from `windowFromUs` on. */
  readonly records: readonly TraceRecord[];
  /** 0 where all records were kept. */
  readonly windowFromUs: number;
  /** From `windowFromUs` on, and of each node the last one with a status from before. */
  readonly observations: readonly ObservationRecord[];
  /** What the scenario did on purpose, in its words. */
  readonly notes: readonly NoteRecord[];
  /**
   * What nodes said of themselves, whenever that had changed: after each of their events, and at each of their
   * observations, so that what a node believed last before it died is among them. From `windowFromUs` on, and of each
   * node the last one from before; of many, the last ones. Empty where states were not asked for.
   */
  readonly states: readonly StateRecord[];
  /** What the scenario drew beside its nodes. Empty where that was not asked for. */
  readonly tracks: TracksRecord;
  readonly operations: readonly OperationRecord[];
  readonly violation: ViolationRecord | undefined;
  readonly faults: readonly FaultRecord[];
  /** Names of the clients, as `OperationRecord.client` has them. */
  readonly clients: readonly string[];
  /** A message's value as plain data, in the scenario's readable form where it has one. */
  readonly decode: Decode;
}

/** Where a moment is in a run: time, and the event that was being handled. */
export interface Moment {
  readonly timeUs: number;
  readonly eventId: number;
}

export interface ObservationRecord extends Moment {
  readonly node: string;
  readonly incarnation: number;
  readonly kind: string;
  /** In the scenario's words; undefined where it has none for it. */
  readonly told: string | undefined;
  /** What the node is from now on; undefined where that did not change. */
  readonly status: string | undefined;
}

export interface NoteRecord extends Moment {
  readonly text: string;
}

export interface StateRecord extends Moment {
  readonly node: string;
  readonly incarnation: number;
  /** As `plainValue` gives it: after the event, or as it was last where the process died in it. */
  readonly state: unknown;
}

export interface OperationRecord {
  /** In the history. */
  readonly id: number;
  readonly client: string;
  readonly asked: string;
  readonly answered: string;
  readonly key: string | undefined;
  readonly outcome: OperationOutcome;
  readonly invoked: Moment;
  /** Undefined while open. */
  readonly ended: Moment | undefined;
}

export interface TracksRecord {
  /** In the order in which they were first drawn. */
  readonly names: readonly TrackName[];
  /** From `windowFromUs` on, and what held then. */
  readonly changes: readonly TrackChange[];
}

/** `track`: index into `TracksRecord.names`. */
export type TrackChange = Moment & { readonly track: number } & (
    | { readonly kind: "span"; readonly span: TrackSpan | undefined }
    | { readonly kind: "level"; readonly line: TrackLine; readonly value: number | undefined }
    | { readonly kind: "mark"; readonly text: string; readonly isBad: boolean }
  );

export interface ViolationRecord {
  /** Ids of operations. */
  readonly operations: readonly number[];
  readonly linearized: readonly number[];
  readonly state: string;
}

export interface FaultRecord extends Moment {
  readonly id: string;
  readonly kind: string;
  readonly node: string;
  readonly target: string;
  readonly state: FaultState;
}
