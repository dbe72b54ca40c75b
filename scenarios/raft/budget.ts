/**
 * What may break: the fault budget of a run (see `Admit`). A red run must be a bug, so faults stay within what
 * Raft over an honest disk promises to survive, and damage that a disk can notice strikes a minority only.
 */
import type { Admit, FaultKind } from "#sim/faults/index.js";
import type { Run } from "#sim/scenario.js";
import type { RaftPlan, RaftSetting } from "./plan.js";

/** Only on the faulty set: bytes that were durable go bad, or were never written. */
const DAMAGE: ReadonlySet<FaultKind> = new Set([
  "bit-rot",
  "read-eio",
  "lost-fsync",
  "lost-write",
  "stale-read",
  "misdirected-read",
  "misdirected-write",
] satisfies FaultKind[]);

/** What a core that has to make progress is spared: all that strikes a machine, not a link. */
const OF_MACHINES: ReadonlySet<FaultKind> = new Set([
  ...DAMAGE,
  "crash",
  "power-loss",
  "pause",
  "fsync-eio-clean",
  "fsync-eio-late",
  "fsync-eio-revert",
  "enospc",
  "quota",
  "slow-disk",
  "disk-stall",
] satisfies FaultKind[]);

export class Budget {
  readonly #run: Run;
  readonly #setting: RaftSetting;
  readonly #plan: RaftPlan;
  readonly #spared: Set<string> = new Set();

  constructor(run: Run, setting: RaftSetting, plan: RaftPlan) {
    this.#run = run;
    this.#setting = setting;
    this.#plan = plan;
  }

  /** From now on nothing new strikes these machines. */
  spare(names: readonly string[]): void {
    for (const name of names) this.#spared.add(name);
  }

  readonly admit: Admit = (kind, node) => {
    if (OF_MACHINES.has(kind) && this.#spared.has(node.name)) return false;
    if (DAMAGE.has(kind)) return this.#plan.faulty.has(node.name);
    // Only a power loss brings to light what a liar has not kept, so there all of them are the liar's.
    if (kind === "power-loss" && this.#setting.damage === "liar" && !this.#plan.faulty.has(node.name))
      return false;
    return (kind !== "crash" && kind !== "power-loss") || this.#mayStrike();
  };

  #mayStrike(): boolean {
    const counts = this.#run.world.faults.ledger.counts();
    const strikes = (counts.get("crash")?.injected ?? 0) + (counts.get("power-loss")?.injected ?? 0);
    return strikes < this.#plan.maxStrikes;
  }
}
