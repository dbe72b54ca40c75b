/** Where lanes lie. All in CSS pixels. */
import type { LaneData, OperationData } from "../shared/model.js";
import type { Scene } from "./scene.js";

export interface LaneBox {
  readonly lane: number;
  readonly name: string;
  readonly isClient: boolean;
  readonly top: number;
  readonly bottom: number;
  /** The height of its life line, where messages begin and end. */
  readonly line: number;
  /** Rows of operations, for those that overlap each other. */
  readonly rows: number;
}

/** What all pictures have in common, in CSS pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Width of the column of names. */
  readonly gutter: number;
}

export interface Layout extends Frame {
  /** Below the axis and the rows of partitions. */
  readonly top: number;
  /** Visible lanes, from top to bottom. */
  readonly boxes: readonly LaneBox[];
  readonly byLane: ReadonlyMap<number, LaneBox>;
  /** Below the axis, where the scenario's notes have a row; undefined where it made none. */
  readonly notesTop: number | undefined;
  /** Where the rows of partitions begin. */
  readonly partitionsTop: number;
  /** The row of each partition, in the order of `Run.partitions`. */
  readonly partitionRows: readonly number[];
  /** Who did nothing, in one line below the lanes; empty where everybody did something. */
  readonly idle: string;
}

export const AXIS_HEIGHT = 24;
export const PADDING_RIGHT = 10;
export const OPERATION_ROW = 19;
/** More operations at the same time share the last one. */
const OPERATION_ROWS_MAX = 4;
const CLIENT_LINE = 15;
export const PARTITION_ROW = 18;
const NOTES_ROW = 17;
const IDLE_ROW = 20;
const NARROW = 600;
/** Of a bold letter, about. */
const NAME_CHAR_PX = 6.6;

export function layoutOf(scene: Scene, width: number): Layout {
  const { run, filter } = scene;
  const visible = run.lanes
    .map((data, lane) => ({ ...data, lane }))
    .filter(({ lane, isIdle }) => !isIdle && !filter.hiddenLanes.has(lane));
  const partitionRows = rowsOf(run.partitions);
  const rowCount = partitionRows.length === 0 ? 0 : Math.max(...partitionRows) + 1;
  const hasNotes = run.events.some(({ notes }) => notes.length > 0);
  const partitionsTop = AXIS_HEIGHT + (hasNotes ? NOTES_ROW : 0);
  const top = partitionsTop + rowCount * PARTITION_ROW + 4;
  const count = run.lanes.filter(({ isIdle }) => !isIdle).length;
  const idle = idleWords(run.lanes);
  const laneHeight = count > 9 ? 46 : count > 4 ? 54 : 72;
  // Each lane is as high as it has to be.
  let at = top;
  const boxes = visible.map(({ lane, name, isClient }): LaneBox => {
    const rows = isClient ? (scene.rowsOfLane.get(lane) ?? 1) : 0;
    const height = isClient ? Math.max(laneHeight, CLIENT_LINE + 10 + rows * OPERATION_ROW) : laneHeight;
    const line = at + (isClient ? CLIENT_LINE : laneHeight / 2);
    at += height;
    return { lane, name, isClient, line, rows, top: at - height, bottom: at };
  });
  return {
    width,
    top,
    boxes,
    height: Math.max(at, top + laneHeight) + (idle === "" ? 6 : IDLE_ROW),
    gutter: gutterOf([...visible, ...run.tracks], width),
    byLane: new Map(boxes.map((box) => [box.lane, box])),
    notesTop: hasNotes ? AXIS_HEIGHT : undefined,
    partitionsTop,
    partitionRows,
    idle,
  };
}

function gutterOf(named: readonly { readonly name: string }[], width: number): number {
  const longest = named.reduce((most, { name }) => Math.max(most, name.length), 0);
  return Math.min(Math.max(40, longest * NAME_CHAR_PX + 14), width < NARROW ? 68 : 120);
}

/** `c2 to c5 did nothing` */
export function idleWords(lanes: readonly LaneData[]): string {
  const groups: string[][] = [];
  lanes.forEach(({ name, isIdle }, lane) => {
    if (!isIdle) return;
    const last = groups.at(-1);
    if (last !== undefined && lanes[lane - 1]?.isIdle === true) last.push(name);
    else groups.push([name]);
  });
  const words = groups.flatMap((names) => (names.length > 2 ? `${names[0]} to ${names.at(-1)}` : names));
  const last = words.pop();
  if (last === undefined) return "";
  return `${words.length === 0 ? last : `${words.join(", ")} and ${last}`} did nothing`;
}

/** How many rows the operations of each lane take. */
export function rowCountsOf(
  operations: readonly OperationData[],
  rows: ReadonlyMap<number, number>,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { id, lane } of operations)
    counts.set(lane, Math.max(counts.get(lane) ?? 1, (rows.get(id) ?? 0) + 1));
  return counts;
}

/** The row of each operation in its lane, by its id. */
export function operationRowsOf(operations: readonly OperationData[]): Map<number, number> {
  const rows = new Map<number, number>();
  for (const lane of new Set(operations.map((operation) => operation.lane))) {
    const its = operations.filter((operation) => operation.lane === lane);
    const intervals = its.map(({ invoked, ended }) => {
      return { fromUs: invoked.timeUs, untilUs: ended?.timeUs ?? Infinity };
    });
    rowsOf(intervals).forEach((row, i) => rows.set(its[i]!.id, Math.min(row, OPERATION_ROWS_MAX - 1)));
  }
  return rows;
}

/** Those that overlap lie below each other. */
function rowsOf(intervals: readonly { readonly fromUs: number; readonly untilUs: number }[]): number[] {
  const ends: number[] = [];
  return intervals.map(({ fromUs, untilUs }) => {
    const free = ends.findIndex((end) => end <= fromUs);
    const row = free === -1 ? ends.length : free;
    ends[row] = untilUs;
    return row;
  });
}
