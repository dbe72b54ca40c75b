/** The part of a recording that goes into a page, with what its parts are looked up by. */
import type { FaultRecord, OperationRecord, Recording, TrackChange } from "#reports/recording/index.js";
import type { TraceRecord } from "#sim/trace.js";
import type { Lane } from "./shared/model.js";
import { isJudged, type Selection, type Window } from "./selection.js";
import { Words } from "./words.js";

export class View {
  readonly recording: Recording;
  readonly window: Window;
  /** Those of the recording that the page holds. */
  readonly faults: readonly FaultRecord[];
  readonly operations: readonly OperationRecord[];
  readonly tracks: readonly TrackChange[];
  readonly words: Words = new Words();
  /** Servers, then clients: first those whose answers can't be right. */
  readonly laneNames: readonly string[];
  /** Records inside the window. */
  readonly records: readonly TraceRecord[];
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #timeOfEvent: Map<number, number> = new Map();
  readonly #clients: ReadonlySet<string>;
  readonly #faults: ReadonlyMap<string, number>;
  readonly #kinds: ReadonlyMap<string, string>;
  readonly #faultsOfEvent: Map<number, number[]> = new Map();

  constructor(recording: Recording, { window, faults, operations, tracks }: Selection) {
    this.recording = recording;
    this.window = window;
    this.faults = faults;
    this.operations = operations;
    this.tracks = tracks;
    this.#clients = clientsIn(recording);
    this.laneNames = laneNames(recording, this.#clients);
    this.#lanes = new Map(this.laneNames.map((name, lane) => [name, lane]));
    this.records = recording.records.filter(({ timeUs }) => this.holds(timeUs));
    // Of all records: a message may have been sent before the window.
    for (const { type, id, timeUs } of recording.records) {
      if (type === "event") this.#timeOfEvent.set(id, timeUs);
    }
    this.#faults = new Map(faults.map(({ id }, index) => [id, index]));
    this.#kinds = new Map(recording.faults.map(({ id, kind }) => [id, kind]));
    faults.forEach(({ eventId }, index) => {
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

  isClient(name: string): boolean {
    return this.#clients.has(name);
  }

  /** Undefined for an event that was not recorded. */
  timeOfEvent(id: number): number | undefined {
    return this.#timeOfEvent.get(id);
  }

  /** Of any fault of the run, whether the page holds it or not. */
  faultKind(id: string): string | undefined {
    return this.#kinds.get(id);
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
      const fault = this.faults[index]!;
      return isKind(fault.kind) && (node === undefined || fault.node === node) && fault.state !== "refused";
    });
    return found ?? -1;
  }
}

/** Who asked for something; and who is named like them and never told anything, as a client without operations. */
function clientsIn({ clients, nodes, observations }: Recording): Set<string> {
  const telling = new Set(observations.map(({ node }) => node));
  const stems = new Set(clients.map(stemOf));
  return new Set([...clients, ...nodes.filter((name) => !telling.has(name) && stems.has(stemOf(name)))]);
}

function stemOf(name: string): string {
  return name.replace(/\d+$/, "");
}

function laneNames(recording: Recording, clients: ReadonlySet<string>): string[] {
  const all = [...new Set([...recording.nodes, ...recording.clients])];
  const wrong = new Set(recording.operations.filter(isJudged(recording)).map(({ client }) => client));
  const place = (name: string): number => (!clients.has(name) ? 0 : wrong.has(name) ? 1 : 2);
  return all.toSorted((a, b) => place(a) - place(b));
}
