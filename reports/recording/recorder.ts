/** Records a run while it goes on: the trace, what was observed, the clients' operations, nodes' states. */
import type { Observation } from "#engines/env/index.js";
import type { Operation } from "#sim/check/index.js";
import type { Fault } from "#sim/faults/ledger.js";
import type { ClientsTold } from "#sim/narration.js";
import type { Incarnation } from "#sim/process.js";
import type { SeedResult } from "#sim/run-seed.js";
import type { Run, Scenario } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { plainValue } from "./plain-value.js";
import type {
  FaultRecord,
  Moment,
  NoteRecord,
  ObservationRecord,
  OperationRecord,
  Recording,
  StateRecord,
} from "./recording.js";

export interface RecorderOptions {
  /** Records to keep: the last ones of a longer run. */
  readonly maxRecords?: number;
  /** Whether to ask nodes for their state after each of their events. Costs more than the run itself. */
  readonly states?: boolean;
}

const DEFAULT_MAX_RECORDS = 200_000;

/** Give `onRun` and `sink` to `runSeed` as `onRun` and `traceSink`, then its result to `finish`. */
export class Recorder {
  readonly #scenario: Scenario;
  readonly #maxRecords: number;
  readonly #withStates: boolean;
  #run: Run | undefined;
  #records: TraceRecord[] = [];
  #windowFromUs = 0;
  readonly #observations: ObservationRecord[] = [];
  readonly #notes: NoteRecord[] = [];
  readonly #states: StateRecord[] = [];
  readonly #lastStates: Map<string, string> = new Map();
  readonly #invoked: Map<number, Moment> = new Map();
  readonly #ended: Map<number, Moment> = new Map();
  #clients: ClientsTold | undefined;
  /** The event that was handled last, whose node may have changed. */
  #last: TraceRecord | undefined;

  constructor(scenario: Scenario, options: RecorderOptions = {}) {
    this.#scenario = scenario;
    this.#maxRecords = options.maxRecords ?? DEFAULT_MAX_RECORDS;
    this.#withStates = options.states ?? false;
  }

  readonly onRun = (run: Run): void => {
    this.#run = run;
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
    if (this.#records.length >= 2 * this.#maxRecords) {
      this.#records = this.#records.slice(-this.#maxRecords);
      this.#windowFromUs = this.#records[0]!.timeUs;
    }
  };

  /** To be called once, after the run. */
  finish(result: SeedResult): Recording {
    this.#sampleState();
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
      operations: this.#operations(),
      violation,
      faults: world.faults.ledger.faults.map(faultRecord),
      clients: this.#clientNames(),
    };
  }

  #now(): Moment {
    const { nowUs: timeUs, currentEventId: eventId } = this.#run!.world;
    return { timeUs, eventId };
  }

  #observe({ node, incarnation }: Incarnation, event: Observation): void {
    const { narration } = this.#scenario;
    this.#observations.push({
      ...this.#now(),
      node: node.name,
      incarnation,
      kind: event.kind,
      told: narration?.tell?.(event),
      status: narration?.status?.(event),
    });
  }

  #sampleState(): void {
    const last = this.#last;
    if (!this.#withStates || last === undefined || last.node === "") return;
    const incarnation = this.#run!.world.node(last.node)?.incarnation;
    if (incarnation?.alive !== true) return;
    const state = plainValue(incarnation.inspect());
    if (state === undefined) return;
    const text = JSON.stringify(state);
    if (this.#lastStates.get(last.node) === text) return;
    this.#lastStates.set(last.node, text);
    const { timeUs, id: eventId, node } = last;
    this.#states.push({ timeUs, eventId, node, incarnation: incarnation.incarnation, state });
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

function faultRecord({ id, kind, node, timeUs, eventId, target, state }: Fault): FaultRecord {
  return { id, kind, node, timeUs, eventId, target, state };
}
