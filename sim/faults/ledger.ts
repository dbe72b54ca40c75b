/** The fault ledger: what was planned, refused, injected, reached, and what changed something. */
import { assert } from "#engines/env/index.js";
import type { FaultKind } from "./kinds.js";

export type FaultState = "planned" | "refused" | "injected" | "reached" | "changed";

/** Counts of faults of one kind. Each fault counts in every state that it went through. */
export interface FaultCounts {
  planned: number;
  refused: number;
  injected: number;
  reached: number;
  changed: number;
}

/** One fault. Made by `Faults`, moved on by the part of the world that carries it out. */
export class Fault {
  /** Stable over runs: kind, node and the identity of the operation that it strikes. */
  readonly id: string;
  readonly kind: FaultKind;
  readonly node: string;
  readonly timeUs: number;
  /** Id of the event in which it was planned. */
  readonly eventId: number;
  /** In words, for people: which file, offset, call. */
  readonly target: string;
  #state: FaultState = "planned";
  readonly #counts: FaultCounts;

  constructor(
    id: string,
    kind: FaultKind,
    node: string,
    timeUs: number,
    eventId: number,
    target: string,
    counts: FaultCounts,
  ) {
    this.id = id;
    this.kind = kind;
    this.node = node;
    this.timeUs = timeUs;
    this.eventId = eventId;
    this.target = target;
    this.#counts = counts;
    counts.planned++;
  }

  get state(): FaultState {
    return this.#state;
  }

  refused(): void {
    assert(this.#state === "planned", "only a planned fault is refused");
    this.#move("refused");
  }

  injected(): void {
    assert(this.#state === "planned", "a fault is injected once");
    this.#move("injected");
  }

  /** Notes that the fault touched something that code looked at. Again and again has no effect. */
  reached(): void {
    assert(this.#state !== "planned" && this.#state !== "refused", "only an injected fault is reached");
    if (this.#state === "injected") this.#move("reached");
  }

  /** Notes that the outcome differs from the benign one. Implies `reached`. */
  changed(): void {
    this.reached();
    if (this.#state === "reached") this.#move("changed");
  }

  #move(to: Exclude<FaultState, "planned">): void {
    this.#state = to;
    this.#counts[to]++;
  }
}

/** The ledger of one run. */
export class Ledger {
  readonly faults: Fault[] = [];
  readonly #counts: Map<FaultKind, FaultCounts> = new Map();

  plan(id: string, kind: FaultKind, node: string, timeUs: number, eventId: number, target: string): Fault {
    let counts = this.#counts.get(kind);
    if (counts === undefined) {
      counts = { planned: 0, refused: 0, injected: 0, reached: 0, changed: 0 };
      this.#counts.set(kind, counts);
    }
    const fault = new Fault(id, kind, node, timeUs, eventId, target, counts);
    this.faults.push(fault);
    return fault;
  }

  /** Counts by kind, of the kinds that were planned at least once. */
  counts(): ReadonlyMap<FaultKind, Readonly<FaultCounts>> {
    return this.#counts;
  }
}
