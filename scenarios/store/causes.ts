/** Whether a store had a reason to refuse. */
import { StoreDamagedError, type StoreError } from "#engines/store/index.js";
import type { FaultKind } from "#sim/faults/index.js";
import type { World } from "#sim/world.js";

/** After these a store may be read-only, and what it has just written may not be what it reads. */
const SYNC_FAILURES: readonly FaultKind[] = ["fsync-eio-clean", "fsync-eio-late", "fsync-eio-revert"];

/**
 * On a disk that may fail, but doesn't lie: only a device that failed is a reason to refuse, since with a full one a
 * store goes on when space returns. And only a sync that failed since the store was opened makes honest bytes look
 * damaged: opening it has to see to all else.
 */
export class Causes {
  readonly #world: World;
  readonly #prefix: string;
  readonly #mayLie: boolean;
  /** How many syncs had failed when this incarnation began. */
  #failedBefore = 0;

  /** `prefix` begins the names of the findings. `mayLie`: then anything goes. */
  constructor(world: World, prefix: string, mayLie: boolean) {
    this.#world = world;
    this.#prefix = prefix;
    this.#mayLie = mayLie;
  }

  /** An incarnation begins. */
  begin(): void {
    this.#failedBefore = this.#syncFailures();
  }

  /** Whether the files may not be what was written to them since the store was opened. */
  get hasSyncFailed(): boolean {
    return this.#syncFailures() > this.#failedBefore;
  }

  /** Tells the world where there was no reason for the error. */
  check(error: StoreError): void {
    if (this.#mayLie) return;
    if (error instanceof StoreDamagedError) {
      if (!this.hasSyncFailed) this.#world.fail(`${this.#prefix}/false-damage`, error.message);
    } else if (this.#syncFailures() === 0) {
      this.#world.fail(`${this.#prefix}/failed-without-cause`, `no device failed, but: ${error.message}`);
    }
  }

  /** Those that were reported too: a late one strikes one incarnation, and the next one may be told. */
  #syncFailures(): number {
    const counts = this.#world.faults.ledger.counts();
    return SYNC_FAILURES.reduce((sum, kind) => {
      const { injected = 0, reached = 0 } = counts.get(kind) ?? {};
      return sum + injected + reached;
    }, 0);
  }
}
