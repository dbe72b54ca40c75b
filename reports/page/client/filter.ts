/** What is shown: which nodes, kinds of events, key of operations, and text. */
import type { Message, Run, RunEvent } from "./run.js";
import type { OperationData } from "../shared/model.js";

export class Filter {
  readonly hiddenLanes: Set<number> = new Set();
  /** Groups, see `groupOf`. */
  readonly hiddenGroups: Set<string> = new Set();
  /** Empty: all keys. */
  key = "";
  readonly #run: Run;
  readonly #texts: Map<RunEvent, string> = new Map();
  #text = "";

  constructor(run: Run) {
    this.#run = run;
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text.trim().toLowerCase();
  }

  get isActive(): boolean {
    return this.hiddenLanes.size + this.hiddenGroups.size > 0 || this.key !== "" || this.#text !== "";
  }

  reset(): void {
    this.hiddenLanes.clear();
    this.hiddenGroups.clear();
    this.key = "";
    this.#text = "";
  }

  shows(event: RunEvent): boolean {
    if (this.hiddenLanes.has(event.lane) || this.hiddenGroups.has(groupOf(event))) return false;
    return this.#text === "" || this.#textOf(event).includes(this.#text);
  }

  showsMessage(message: Message): boolean {
    if (this.hiddenLanes.has(message.from) || this.hiddenLanes.has(message.to)) return false;
    if (this.hiddenGroups.has(groupOfMessage(message))) return false;
    return this.#text === "" || textOfMessage(this.#run, message).includes(this.#text);
  }

  showsOperation(operation: OperationData): boolean {
    if (this.hiddenLanes.has(operation.lane) || (this.key !== "" && operation.key !== this.key)) return false;
    const { asked, answered, client } = operation;
    return this.#text === "" || `${client} ${asked} ${answered}`.toLowerCase().includes(this.#text);
  }

  #textOf(event: RunEvent): string {
    const known = this.#texts.get(event);
    if (known !== undefined) return known;
    const text = textOf(this.#run, event);
    this.#texts.set(event, text);
    return text;
  }
}

/** What events are filtered by: messages by what they are, all else by the part of the world. */
export function groupOf(event: RunEvent): string {
  if (event.arrival !== undefined) return groupOfMessage(event.arrival);
  return event.kind.slice(0, Math.max(0, event.kind.indexOf("/"))) || event.kind;
}

export function groupOfMessage(message: Message): string {
  return `message ${message.label}`;
}

function textOf(run: Run, event: RunEvent): string {
  const parts = [event.kind, event.detail, run.laneName(event.lane), String(event.id)];
  parts.push(...event.effects.map(({ kind, detail }) => `${kind} ${detail}`));
  parts.push(...event.told.map(({ kind, told }) => `${kind} ${told}`));
  parts.push(...event.notes);
  parts.push(...event.faults.map(({ id }) => id));
  if (event.arrival !== undefined) parts.push(textOfMessage(run, event.arrival));
  return parts.join(" ").toLowerCase();
}

function textOfMessage(run: Run, message: Message): string {
  const { label, payloadText, why, from, to } = message;
  return `${run.laneName(from)} -> ${run.laneName(to)} ${label} ${payloadText} ${why}`.toLowerCase();
}
