import type { BatchHeader } from "../../record/index.js";
import type { Transactions } from "../transactions.js";

/** What one compaction sees of transactions, batch after batch from the log's first on; all of them have ended. */
export class SeenTransactions {
  readonly #transactions: Transactions;
  /** Producers of whose transaction records are left, until its marker comes. */
  readonly #withRecords: Set<number> = new Set();

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  isAborted(header: BatchHeader): boolean {
    return this.#transactions.isAborted(header);
  }

  /** A batch of data with so many records stays. */
  kept({ isTransactional, producerId }: BatchHeader, records: number): void {
    if (isTransactional && records > 0) this.#withRecords.add(producerId);
  }

  /** A marker comes. Whether records of its transaction are left, so that it has to stay as well. */
  endsRecords({ producerId }: BatchHeader): boolean {
    return this.#withRecords.delete(producerId);
  }
}
