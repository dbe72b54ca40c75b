import { assert } from "#engines/env/index.js";
import { History } from "../history.js";
import type { At, LogEntry } from "../partition/types.js";
import { judgeLogs } from "./final-logs.js";
import { TransactionLedger, broken, mayBeCommitted, placeOf } from "./ledger.js";
import { judgePipelines } from "./pipelines.js";
import type {
  FinalTransactions,
  GroupPosition,
  TransactionAnswer,
  TransactionBroken,
  TransactionInput,
  TransactionOperation,
} from "./types.js";

type SendInput = Extract<TransactionInput, { readonly kind: "send" }>;
type QueryInput = Extract<TransactionInput, { readonly kind: "read" | "position" }>;

/** Judges each answer as it comes, by what is known then, and all of it in the end. */
export class TransactionOracle {
  readonly history: History<TransactionInput, TransactionAnswer> = new History();
  readonly #ledger: TransactionLedger = new TransactionLedger();

  /** A producer begins a transaction; its number. Nothing of it may be read as committed before somebody asks for that. */
  begin(producer: number): number {
    return this.#ledger.begin(producer);
  }

  /**
   * A record that belongs to no transaction is one by itself, whose commit is asked for as it is sent: it is to be answered
   * with `ended`.
   */
  sendAlone(
    client: number,
    producer: number,
    input: Omit<SendInput, "kind" | "transaction">,
  ): TransactionOperation {
    const transaction = this.#ledger.begin(producer);
    this.#ledger.transaction(transaction).state = "asked";
    return this.send(client, { transaction, ...input });
  }

  /** Its order among those of one producer is that of these calls. To be answered with `done`. */
  send(client: number, input: Omit<SendInput, "kind">): TransactionOperation {
    const operation = this.history.invoke(client, { kind: "send", ...input });
    this.#ledger.enter(operation);
    return operation;
  }

  /** To be answered with `done`. */
  sendPositions(
    client: number,
    transaction: number,
    positions: readonly GroupPosition[],
  ): TransactionOperation {
    this.#ledger.transaction(transaction).positions.push(...positions);
    return this.history.invoke(client, { kind: "positions", transaction, positions });
  }

  /** To be answered with `ended`, or `unknown`. */
  askEnd(client: number, transaction: number, isCommit: boolean): TransactionOperation {
    const known = this.#ledger.transaction(transaction);
    assert(known.state === "open" || known.state === "asked", "a transaction ends once");
    if (isCommit) known.state = "asked";
    return this.history.invoke(client, { kind: "end", transaction, isCommit });
  }

  done(operation: TransactionOperation): void {
    this.history.ok(operation, { kind: "done" });
  }

  /** Its end as it was asked for is acknowledged; of a record by itself, that it is in the log. */
  ended(operation: TransactionOperation): TransactionBroken | undefined {
    const { input } = operation;
    assert(input.kind === "end" || input.kind === "send", "an end or a record was asked for");
    this.history.ok(operation, { kind: "done" });
    const isCommit = input.kind === "send" || input.isCommit;
    return this.#ledger.end(this.#ledger.transaction(input.transaction), isCommit);
  }

  /** It certainly had no effect and never will: a record by itself is not there, an end has not come. */
  failed(operation: TransactionOperation, reason: string): TransactionBroken | undefined {
    const { input } = operation;
    this.history.failed(operation, reason);
    if (input.kind !== "send") return undefined;
    const transaction = this.#ledger.transaction(input.transaction);
    // One that belongs to others is judged with them.
    return transaction.state === "asked" ? this.#ledger.end(transaction, false) : undefined;
  }

  unknown(operation: TransactionOperation, reason: string): void {
    this.history.unknown(operation, reason);
  }

  ask(client: number, input: QueryInput): TransactionOperation {
    return this.history.invoke(client, input);
  }

  /** A reader got these, and goes on at `to`. */
  read(operation: TransactionOperation, entries: readonly LogEntry[], to: At): TransactionBroken | undefined {
    const { input } = operation;
    assert(input.kind === "read", "records answer a read");
    const { partition, from, isCommitted } = input;
    this.history.ok(operation, { kind: "records", count: entries.length, to });
    const offsets = new Set(entries.map(({ offset }) => offset));
    this.#ledger.passages.push({ operation, partition, isCommitted, from, to, offsets });
    let next = from;
    for (const { offset, value } of entries) {
      if (offset < next || offset >= to) {
        const message = `a read from ${from} to ${to} came to ${placeOf(partition, offset)}, where ${next} or more was due`;
        return broken("read-wrong", message, [operation.id]);
      }
      next = offset + 1;
      const wrong = this.#ledger.see(operation, partition, offset, value, isCommitted);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  /** A group was told where to go on; undefined: it has no position there yet. */
  position(operation: TransactionOperation, offset: At | undefined): TransactionBroken | undefined {
    const { input } = operation;
    assert(input.kind === "position", "a position was asked for");
    this.history.ok(operation, { kind: "position", offset });
    if (offset === undefined) return undefined;
    return this.#judgePosition({ group: input.group, partition: input.partition, offset }, [operation.id]);
  }

  /** What is there when all has become well, and all producers are gone. Every broken rule, the first of each kind. */
  finish(final: FinalTransactions): TransactionBroken[] {
    const uncommitted = final.positions.map((position) => this.#judgePosition(position, []));
    return [
      ...judgeLogs(this.#ledger, final.logs),
      ...judgePipelines(this.#ledger, final),
      ...uncommitted.filter((each) => each !== undefined).slice(0, 1),
    ];
  }

  #judgePosition(position: GroupPosition, operations: readonly number[]): TransactionBroken | undefined {
    const { group, partition, offset } = position;
    if (offset === 0) return undefined;
    const given = this.#ledger.transactions.filter(({ positions }) =>
      positions.some(
        (each) => each.group === group && each.partition === partition && each.offset === offset,
      ),
    );
    if (given.some(mayBeCommitted)) return undefined;
    const by = given.map(({ id, state }) => `transaction ${id}, ${state}`).join("; ") || "nobody";
    const message = `group ${group} is at ${placeOf(partition, offset)}, which was given by ${by}`;
    return broken("position-uncommitted", message, operations);
  }
}
