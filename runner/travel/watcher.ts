/** Looks on while a run goes, and gives what happened event by event. */
import type { Observation } from "#engines/env/index.js";
import type { ClientsTold, Narration } from "#sim/narration.js";
import type { Run } from "#sim/scenario.js";
import type { TraceRecord } from "#sim/trace.js";
import { thrownText } from "#reports/printable.js";
import type { Note, Step } from "./step.js";

/**
 * Give `onRun` and `sink` to the run, and ask `take` between any two events. Changes nothing in the run; a
 * scenario's words are asked for while the world is off the stack of its engines.
 */
export class Watcher {
  /** What each node is now, in the scenario's words. */
  readonly statuses: Map<string, string> = new Map();
  readonly #narration: Narration;
  readonly #marks: Map<string, number> = new Map();
  #run: Run | undefined;
  #clients: ClientsTold | undefined;
  #position = 0;
  #previousUs = -1;
  #event: TraceRecord | undefined;
  #effects: TraceRecord[] = [];
  #observed: { readonly node: string; readonly event: Observation }[] = [];
  #operations: { readonly type: "asked" | "answered"; readonly id: number }[] = [];
  #faults = 0;
  #findings = 0;

  constructor(narration: Narration = {}) {
    this.#narration = narration;
  }

  readonly onRun = (run: Run): void => {
    this.#run = run;
    run.world.listen(({ node }, event) => void this.#observed.push({ node: node.name, event }));
    run.onClients = (clients) => {
      this.#clients = clients;
      clients.history.onInvoked = ({ id }) => void this.#operations.push({ type: "asked", id });
      clients.history.onAnswered = ({ id }) => void this.#operations.push({ type: "answered", id });
    };
  };

  readonly sink = (record: TraceRecord): void => {
    if (record.type === "effect") {
      this.#effects.push(record);
      return;
    }
    this.#event = record;
    this.#effects = [];
  };

  /** What the last event brought; undefined where none was handled since this was last asked. */
  take(): Step | undefined {
    const event = this.#event;
    if (event === undefined) return undefined;
    const step = {
      position: ++this.#position,
      previousUs: this.#previousUs,
      event,
      effects: this.#effects,
      notes: this.#notes(event),
    };
    this.#previousUs = event.timeUs;
    this.#event = undefined;
    // What the world does once the run is over belongs to no event.
    this.#effects = [];
    return step;
  }

  #notes(event: TraceRecord): Note[] {
    const { world } = this.#run!;
    const notes: Note[] = [];
    const { faults } = world.faults.ledger;
    for (; this.#faults < faults.length; this.#faults++) {
      const { state, node, id, kind, target } = faults[this.#faults]!;
      // What was refused struck nothing.
      if (state !== "refused") notes.push({ type: "fault", node, id, kind, target });
    }
    for (const observed of this.#observed) notes.push(this.#observation(observed));
    this.#observed = [];
    for (const [mark, times] of world.marks) {
      if (this.#marks.get(mark) === times) continue;
      this.#marks.set(mark, times);
      notes.push({ type: "reached", node: event.node, mark });
    }
    for (const operation of this.#operations) notes.push(this.#operation(operation));
    this.#operations = [];
    for (; this.#findings < world.findings.length; this.#findings++) {
      const { node, invariant, message } = world.findings[this.#findings]!;
      notes.push({ type: "found", node, invariant, message });
    }
    return notes;
  }

  #observation({ node, event }: { readonly node: string; readonly event: Observation }): Note {
    const told = inWords(() => this.#narration.tell?.(event));
    const status = inWords(() => this.#narration.status?.(event));
    let became: string | undefined;
    if (status !== undefined) {
      const word = firstWord(status);
      if (word !== firstWord(this.statuses.get(node) ?? "")) became = word;
      this.statuses.set(node, status);
    }
    return { type: "observed", node, kind: event.kind, told, status, became };
  }

  #operation({ type, id }: { readonly type: "asked" | "answered"; readonly id: number }): Note {
    const clients = this.#clients!;
    const operation = clients.history.operations[id]!;
    const text = inWords(() => {
      const { asked, answered } = clients.describe(operation);
      return type === "asked" ? asked : `${asked}: ${answered}`;
    });
    return { type, node: clients.name(operation.client), operation: id, text: text ?? "" };
  }
}

function firstWord(status: string): string {
  return /^[^\s,:;]*/.exec(status)![0];
}

/** Words come from the scenario: a mistake in them must not end the run. */
function inWords(words: () => string | undefined): string | undefined {
  try {
    return words();
  } catch (error) {
    return `(the narration failed: ${thrownText(error)})`;
  }
}
