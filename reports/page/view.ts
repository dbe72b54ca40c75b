/** The part of a recording that goes into a page, with what its parts are looked up by. */
import type { Recording } from "#reports/recording/index.js";
import type { TraceRecord } from "#sim/trace.js";
import type { Lane } from "./shared/model.js";
import { Words } from "./words.js";

/** Bounds of time, both inclusive. */
export interface Window {
  readonly fromUs: number;
  readonly untilUs: number;
}

export class View {
  readonly recording: Recording;
  readonly window: Window;
  readonly words: Words = new Words();
  /** Nodes, then clients that are none. */
  readonly laneNames: readonly string[];
  /** Records inside the window. */
  readonly records: readonly TraceRecord[];
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #timeOfEvent: Map<number, number> = new Map();
  readonly #faults: ReadonlyMap<string, number>;
  readonly #faultsOfEvent: Map<number, number[]> = new Map();

  constructor(recording: Recording, window: Window) {
    this.recording = recording;
    this.window = window;
    this.laneNames = [...new Set([...recording.nodes, ...recording.clients])];
    this.#lanes = new Map(this.laneNames.map((name, lane) => [name, lane]));
    this.records = recording.records.filter(({ timeUs }) => this.holds(timeUs));
    // Of all records: a message may have been sent before the window.
    for (const { type, id, timeUs } of recording.records) {
      if (type === "event") this.#timeOfEvent.set(id, timeUs);
    }
    this.#faults = new Map(recording.faults.map(({ id }, index) => [id, index]));
    recording.faults.forEach(({ eventId }, index) => {
      const others = this.#faultsOfEvent.get(eventId);
      if (others === undefined) this.#faultsOfEvent.set(eventId, [index]);
      else others.push(index);
    });
  }

  holds(timeUs: number): boolean {
    return timeUs >= this.window.fromUs && timeUs <= this.window.untilUs;
  }

  lane(name: string): Lane {
    return this.#lanes.get(name) ?? -1;
  }

  /** Undefined for an event that was not recorded. */
  timeOfEvent(id: number): number | undefined {
    return this.#timeOfEvent.get(id);
  }

  /** Index of the fault with this id; -1 where there is none. */
  fault(id: string): number {
    return this.#faults.get(id) ?? -1;
  }

  /** Indices of the faults that were planned in this event. */
  faultsOf(eventId: number): readonly number[] {
    return this.#faultsOfEvent.get(eventId) ?? [];
  }

  /** Index of the fault of this kind, planned in this event on this node; -1 where there is none. */
  faultIn(eventId: number, isKind: (kind: string) => boolean, node?: string): number {
    const found = this.faultsOf(eventId).find((index) => {
      const fault = this.recording.faults[index]!;
      return isKind(fault.kind) && (node === undefined || fault.node === node) && fault.state !== "refused";
    });
    return found ?? -1;
  }
}
