/** What clients ask for, as it is carried out: each call is noted when it begins and when it ends, and judged. */
import { ProducerError, type Producer } from "#engines/broker/client/index.js";
import { BrokerError, type BrokerErrorCode } from "#engines/broker/errors.js";
import type { MemberStamp } from "#engines/broker/protocol/index.js";
import type { LogRecord } from "#engines/broker/record/index.js";
import { NO_EPOCH, partitionName, type Offset, type TopicPartition } from "#engines/broker/types.js";
import {
  TransactionOracle,
  type GroupPosition,
  type LogEntry,
  type RecordSource,
  type TransactionBroken,
  type TransactionOperation,
} from "#sim/check/index.js";
import type { Incarnation } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import { makeRecord, readRecord } from "../broker/records.js";

/** Who carries something out. */
export interface Caller {
  /** In the history. */
  readonly client: number;
  readonly self: Incarnation;
  readonly producer: Producer;
  /** In the oracle: one for each life of a producer. */
  readonly number: number;
}

export interface Outgoing {
  readonly partition: TopicPartition;
  readonly name: string;
  readonly source?: RecordSource;
}

/** How an end was answered; `unknown`: not, or not in a way that says anything. */
export type Ended = "ended" | "abortable" | "unknown";

const END_TIMEOUT_US = 1_000_000;
/** Who was not answered asks again so often. */
const ATTEMPTS = 4;

export class Calls {
  readonly oracle: TransactionOracle = new TransactionOracle();
  readonly #run: Run;
  #producers = 0;
  #outputs = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Numbers a producer that begins. */
  newProducer(): number {
    return this.#producers++;
  }

  /** Tells what is made of a record from whatever else may be made of it. */
  newOutput(): number {
    return this.#outputs++;
  }

  /** Resolves when it has ended, in whatever way: the transaction's end says what counts. */
  async send(caller: Caller, transaction: number, { partition, name, source }: Outgoing): Promise<void> {
    const { oracle } = this;
    const input = { transaction, partition: partitionName(partition), value: name, source };
    const operation = oracle.send(caller.client, input);
    this.#run.count("records");
    try {
      await caller.producer.send({ ...partition, ...makeRecord(name, undefined, false) });
      caller.self.enter();
      oracle.done(operation);
    } catch (error) {
      this.#unknown(caller, operation, error);
    }
  }

  /** A record that belongs to no transaction. */
  async sendAlone(caller: Caller, { partition, name }: Outgoing): Promise<void> {
    const { oracle } = this;
    const ofTopic = partitionName(partition);
    const operation = oracle.sendAlone(caller.client, caller.number, { partition: ofTopic, value: name });
    this.#run.count("records");
    try {
      await caller.producer.send({ ...partition, ...makeRecord(name, undefined, false) });
      caller.self.enter();
      this.judge(oracle.ended(operation));
    } catch (error) {
      if (error instanceof ProducerError && error.outcome === "failed") {
        caller.self.enter();
        this.judge(oracle.failed(operation, error.code));
      } else this.#unknown(caller, operation, error);
    }
  }

  /** Whether they are in the transaction; else why not. */
  async sendPositions(
    caller: Caller,
    transaction: number,
    positions: ReadonlyMap<TopicPartition, Offset>,
    member: MemberStamp,
  ): Promise<BrokerErrorCode | undefined> {
    const given = [...positions].map(([partition, offset]) => positionOf(member.group, partition, offset));
    const operation = this.oracle.sendPositions(caller.client, transaction, given);
    const offsets = [...positions].map(([partition, offset]) => ({
      partition,
      offset,
      leaderEpoch: NO_EPOCH,
      metadata: "",
    }));
    try {
      await caller.producer.sendOffsets(offsets, member, END_TIMEOUT_US);
      caller.self.enter();
      this.oracle.done(operation);
      return undefined;
    } catch (error) {
      return this.#unknown(caller, operation, error);
    }
  }

  /** Asks until there is an answer, or so often that there is none. */
  async end(caller: Caller, transaction: number, isCommit: boolean): Promise<Ended> {
    const { oracle } = this;
    const operation = oracle.askEnd(caller.client, transaction, isCommit);
    for (let left = ATTEMPTS; ; left--) {
      try {
        if (isCommit) await caller.producer.commitTransaction(END_TIMEOUT_US);
        else await caller.producer.abortTransaction(END_TIMEOUT_US);
        caller.self.enter();
        this.judge(oracle.ended(operation));
        this.#run.count(isCommit ? "committed" : "aborted");
        return "ended";
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        caller.self.enter();
        if (error.code === "TRANSACTION_ABORTABLE" && isCommit) {
          oracle.failed(operation, error.code);
          this.#run.count("toBeAborted");
          return "abortable";
        }
        if (error.isRetriable && left > 1) continue;
        oracle.unknown(operation, error.code);
        this.#run.count(error.code === "PRODUCER_FENCED" ? "fenced" : "unknown");
        return "unknown";
      }
    }
  }

  /** A reader got these records of a partition: it stood at `from`, and goes on at `to`. */
  read(
    client: number,
    partition: TopicPartition,
    isCommitted: boolean,
    {
      from,
      to,
      records,
    }: { readonly from: Offset; readonly to: Offset; readonly records: readonly LogRecord[] },
  ): void {
    const operation = this.oracle.ask(client, {
      kind: "read",
      partition: partitionName(partition),
      from,
      isCommitted,
    });
    this.#run.count("recordsRead", records.length);
    this.judge(this.oracle.read(operation, entriesOf(records), to));
  }

  /** A rule of the oracle broke. */
  judge(broken: TransactionBroken | undefined): void {
    if (broken === undefined) return;
    this.#run.tellViolation({ operations: broken.operations, linearized: [], state: "" });
    this.#run.world.fail(`transactions/${broken.rule}`, broken.message);
  }

  /** The process of this client died: what it had asked for may have happened, or may yet. */
  lose(client: number): void {
    for (const operation of this.open(client)) this.oracle.unknown(operation, "CRASHED");
  }

  /** Calls without an answer, of one client or of all. */
  open(client?: number): readonly TransactionOperation[] {
    return this.oracle.history.operations.filter(
      (operation) => operation.outcome === "open" && (client === undefined || operation.client === client),
    );
  }

  #unknown({ self }: Caller, operation: TransactionOperation, error: unknown): BrokerErrorCode {
    if (!(error instanceof BrokerError)) throw error;
    self.enter();
    this.oracle.unknown(operation, error.code);
    return error.code;
  }
}

export function positionOf(group: string, partition: TopicPartition, offset: Offset): GroupPosition {
  return { group, partition: partitionName(partition), offset };
}

export function entriesOf(records: readonly LogRecord[]): LogEntry[] {
  return records.map((record) => ({
    offset: record.offset,
    value: readRecord(record)?.name ?? "bytes that nobody made",
  }));
}
