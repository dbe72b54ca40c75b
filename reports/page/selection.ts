/** Which part of a recording goes into a page: the part around the failure, where all of it would be too much. */
import {
  heldBy,
  sinceAndLast,
  type FaultRecord,
  type OperationRecord,
  type Recording,
  type TrackChange,
} from "#reports/recording/index.js";
import type { PageData } from "./shared/model.js";

/** Bounds of time, both inclusive. */
export interface Window {
  readonly fromUs: number;
  readonly untilUs: number;
}

export interface Selection {
  readonly window: Window;
  readonly faults: readonly FaultRecord[];
  readonly operations: readonly OperationRecord[];
  /** Ids: the end of the order that explains answers. */
  readonly linearized: readonly number[];
  readonly tracks: readonly TrackChange[];
}

/** Of the records in a window, how many lie behind the failure, if there are that many. */
const SHARE_BEHIND = 0.1;
/** Of a long order, what is kept at any rate: its end says what the wrong answer met. */
const LINEARIZED_MIN = 50;
/** Of answers that can't be right; more of them say no more. */
const WRONG_MAX = 50;

/** `share`: of all that happened, from 0 to 1. */
export function select(recording: Recording, share: number): Selection {
  const { records, operations, faults, violation, tracks } = recording;
  const window = windowOf(recording, Math.floor(records.length * share));
  const linearized = violation?.linearized ?? [];
  if (share >= 1) return { window, faults, operations, linearized, tracks: tracks.changes };
  const order = linearized.slice(-Math.max(LINEARIZED_MIN, Math.floor(linearized.length * share)));
  return {
    window,
    faults: nearest(
      faults.filter(({ timeUs }) => isIn(window, timeUs, timeUs)),
      Math.floor(faults.length * share),
    ),
    operations: operationsIn(recording, window, Math.floor(operations.length * share), new Set(order)),
    linearized: order,
    tracks: changesIn(tracks.changes, window, Math.floor(tracks.changes.length * share)),
  };
}

/** What was so when the part begins that is kept, and what changed in it. */
function changesIn(changes: readonly TrackChange[], window: Window, most: number): TrackChange[] {
  const known = changes.filter(({ timeUs }) => timeUs <= window.untilUs);
  const from = nearest(
    known.filter(({ timeUs }) => timeUs >= window.fromUs),
    most,
  )[0];
  return sinceAndLast(known, from?.timeUs ?? window.untilUs + 1, heldBy);
}

/** Those in the window, as far as they are not too many, and those that the verdict is about. */
function operationsIn(
  recording: Recording,
  window: Window,
  most: number,
  order: ReadonlySet<number>,
): OperationRecord[] {
  const { operations, simTimeUs } = recording;
  const wrong = operations.filter(isJudged(recording)).slice(0, WRONG_MAX);
  const inWindow = operations.filter(({ invoked, ended }) =>
    isIn(window, invoked.timeUs, ended?.timeUs ?? simTimeUs),
  );
  const kept = new Set([
    ...wrong,
    ...nearest(inWindow, most),
    ...operations.filter(({ id }) => order.has(id)),
  ]);
  return operations.filter((each) => kept.has(each));
}

/** The last ones: a window ends soon behind the failure. */
function nearest<T>(all: readonly T[], most: number): readonly T[] {
  return most === 0 ? [] : all.slice(-most);
}

function isIn({ fromUs, untilUs }: Window, beginUs: number, lastUs: number): boolean {
  return beginUs <= untilUs && lastUs >= fromUs;
}

/** Whether an operation is among those that can't be right. */
export function isJudged({ violation }: Recording): (operation: OperationRecord) => boolean {
  const wrong = new Set(violation?.operations);
  return ({ id }) => wrong.has(id);
}

/** Where to look first: at the operations that can't be right, up to where that was found out. */
export function focusOf(recording: Recording): PageData["focus"] {
  const [finding] = recording.findings;
  const timeUs = finding?.timeUs ?? recording.simTimeUs;
  const eventId = finding?.eventId ?? 0;
  const wrong = recording.operations.filter(isJudged(recording));
  const fromUs = wrong.reduce((least, { invoked }) => Math.min(least, invoked.timeUs), timeUs);
  return { fromUs, timeUs, eventId };
}

/** As many records as were asked for: those up to the failure, and a few behind it. */
function windowOf(recording: Recording, count: number): Window {
  const { records, simTimeUs } = recording;
  if (count >= records.length) return { fromUs: recording.windowFromUs, untilUs: simTimeUs };
  const wrong = recording.operations.filter(isJudged(recording));
  // A history may be judged long after the operation that broke it.
  const atUs =
    wrong.length > 0
      ? wrong.reduce((most, each) => Math.max(most, decidedUs(each)), 0)
      : focusOf(recording).timeUs;
  const at = records.findLastIndex(({ timeUs }) => timeUs <= atUs);
  const first = Math.max(0, Math.min(at + Math.floor(count * SHARE_BEHIND), records.length - 1) - count + 1);
  const last = Math.min(first + count, records.length) - 1;
  return { fromUs: records[first]?.timeUs ?? atUs, untilUs: records[last]?.timeUs ?? atUs };
}

function decidedUs({ invoked, ended, outcome }: OperationRecord): number {
  return outcome === "ok" && ended !== undefined ? ended.timeUs : invoked.timeUs;
}
