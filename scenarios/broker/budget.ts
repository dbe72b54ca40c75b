/**
 * What may break: the fault budget of a run (see `Admit`). A red run must be a bug, so a broker that answers before its
 * disk has something may lose it only where the others keep it.
 */
import type { Admit, FaultKind } from "#sim/faults/index.js";
import type { Run } from "#sim/scenario.js";
import type { BrokerPlan } from "./plan.js";
import type { BrokerSetting } from "./setting.js";

/** What takes away bytes that were written and not synced. */
const LOSES_UNSYNCED: ReadonlySet<FaultKind> = new Set([
  "power-loss",
  "fsync-eio-clean",
  "fsync-eio-late",
  "fsync-eio-revert",
] satisfies FaultKind[]);

/** What a core that has to make progress is spared: all that strikes a machine, not a link. */
const OF_MACHINES: ReadonlySet<FaultKind> = new Set([
  ...LOSES_UNSYNCED,
  "crash",
  "pause",
  "enospc",
  "quota",
  "slow-disk",
  "disk-stall",
] satisfies FaultKind[]);

const STRIKES: ReadonlySet<FaultKind> = new Set(["crash", "power-loss", "pause"] satisfies FaultKind[]);

export class Budget {
  readonly #run: Run;
  readonly #setting: BrokerSetting;
  readonly #plan: BrokerPlan;
  readonly #brokers: ReadonlySet<string>;
  readonly #controllers: ReadonlySet<string>;
  readonly #faulty: ReadonlySet<string>;
  readonly #spared: Set<string> = new Set();

  constructor(run: Run, setting: BrokerSetting, plan: BrokerPlan) {
    this.#run = run;
    this.#setting = setting;
    this.#plan = plan;
    this.#brokers = new Set(plan.brokers);
    this.#controllers = new Set(plan.controllers);
    this.#faulty = new Set(plan.faulty);
  }

  /** From now on nothing new strikes these machines. */
  spare(names: readonly string[]): void {
    for (const name of names) this.#spared.add(name);
  }

  /** Whether this broker may lose what it has not synced, without a promise being broken by that. */
  mayLoseUnsynced(name: string): boolean {
    return !this.#brokers.has(name) || this.#plan.tuning.durability === "sync" || this.#faulty.has(name);
  }

  readonly admit: Admit = (kind, { name }) => {
    if (OF_MACHINES.has(kind) && this.#spared.has(name)) return false;
    if (STRIKES.has(kind) && !this.#isTarget(name)) return false;
    if (LOSES_UNSYNCED.has(kind) && !this.mayLoseUnsynced(name)) return false;
    return (kind !== "crash" && kind !== "power-loss") || this.#mayStrike();
  };

  #isTarget(name: string): boolean {
    if (this.#setting.strikes === "controllers") return !this.#brokers.has(name);
    return this.#setting.strikes === "all" || !this.#controllers.has(name);
  }

  #mayStrike(): boolean {
    const counts = this.#run.world.faults.ledger.counts();
    const strikes = (counts.get("crash")?.injected ?? 0) + (counts.get("power-loss")?.injected ?? 0);
    return strikes < this.#plan.maxStrikes;
  }
}
