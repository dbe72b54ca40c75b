/** Whether a fault strikes here: drawn by a keyed decision, vetoed by the scenario, noted in the ledger. */
import { site, type Decisions, type Site } from "../decisions.js";
import { ALL_FAULT_KINDS, type FaultKind } from "./kinds.js";
import { Ledger, type Fault } from "./ledger.js";
import type { SwarmConfig } from "./swarm.js";

/** The node that a fault would strike. */
export interface FaultTarget {
  readonly name: string;
  /** Stable number of the node in its run: part of the identity of every decision about it. */
  readonly index: number;
}

/**
 * Whether the system promises to survive this fault now. Pure: it may look at the run, never change it. A
 * veto is noted in the ledger as `refused`.
 */
export type Admit = (kind: FaultKind, node: FaultTarget) => boolean;

/** Where the run is. */
export interface Moment {
  readonly nowUs: number;
  readonly currentEventId: number;
}

const SITES: ReadonlyMap<FaultKind, Site> = new Map(
  ALL_FAULT_KINDS.map((kind) => [kind, site(`fault/${kind}`)]),
);

export class Faults {
  readonly ledger: Ledger = new Ledger();
  readonly decisions: Decisions;
  readonly swarm: SwarmConfig;
  readonly #now: Moment;
  /** Set by the scenario; until then everything is admitted. */
  admit: Admit = () => true;
  readonly #only: ReadonlySet<string> | undefined;
  #healed = false;

  /** `only`: ids of the faults that strike; without it the decisions draw them. The swarm limits both. */
  constructor(decisions: Decisions, swarm: SwarmConfig, now: Moment, only?: ReadonlySet<string>) {
    this.decisions = decisions;
    this.swarm = swarm;
    this.#now = now;
    this.#only = only;
  }

  /** Whether this kind can strike in this run at all. */
  enabled(kind: FaultKind): boolean {
    return this.swarm.has(kind) && !this.#healed;
  }

  /** From now on no new fault strikes; what was damaged stays so. For the last phase of a run. */
  heal(): void {
    this.#healed = true;
  }

  /**
   * The fault that strikes at this opportunity, injected, or undefined. (`a`, `b`, `c`) is the stable
   * identity of the opportunity on the node: the same one never asks twice. `target` is only made into words
   * when the fault strikes.
   */
  strike(
    kind: FaultKind,
    node: FaultTarget,
    a: number,
    b: number,
    c: number,
    target: () => string,
  ): Fault | undefined {
    const ppm = this.swarm.get(kind);
    if (ppm === undefined || this.#healed) return undefined;
    let id: string | undefined;
    if (this.#only !== undefined) {
      id = idOf(kind, node, a, b, c);
      if (!this.#only.has(id)) return undefined;
    } else if (!this.decisions.chance(ppm, SITES.get(kind)!, node.index, a, b, c)) return undefined;
    id ??= idOf(kind, node, a, b, c);
    const fault = this.ledger.plan(id, kind, node.name, this.#now.nowUs, this.#now.currentEventId, target());
    if (!this.admit(kind, node)) {
      fault.refused();
      return undefined;
    }
    fault.injected();
    return fault;
  }

  /** An integer in [0, bound) that belongs to a fault (which byte, how long). */
  detail(bound: number, kind: FaultKind, node: FaultTarget, a: number, b: number, c: number): number {
    return Math.trunc(
      (this.decisions.bits(SITES.get(kind)!, node.index, a, b, c ^ 0x5bd1e995) * bound) / 0x1_0000_0000,
    );
  }
}

/** Holds the node's name, not its number: the id outlives a run with fewer nodes. */
function idOf(kind: FaultKind, node: FaultTarget, a: number, b: number, c: number): string {
  return `${kind}@${node.name}:${a}.${b}.${c}`;
}
