/** What is known of transactions, of the records in them, and of what readers saw. */
import { assert } from "#engines/env/index.js";
import type { At } from "../partition/types.js";
import type {
  GroupPosition,
  TransactionBroken,
  TransactionInput,
  TransactionOperation,
  TransactionRule,
} from "./types.js";

/** `open`: nobody has asked to commit it; `asked`: somebody has, and does not know what came of it. */
export type TransactionState = "open" | "asked" | "committed" | "aborted";

export interface Transaction {
  readonly id: number;
  /** Of one life: a process that starts anew is another producer. */
  readonly producer: number;
  state: TransactionState;
  readonly sent: Sent[];
  readonly positions: GroupPosition[];
}

/** A record that somebody sent. */
export interface Sent {
  readonly operation: TransactionOperation;
  readonly input: Extract<TransactionInput, { readonly kind: "send" }>;
  readonly transaction: Transaction;
}

/** A record as some reader saw it. */
interface Seen {
  readonly value: string;
  /** The first read that gave it, and the first that gave it as committed. */
  readonly by: number;
  committedBy: number | undefined;
}

/** A reader has gone from one offset to another, and got records at these places. */
export interface Passage {
  readonly operation: TransactionOperation;
  readonly partition: string;
  readonly isCommitted: boolean;
  readonly from: At;
  readonly to: At;
  readonly offsets: ReadonlySet<At>;
}

export class TransactionLedger {
  readonly passages: Passage[] = [];
  readonly #transactions: Transaction[] = [];
  readonly #sent: Map<string, Sent> = new Map();
  /** By partition and offset. */
  readonly #seen: Map<string, Map<At, Seen>> = new Map();
  readonly #places: Map<string, At> = new Map();

  /** In the order in which they began. */
  get transactions(): readonly Transaction[] {
    return this.#transactions;
  }

  /** All that was sent, in the order in which it was. */
  get sent(): Iterable<Sent> {
    return this.#sent.values();
  }

  begin(producer: number): number {
    const id = this.#transactions.length;
    this.#transactions.push({ id, producer, state: "open", sent: [], positions: [] });
    return id;
  }

  transaction(id: number): Transaction {
    const transaction = this.#transactions[id];
    assert(transaction !== undefined, "a transaction begins before it is used");
    return transaction;
  }

  enter(operation: TransactionOperation): Sent {
    const { input } = operation;
    assert(input.kind === "send" && !this.#sent.has(input.value), "every record has another value");
    const transaction = this.transaction(input.transaction);
    const sent = { operation, input, transaction };
    transaction.sent.push(sent);
    this.#sent.set(input.value, sent);
    return sent;
  }

  sentAs(value: string, partition: string): Sent | undefined {
    const sent = this.#sent.get(value);
    return sent?.input.partition === partition ? sent : undefined;
  }

  seenIn(partition: string): ReadonlyMap<At, Seen> {
    return this.#seen.get(partition) ?? new Map<At, Seen>();
  }

  /** A reader found this. What is wrong with that, by all that is known as yet. */
  see(
    operation: TransactionOperation,
    partition: string,
    offset: At,
    value: string,
    isCommitted: boolean,
  ): TransactionBroken | undefined {
    const at = placeOf(partition, offset);
    const sent = this.sentAs(value, partition);
    if (sent === undefined) {
      return broken("never-sent", `${at} is ${value}, which nobody sent there`, [operation.id]);
    }
    const seen = this.#enterSeen(operation.id, partition, offset, value);
    if (seen.value !== value) {
      const message = `${at} was read as ${seen.value}, and then as ${value}`;
      return broken("read-changed", message, [seen.by, operation.id]);
    }
    const place = this.#places.get(value);
    if (place === undefined) this.#places.set(value, offset);
    else if (place !== offset) {
      const message = `${value} is at ${placeOf(partition, place)} and at ${at}`;
      return broken("duplicated", message, [sent.operation.id, operation.id]);
    }
    if (!isCommitted) return undefined;
    seen.committedBy ??= operation.id;
    return judgeCommitted(sent, at, operation.id);
  }

  /** The end of a transaction is known to be this. What had been read as committed must not have been aborted. */
  end(transaction: Transaction, isCommit: boolean): TransactionBroken | undefined {
    transaction.state = isCommit ? "committed" : "aborted";
    if (isCommit) return undefined;
    for (const sent of transaction.sent) {
      const { partition, value } = sent.input;
      const offset = this.#places.get(value);
      const by = offset === undefined ? undefined : this.seenIn(partition).get(offset)?.committedBy;
      if (offset !== undefined && by !== undefined)
        return judgeCommitted(sent, placeOf(partition, offset), by);
    }
    return undefined;
  }

  #enterSeen(by: number, partition: string, offset: At, value: string): Seen {
    let ofPartition = this.#seen.get(partition);
    if (ofPartition === undefined) this.#seen.set(partition, (ofPartition = new Map()));
    let seen = ofPartition.get(offset);
    if (seen === undefined) ofPartition.set(offset, (seen = { value, by, committedBy: undefined }));
    return seen;
  }
}

/** What is wrong with a record being readable as committed. `by`: the read that gave it; none for the end of the run. */
export function judgeCommitted(sent: Sent, at: string, by?: number): TransactionBroken | undefined {
  const { transaction, input, operation } = sent;
  const operations = [operation.id, ...(by === undefined ? [] : [by])];
  const text = `${input.value} at ${at} is readable as committed, but transaction ${transaction.id}`;
  if (transaction.state === "open") return broken("open-read", `${text} was not to be committed`, operations);
  if (transaction.state !== "aborted") return undefined;
  return broken("aborted-read", `${text} was aborted`, operations);
}

/** Whether it may be that it was committed. */
export function mayBeCommitted({ state }: Transaction): boolean {
  return state === "asked" || state === "committed";
}

export function placeOf(partition: string, offset: At): string {
  return `${partition}@${offset}`;
}

export function broken(
  rule: TransactionRule,
  message: string,
  operations: readonly number[],
): TransactionBroken {
  return { rule, message, operations };
}
