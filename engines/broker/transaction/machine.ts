import { assert } from "../../env/index.js";
import type { CoordinatorMachine, CoordinatorRecord } from "../coordinator/types.js";
import { readKey, readValue } from "./records.js";
import type { StoredTransaction } from "./types.js";

/** What the records of one partition say of its transactional ids: what whoever takes over will know. */
export class TransactionMachine implements CoordinatorMachine {
  readonly #transactions: Map<string, StoredTransaction> = new Map();

  get transactions(): ReadonlyMap<string, StoredTransaction> {
    return this.#transactions;
  }

  replay({ key, value }: CoordinatorRecord): void {
    const transactionalId = readKey(key);
    if (value === null) this.#transactions.delete(transactionalId);
    else this.#transactions.set(transactionalId, readValue(value));
  }

  replayMarker(): void {
    assert(false, "coordinators of transactions write outside of transactions");
  }
}
