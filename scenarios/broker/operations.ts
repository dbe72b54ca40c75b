/** What clients ask for, as it is carried out: each call is noted when it begins and when it ends, and judged. */
import { BrokerError } from "#engines/broker/errors.js";
import { partitionName, type LeaderEpoch, type Offset, type TopicPartition } from "#engines/broker/types.js";
import { ProducerError, type Producer } from "#engines/broker/client/index.js";
import type { LogRecord } from "#engines/broker/record/index.js";
import {
  PartitionOracle,
  type LogEntry,
  type PartitionBroken,
  type PartitionOperation,
  type PartitionOracleOptions,
} from "#sim/check/index.js";
import type { Incarnation } from "#sim/process.js";
import type { Run } from "#sim/scenario.js";
import type { BrokerPlan, PlannedSend } from "./plan.js";
import { keyNameOf, makeRecord, nameOf, readRecord } from "./records.js";

export const TOPIC = "orders";

/** Who carries something out. */
export interface Caller {
  /** In the history. */
  readonly client: number;
  readonly self: Incarnation;
}

export interface Sending {
  readonly name: string;
  readonly keyName: string | undefined;
  readonly isTombstone: boolean;
  readonly partition: number;
  readonly isPromised: boolean;
  readonly isOnce: boolean;
}

export interface OperationsOptions extends PartitionOracleOptions {
  /** The latest epoch in which anybody may lead a partition by now. */
  readonly latestEpoch: (partition: string) => LeaderEpoch;
}

export class Operations {
  readonly oracle: PartitionOracle;
  readonly isCompacted: boolean;
  readonly hasRetention: boolean;
  readonly #run: Run;
  readonly #plan: BrokerPlan;
  readonly #latestEpoch: (partition: string) => LeaderEpoch;
  #producers = 0;

  constructor(run: Run, plan: BrokerPlan, { mayLose, latestEpoch }: OperationsOptions) {
    this.#run = run;
    this.#plan = plan;
    this.#latestEpoch = latestEpoch;
    const { cleanup, retentionBytes, retentionMs } = plan.topic.config;
    this.isCompacted = cleanup !== "delete";
    this.hasRetention = retentionBytes >= 0 || retentionMs >= 0;
    this.oracle = new PartitionOracle({ mayLose });
  }

  /** Numbers a producer that begins. */
  newProducer(): number {
    return this.#producers++;
  }

  sendingOf(planned: PlannedSend): Sending {
    const { acks, isIdempotent } = this.#plan.producers[planned.producer]!;
    return {
      name: nameOf(planned),
      keyName: this.isCompacted ? keyNameOf(planned) : undefined,
      isTombstone: this.isCompacted && planned.isTombstone,
      partition: planned.partition,
      isPromised: acks === "all",
      isOnce: isIdempotent,
    };
  }

  /** Sends a record; resolves once it has ended: with a code where it was not acknowledged. */
  async send(
    caller: Caller,
    producer: Producer,
    number: number,
    sending: Sending,
  ): Promise<string | undefined> {
    const { name, keyName, isTombstone, partition, isPromised, isOnce } = sending;
    const ofTopic = partitionName({ topic: TOPIC, partition });
    const operation = this.oracle.send(caller.client, {
      partition: ofTopic,
      value: name,
      key: keyName,
      isTombstone,
      isPromised,
      isOnce,
      producer: number,
    });
    this.#run.count("operations");
    try {
      const record = { topic: TOPIC, partition, ...makeRecord(name, keyName, isTombstone) };
      const place = await producer.send(record);
      caller.self.enter();
      // A producer is not told by which leader; it was none of a later epoch than the controllers have come to.
      this.judge(this.oracle.acknowledged(operation, place.offset, this.#latestEpoch(ofTopic)));
      this.#run.count("ok");
      return undefined;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      caller.self.enter();
      this.#notSent(operation, error);
      return error.code;
    }
  }

  /** A reader got these records of a partition, and `position` was where it stood. */
  read(caller: Caller, partition: TopicPartition, position: Offset, records: readonly LogRecord[]): void {
    const [first] = records;
    if (first === undefined) return;
    // A reader whose place was deleted by retention goes on at the log's beginning, and one goes back with a log that has
    // lost its end.
    const mayJump = this.hasRetention || this.#plan.topic.config.allowsUncleanElection;
    const from = mayJump ? first.offset : position;
    const operation = this.oracle.asked(caller.client, {
      kind: "read",
      partition: partitionName(partition),
      from,
    });
    this.#run.count("operations");
    this.#run.count("recordsRead", records.length);
    this.judge(this.oracle.read(operation, this.entriesOf(records), !this.isCompacted));
  }

  entriesOf(records: readonly LogRecord[]): LogEntry[] {
    return records.map((record) => {
      const read = readRecord(record);
      if (read === undefined) return { offset: record.offset, value: "bytes that nobody made" };
      return { offset: record.offset, value: read.name, key: read.keyName };
    });
  }

  /** A rule of the oracle broke. */
  judge(broken: PartitionBroken | undefined): void {
    if (broken === undefined) return;
    this.#run.tellViolation({ operations: broken.operations, linearized: [], state: "" });
    this.#run.world.fail(`broker/${broken.rule}`, broken.message);
  }

  /** The process of this client died: what it had asked for may have happened, or may yet. */
  lose(client: number): void {
    for (const operation of this.open(client)) {
      this.oracle.unknown(operation, "CRASHED");
      this.#run.count("unknown");
    }
    this.oracle.restarted(client);
  }

  /** Calls without an answer, of one client or of all. */
  open(client?: number): readonly PartitionOperation[] {
    return this.oracle.history.operations.filter(
      (operation) => operation.outcome === "open" && (client === undefined || operation.client === client),
    );
  }

  #notSent(operation: PartitionOperation, error: BrokerError): void {
    if (error instanceof ProducerError && error.outcome === "unknown") {
      this.oracle.unknown(operation, error.code);
      this.#run.count("unknown");
    } else {
      this.judge(this.oracle.failed(operation, error.code));
      this.#run.count("failed");
    }
  }
}
