/** Records a run while it goes on: the trace, what was observed, the clients' operations, nodes' states. */
import type { Observation } from "#engines/env/index.js";
import type { Operation } from "#sim/check/index.js";
import type { Fault } from "#sim/faults/ledger.js";
import type { ClientsTold } from "#sim/narration.js";
import type { Incarnation } from "#sim/process.js";
import type { SeedResult } from "#sim/run-seed.js";
import type { Run, Scenario } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { thrownText } from "../printable.js";
import { decoding } from "./decoding.js";
import { sinceAndLast } from "./since.js";
import type {
  Decode,
  FaultRecord,
  Moment,
  NoteRecord,
  ObservationRecord,
  OperationRecord,
  Recording,
  StateRecord,
} from "./recording.js";
import { TrackRecorder } from "./tracks.js";

export interface RecorderOptions {
  /** Records to keep, more than 0: the last ones of a longer run, with what was observed and noted since. */
  readonly maxRecords?: number;
  /** Whether to ask nodes for their state, after each event and observation. Costs more than the run itself. */
  readonly states?: boolean;
  /** Whether to have the scenario draw its tracks. */
  readonly tracks?: boolean;
}

const DEFAULT_MAX_RECORDS = 200_000;
/** A state is much larger than a record. */
const MAX_STATES = 20_000;

/** Give `onRun` and `sink` to `runSeed` as `onRun` and `traceSink`, then its result to `finish`. */
export class Recorder {
  readonly #scenario: Scenario;
  readonly #maxRecords: number;
  readonly #withStates: boolean;
  readonly #withTracks: boolean;
  #run: Run | undefined;
  #records: TraceRecord[] = [];
  #windowFromUs = 0;
  #observations: ObservationRecord[] = [];
  #notes: NoteRecord[] = [];
  #states: StateRecord[] = [];
  /** Of each node: the life and the state that were kept last, as one text. */
  readonly #lastStates: Map<string, string> = new Map();
  readonly #decode: Decode;
  readonly #tracks: TrackRecorder = new TrackRecorder(() => this.#now());
  readonly #invoked: Map<number, Moment> = new Map();
  readonly #ended: Map<number, Moment> = new Map();
  #clients: ClientsTold | undefined;
  /** The event that was handled last, whose node may have changed. */
  #last: TraceRecord | undefined;

  constructor(scenario: Scenario, options: RecorderOptions = {}) {
    this.#scenario = scenario;
    this.#decode = decoding(scenario.narration);
    this.#maxRecords = options.maxRecords ?? DEFAULT_MAX_RECORDS;
    this.#withStates = options.states ?? false;
    this.#withTracks = options.tracks ?? false;
  }

