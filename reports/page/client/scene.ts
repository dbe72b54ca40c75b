/** All that the diagram and the panels around it have in common: the run, what is seen of it, what is selected. */
import { Axis, type Scale } from "./axis.js";
import { Filter } from "./filter.js";
import { operationRowsOf, rowCountsOf } from "./layout.js";
import { openGroups, type Track, type TrackItem } from "./tracks.js";
import { Viewport } from "./viewport.js";
import type { Message, Run, RunEvent } from "./run.js";
import type { FaultData, OperationData, PartitionData } from "../shared/model.js";

/** What a person can point at. */
export type Thing =
  | { readonly type: "event"; readonly event: RunEvent }
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "operation"; readonly operation: OperationData }
  | { readonly type: "partition"; readonly partition: PartitionData }
  | { readonly type: "fault"; readonly fault: FaultData }
  | { readonly type: "track"; readonly item: TrackItem };

/** What changed: everything is drawn again, but tables follow only what concerns them. */
export type Change = "view" | "filter" | "selection";

/** Places between two events that are far enough from each other to be told apart, for the first look. */
const COMFORTABLE_PX = 15;
const LONGEST_FIRST_LOOK = 3;

export class Scene {
  readonly run: Run;
  readonly filter: Filter;
  readonly viewport: Viewport;
  readonly points: ReadonlyMap<number, number>;
  readonly operationRows: ReadonlyMap<number, number>;
  /** How many rows of operations each lane has. */
  readonly rowsOfLane: ReadonlyMap<number, number>;
  /** Of groups of tracks, those that are seen whole; of the others there is one track. */
  readonly openGroups: Set<string>;
  selection: Thing | undefined;
  /** Events from the selected one back to what began it all. */
  chain: readonly RunEvent[] = [];
  readonly #axes: Readonly<Record<Scale, Axis>>;
  readonly #listeners: ((change: Change) => void)[] = [];

  constructor(run: Run, points: ReadonlyMap<number, number>) {
    this.run = run;
    this.points = points;
    this.operationRows = operationRowsOf(run.operations);
    this.rowsOfLane = rowCountsOf(run.operations, this.operationRows);
    this.filter = new Filter(run);
    this.openGroups = openGroups(run);
    const { fromUs, untilUs } = run.data;
    const times = [fromUs, untilUs, ...run.events.map(({ timeUs }) => timeUs)];
    this.#axes = { steps: new Axis(times, "steps"), time: new Axis(times, "time") };
    this.viewport = new Viewport(this.#axes.steps);
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  changed(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  setScale(scale: Scale): void {
    this.viewport.use(this.#axes[scale]);
    this.changed("view");
  }

  /** Shows where it broke, from the operations that can't be right on, if that is not too far. */
  showFailure(): void {
    const { viewport, run } = this;
    const { fromUs, timeUs } = run.data.focus;
    const comfortable = viewport.width / COMFORTABLE_PX;
    const begin = viewport.axis.place(fromUs) - comfortable / 8;
    const found = viewport.axis.place(timeUs) + comfortable / 10;
    const wrong = viewport.axis.place(this.#lastWrongUs() ?? timeUs) + comfortable / 3;
    // A history may be judged long after what was wrong in it.
    const until = found - begin < comfortable * LONGEST_FIRST_LOOK ? found : Math.min(wrong, found);
    viewport.show(
      Math.max(Math.min(begin, until - comfortable), until - comfortable * LONGEST_FIRST_LOOK),
      until,
    );
    this.changed("view");
  }

  /** Of a group that is not open, the first one stands for all. */
  get visibleTracks(): readonly Track[] {
    const { filter, openGroups: open } = this;
    return this.run.tracks.filter(({ group, lane }, i, all) => {
      if (!filter.showsGroup(group) || filter.hiddenLanes.has(lane)) return false;
      return open.has(group) || all[i - 1]?.group !== group;
    });
  }

  select(thing: Thing | undefined): void {
    this.selection = thing;
    const event = thing === undefined ? undefined : this.eventOf(thing);
    this.chain = event === undefined ? [] : this.run.chainOf(event);
    this.changed("selection");
  }

  /** Selects it and brings it into view. */
  jumpTo(thing: Thing): void {
    const timeUs = timeOf(thing);
    if (timeUs !== undefined) this.viewport.reveal(timeUs);
    this.select(thing);
  }

  /** The event that a thing came with; undefined where the page does not hold it. */
  eventOf(thing: Thing): RunEvent | undefined {
    switch (thing.type) {
      case "event":
        return thing.event;
      case "message":
        return this.run.event(thing.message.endedIn);
      case "operation":
        return this.run.event((thing.operation.ended ?? thing.operation.invoked).eventId);
      case "partition":
        return this.run.event(thing.partition.eventId);
      case "track":
        return this.run.event(thing.item.eventId);
      case "fault":
      default:
        return this.run.event(thing.fault.eventId);
    }
  }

  /** Where a history was judged after the operation that breaks it, this is when that one was answered. */
  #lastWrongUs(): number | undefined {
    const wrong = this.run.operations.filter(({ id }) => this.run.wrong.has(id));
    if (wrong.length === 0) return undefined;
    return Math.max(...wrong.map(({ invoked, ended }) => (ended ?? invoked).timeUs));
  }
}

export function timeOf(thing: Thing): number | undefined {
  switch (thing.type) {
    case "event":
      return thing.event.timeUs;
    case "message":
      return thing.message.endedUs;
    case "operation":
      return (thing.operation.ended ?? thing.operation.invoked).timeUs;
    case "partition":
      return thing.partition.fromUs;
    case "track":
      return thing.item.fromUs;
    case "fault":
    default:
      return thing.fault.timeUs;
  }
}

/** Whether two of them are the same thing. */
export function isSame(a: Thing | undefined, b: Thing | undefined): boolean {
  if (a === undefined || b === undefined || a.type !== b.type) return false;
  const inner = (thing: Thing): unknown => Object.values(thing)[1];
  return inner(a) === inner(b);
}
