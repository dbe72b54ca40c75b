import type { BrokerEvent } from "#engines/broker/events.js";

type Report = (invariant: string, message: string) => void;

/**
 * Of each transaction it is decided once how it ends, whoever coordinates by then, and markers say what was decided before:
 * checked while it runs, by what coordinators and leaders observe.
 */
export class Decisions {
  readonly #report: Report;
  /** By producer and epoch, whether it commits. */
  readonly #decided: Map<string, boolean> = new Map();

  constructor(report: Report) {
    this.#report = report;
  }

  readonly observed = (event: BrokerEvent): void => {
    if (event.kind === "transaction/state") {
      const { producerId, epoch, state, transactionalId } = event;
      if (state === "prepare-commit" || state === "complete-commit") {
        this.#decide(producerId, epoch, true, transactionalId);
      } else if (state === "prepare-abort") this.#decide(producerId, epoch, false, transactionalId);
    } else if (event.kind === "broker/marker") {
      const { partition, producerId, producerEpoch, isCommit } = event;
      this.#marked(partition, producerId, producerEpoch - 1, isCommit);
    }
  };

  #decide(producerId: number, epoch: number, isCommit: boolean, transactionalId: string): void {
    const key = keyOf(producerId, epoch);
    const before = this.#decided.get(key);
    this.#decided.set(key, before ?? isCommit);
    if (before === undefined || before === isCommit) return;
    const message = `${transactionalId}, ${key}, was to be ${textOf(before)}, and then to be ${textOf(isCommit)}`;
    this.#report("transactions/decided-twice", message);
  }

  #marked(partition: string, producerId: number, epoch: number, isCommit: boolean): void {
    const key = keyOf(producerId, epoch);
    const decided = this.#decided.get(key);
    if (decided === isCommit) return;
    const known = decided === undefined ? "not decided" : `to be ${textOf(decided)}`;
    const message = `${partition} marks ${key} as ${textOf(isCommit)}, which was ${known}`;
    this.#report("transactions/marked-undecided", message);
  }
}

function keyOf(producerId: number, epoch: number): string {
  return `producer ${producerId} epoch ${epoch}`;
}

function textOf(isCommit: boolean): string {
  return isCommit ? "committed" : "aborted";
}