  readonly onRun = (run: Run): void => {
    this.#run = run;
    if (this.#withTracks) this.#tracks.begin(this.#scenario.narration);
    run.world.listen((from, event) => this.#observe(from, event));
    run.onNote = (text) => void this.#notes.push({ ...this.#now(), text });
    run.onClients = (clients) => {
      this.#clients = clients;
      clients.history.onInvoked = ({ id }) => void this.#invoked.set(id, this.#now());
      clients.history.onAnswered = ({ id }) => void this.#ended.set(id, this.#now());
    };
  };

  readonly sink = (record: TraceRecord): void => {
    if (record.type === "event") {
      this.#sampleState();
      this.#last = record;
    }
    this.#records.push(record);
    // Dropped in one go, so that each record is moved once on average.
    if (this.#records.length >= 2 * this.#maxRecords) this.#trim();
  };

  /** To be called once, after the run. */
  finish(result: SeedResult): Recording {
    this.#sampleState();
    this.#trim();
    const run = this.#run!;
    const { world, violation } = run;
    return {
      scenario: result.scenario,
      seed: result.seed,
      verdict: result.verdict,
      traceHash: result.traceHash,
      events: result.events,
      simTimeUs: result.simTimeUs,
      findings: result.findings,
      nodes: world.nodes.map(({ name }) => name),
      records: this.#records,
      windowFromUs: this.#windowFromUs,
      observations: this.#observations,
      notes: this.#notes,
      states: this.#states,
      tracks: { names: this.#tracks.names, changes: this.#tracks.changes },
      operations: this.#operations(),
      violation,
      faults: world.faults.ledger.faults.map(faultRecord),
      clients: this.#clientNames(),
      decode: this.#decode,
    };
  }

  #now(): Moment {
    const { nowUs: timeUs, currentEventId: eventId } = this.#run!.world;
    return { timeUs, eventId };
  }

  /** To the last records, and to what belongs to their time. */
  #trim(): void {
    if (this.#records.length <= this.#maxRecords) return;
    this.#records = this.#records.slice(-this.#maxRecords);
    const fromUs = this.#records[0]!.timeUs;
    this.#windowFromUs = fromUs;
    this.#notes = this.#notes.filter(({ timeUs }) => timeUs >= fromUs);
    this.#observations = sinceAndLast(this.#observations, fromUs, ({ node, status }) =>
      status === undefined ? undefined : node,
    );
    this.#states = sinceAndLast(this.#states, fromUs, nodeOf);
    this.#tracks.trim(fromUs);
  }

  #observe(from: Incarnation, event: Observation): void {
    const { narration } = this.#scenario;
    const now = this.#now();
    this.#observations.push({
      ...now,
      node: from.node.name,
      incarnation: from.incarnation,
      kind: event.kind,
      told: narration?.tell?.(event),
      status: narration?.status?.(event),
    });
    this.#tracks.observed(event, from.node.name, from.incarnation);
    // It may die before the event is over.
    if (this.#withStates) this.#keepState(from, now);
  }

  #sampleState(): void {
    const last = this.#last;
    if (!this.#withStates || last === undefined || last.node === "") return;
    const incarnation = this.#run!.world.node(last.node)?.incarnation;
    if (incarnation?.alive === true) this.#keepState(incarnation, { timeUs: last.timeUs, eventId: last.id });
  }

  #keepState(from: Incarnation, moment: Moment): void {
    const state = this.#decode(inspected(from));
    if (state === undefined) return;
    const { incarnation } = from;
    const node = from.node.name;
    const text = `${incarnation} ${JSON.stringify(state)}`;
    if (this.#lastStates.get(node) === text) return;
    this.#lastStates.set(node, text);
    const last = this.#states.at(-1);
    // Of one event the last one counts.
    if (last?.eventId === moment.eventId && last.node === node && last.incarnation === incarnation)
      this.#states.pop();
    this.#states.push({ ...moment, node, incarnation, state });
    if (this.#states.length >= 2 * MAX_STATES)
      this.#states = sinceAndLast(this.#states, this.#states.at(-MAX_STATES)!.timeUs, nodeOf);
  }

  #operations(): OperationRecord[] {
    const clients = this.#clients;
    if (clients === undefined) return [];
    return clients.history.operations.map((operation) => this.#operation(clients, operation));
  }

  #operation(clients: ClientsTold, operation: Operation<unknown, unknown>): OperationRecord {
    const { asked, answered, key } = clients.describe(operation);
    const { id, client, outcome } = operation;
    return {
      id,
      client: clients.name(client),
      asked,
      answered,
      key,
      outcome,
      invoked: this.#invoked.get(id) ?? { timeUs: 0, eventId: 0 },
      ended: this.#ended.get(id),
    };
  }

  #clientNames(): string[] {
    const clients = this.#clients;
    if (clients === undefined) return [];
    return [...new Set(clients.history.operations.map(({ client }) => client))]
      .toSorted((a, b) => a - b)
      .map((client) => clients.name(client));
  }
}

function nodeOf({ node }: StateRecord): string {
  return node;
}

function faultRecord({ id, kind, node, timeUs, eventId, target, state }: Fault): FaultRecord {
  return { id, kind, node, timeUs, eventId, target, state };
}

/** A program in the middle of a change may not be able to tell. That must not become a finding of the run. */
function inspected(from: Incarnation): unknown {
  try {
    return from.inspect();
  } catch (error) {
    return `its state could not be read: ${thrownText(error)}`;
  }
}
