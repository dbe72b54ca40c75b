/**
 * What changes in a run beside its nodes: who leads what, who owns what, how far something has come. A page draws it as
 * lanes over time. Nothing here changes a run.
 */
import type { Observation } from "#engines/env/index.js";

/** A lane; group and name together tell it from others. Tracks, and groups of them, lie in the order of their first use. */
export interface TrackName {
  /** What it is about, such as a partition. Tracks of a group lie together, and their numbers have one scale. */
  readonly group: string;
  /** `leader`, `b2` */
  readonly name: string;
  /** The node that it speaks of, by its name: the track shows when that one was down or paused. */
  readonly node?: string;
  /** Its group lies before all that are not: it is what the scenario is about, and what it stands on was there earlier. */
  readonly isFirst?: boolean;
}

/** What a track is for some time: a band. */
export interface TrackSpan {
  /** `b2 leads, epoch 3` */
  readonly text: string;
  /** Spans with the same word have the same colour in all of the page: the broker that leads. Without one: none. */
  readonly colour?: string;
  /** In a pale colour: it holds in part, such as an owner that is about to let go. */
  readonly isFaint?: boolean;
}

/** A number of a track that goes in steps. */
export interface TrackLine {
  /** `log end` */
  readonly name: string;
  /** Whether the room below it is filled: for what is agreed, done or consumed so far. */
  readonly isFilled?: boolean;
}

/** Draws at the present moment. What says nothing new is left out. */
export interface TrackPen {
  /** What the track is from now on, until it is told again. Undefined: nothing. */
  span(track: TrackName, span: TrackSpan | undefined): void;
  /** The finite number that a line has from now on. Undefined: none. */
  level(track: TrackName, line: TrackLine, value: number | undefined): void;
  /** What happened just now, in a few words. `isBad`: it is worth a red sign. */
  mark(track: TrackName, text: string, isBad?: boolean): void;
}

/** Called with what the engines observe, in its order; `incarnation`: which life of the node's process it is, from 1. */
export type TrackWatch = (event: Observation, node: string, incarnation: number) => void;
