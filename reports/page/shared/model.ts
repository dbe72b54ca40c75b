/**
 * What is embedded in the page: rows of numbers and of indices into `words`, so that thousands of events stay
 * small. Written by `reports/page`, read by its browser code, never kept: it has no version.
 */

/** Index into `PageData.words`. */
export type Word = number;
/** Index into `PageData.lanes`; -1 for the world itself. */
export type Lane = number;

export interface PageData {
  readonly scenario: string;
  readonly seed: number;
  readonly verdict: "pass" | "fail";
  readonly endUs: number;
  /** What the page holds of the run, which took from 0 to `endUs`. */
  readonly fromUs: number;
  readonly untilUs: number;
  /** Where to look first: the failure, or the end of the run. */
  readonly focus: { readonly fromUs: number; readonly timeUs: number; readonly eventId: number };
  readonly lanes: readonly LaneData[];
  readonly words: readonly string[];
  readonly events: readonly EventRow[];
  readonly messages: readonly MessageRow[];
  readonly told: readonly ToldRow[];
  readonly states: readonly StateRow[];
  readonly spans: readonly SpanRow[];
  readonly partitions: readonly PartitionData[];
  readonly tracks: readonly TrackData[];
  /** What tracks are coloured by, in the order in which colours are given. */
  readonly colours: readonly Word[];
  readonly faults: readonly FaultData[];
  readonly operations: readonly OperationData[];
  readonly violation: ViolationData | undefined;
  readonly findings: readonly FindingData[];
}

export interface LaneData {
  readonly name: string;
  /** Whether clients' operations are its own, or it is one that had none. */
  readonly isClient: boolean;
  /** Whether nothing happened to it in the whole run but that it was started and waited. */
  readonly isIdle: boolean;
}

/** In the order in which they were handled. */
export type EventRow = readonly [
  id: number,
  cause: number,
  timeUs: number,
  lane: Lane,
  incarnation: number,
  kind: Word,
  sizeBytes: number,
  detail: Word,
  ...effects: readonly EffectRow[],
];

/** What an event did, but for the loss of messages. */
export type EffectRow = readonly [kind: Word, sizeBytes: number, detail: Word];

/** What became of a message. */
export const ARRIVED = 0;
export const LOST = 1;
/** It reached a machine where no process ran. */
export const NOBODY = 2;

export type MessageRow = readonly [
  from: Lane,
  to: Lane,
  type: Word,
  sentIn: number,
  sentUs: number,
  /** The event in which it arrived, or was lost. */
  endedIn: number,
  endedUs: number,
  fate: typeof ARRIVED | typeof LOST | typeof NOBODY,
  /** Why it was lost. */
  why: Word,
  /** The decoded payload, as JSON. */
  payload: Word,
  /** Indices into `PageData.faults` that struck it. */
  ...faults: readonly number[],
];

/** What a node did or found, in the scenario's words, else only the kind; on lane -1 what the scenario did. */
export type ToldRow = readonly [eventId: number, lane: Lane, kind: Word, told: Word];

/** A node's state after an event, as a difference (see `difference`) to its state before. */
export type StateRow = readonly [
  eventId: number,
  timeUs: number,
  lane: Lane,
  incarnation: number,
  difference: unknown,
];

/** A time during which a node was something. `fault` -1: none is known. */
export type SpanRow = readonly [
  kind: "status" | "down" | "pause",
  lane: Lane,
  fromUs: number,
  untilUs: number,
  text: Word,
  fault: number,
];

/** A lane of what the scenario drew beside its nodes. Those of a group follow each other. */
export interface TrackData {
  readonly group: string;
  readonly name: string;
  /** Of the node that it speaks of; -1 for none. */
  readonly lane: Lane;
  readonly spans: readonly TrackSpanRow[];
  readonly lines: readonly TrackLineData[];
  readonly marks: readonly TrackMarkRow[];
}

/** `colour`: index into `PageData.colours`, -1 for none. */
export type TrackSpanRow = readonly [
  fromUs: number,
  untilUs: number,
  text: Word,
  colour: number,
  isFaint: 0 | 1,
  eventId: number,
];

export interface TrackLineData {
  readonly name: string;
  readonly isFilled: boolean;
  /** Null: it has no number from then on. */
  readonly points: readonly (readonly [timeUs: number, value: number | null, eventId: number])[];
}

export type TrackMarkRow = readonly [timeUs: number, text: Word, isBad: 0 | 1, eventId: number];

export interface PartitionData {
  readonly fromUs: number;
  readonly untilUs: number;
  readonly text: string;
  readonly eventId: number;
  readonly fault: number;
  /** Names of the sides that a lane is on: `A`, `AB` for a bridge. Empty for who is not part of it. */
  readonly sides: readonly string[];
  /** False where the end is taken from the first message that passed. */
  readonly isEndKnown: boolean;
}

export interface FaultData {
  readonly id: string;
  readonly kind: string;
  readonly lane: Lane;
  readonly node: string;
  readonly timeUs: number;
  readonly eventId: number;
  readonly target: string;
  /** What it does, as a sentence without its subject. */
  readonly words: string;
  readonly state: string;
}

export interface MomentData {
  readonly timeUs: number;
  readonly eventId: number;
}

export interface OperationData {
  readonly id: number;
  readonly lane: Lane;
  readonly client: string;
  readonly asked: string;
  readonly answered: string;
  readonly key: string;
  readonly outcome: "open" | "ok" | "failed" | "unknown";
  readonly invoked: MomentData;
  readonly ended: MomentData | undefined;
}

export interface ViolationData {
  readonly operations: readonly number[];
  /** Of a long order the end. */
  readonly linearized: readonly number[];
  /** How many of the order come before that. */
  readonly skipped: number;
  readonly state: string;
}

export interface FindingData {
  readonly invariant: string;
  readonly message: string;
  readonly lane: Lane;
  readonly node: string;
  readonly timeUs: number;
  readonly eventId: number;
  readonly place: string;
}
