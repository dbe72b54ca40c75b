/** What is shown: which nodes, kinds of events, key of operations, and text. */
import type { Message, Run, RunEvent } from "./run.js";
import type { Entry } from "./timeline.js";
import type { TrackItem } from "./tracks.js";
import type { FaultData, OperationData } from "../shared/model.js";

export class Filter {
  readonly hiddenLanes: Set<number> = new Set();
  /** Groups, see `groupOf`. */
  readonly hiddenGroups: Set<string> = new Set();
  readonly #run: Run;
  readonly #texts: Map<RunEvent, string> = new Map();
  #text = "";
  #key = "";
  /** Whether a text names the key, by the text: texts repeat, and each frame asks for all. */
  readonly #named: Map<string, boolean> = new Map();

  constructor(run: Run) {
    this.#run = run;
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text.trim().toLowerCase();
  }

  /** Empty: all keys. */
  get key(): string {
    return this.#key;
  }

  set key(key: string) {
    this.#key = key;
    this.#named.clear();
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
    return this.#fits(this.#textOf(event)) && this.#namesKey(this.#textOf(event));
  }

  showsMessage(message: Message): boolean {
    if (this.hiddenLanes.has(message.from) || this.hiddenLanes.has(message.to)) return false;
    if (this.hiddenGroups.has(groupOfMessage(message))) return false;
    return this.#fits(textOfMessage(this.#run, message)) && this.#namesKey(message.payloadText.toLowerCase());
  }

  showsOperation(operation: OperationData): boolean {
    if (this.hiddenLanes.has(operation.lane) || (this.key !== "" && operation.key !== this.key)) return false;
    const { asked, answered, client } = operation;
    return this.#fits(`${client} ${asked} ${answered}`);
  }

  /** Faults are not of a key. */
  showsFault({ lane, id, kind, node, target, words, state }: FaultData): boolean {
    if (this.hiddenLanes.has(lane)) return false;
    return this.#fits(`${id} ${kind} ${node} ${target} ${words} ${state}`);
  }

  /** Tracks are of a key where their group is one. */
  showsTrackItem({ track: { group, name }, text }: TrackItem): boolean {
    return this.showsGroup(group) && this.#fits(`${group} ${name} ${text}`);
  }

  showsGroup(group: string): boolean {
    return (
      this.key === "" || group === this.key || !this.#run.tracks.some((track) => track.group === this.key)
    );
  }

  showsEntry({ lane, who, what, thing }: Entry): boolean {
    if (thing?.type === "fault") return this.showsFault(thing.fault);
    if (thing?.type === "track" && !this.showsTrackItem(thing.item)) return false;
    if (thing?.type === "operation" && !this.showsOperation(thing.operation)) return false;
    return !this.hiddenLanes.has(lane) && this.#fits(`${who} ${what}`);
  }

  #fits(text: string): boolean {
    return this.#text === "" || text.toLowerCase().includes(this.#text);
  }

  /** As a word of its own: `k1` is not in `k10`. Takes lower case. */
  #namesKey(text: string): boolean {
    if (this.#key === "") return true;
    const known = this.#named.get(text);
    if (known !== undefined) return known;
    const names = hasWord(text, this.#key.toLowerCase());
    this.#named.set(text, names);
    return names;
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

const PART_OF_WORD = /[\p{L}\p{N}_]/u;

export function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const around = `${text[at - 1] ?? ""}${text[at + word.length] ?? ""}`;
    if (!PART_OF_WORD.test(around)) return true;
  }
  return false;
}
