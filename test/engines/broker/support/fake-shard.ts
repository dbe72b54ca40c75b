/** A coordinator's shard over a log in an array, which another one can take over. */
import type {
  CoordinatorMachine,
  CoordinatorMarker,
  CoordinatorRecord,
  CoordinatorShard,
  CoordinatorWrite,
} from "#engines/broker/coordinator/types.js";
import { BrokerError, type BrokerErrorCode } from "#engines/broker/errors.js";
import { assert } from "#engines/env/index.js";

type Entry =
  | { readonly kind: "record"; readonly record: CoordinatorRecord }
  | { readonly kind: "marker"; readonly marker: CoordinatorMarker };

/** What a fake shard appends to, and its successors read. */
export class FakeLog {
  readonly entries: Entry[] = [];
}

function refused(code: BrokerErrorCode): BrokerError {
  return new BrokerError(code, { expected: "", found: "", where: "a test", todo: "" });
}

export class FakeShard<M extends CoordinatorMachine> implements CoordinatorShard<M> {
  readonly machine: M;
  readonly partition = 0;
  readonly epoch: number;
  readonly #log: FakeLog;
  readonly #ends: Set<() => void> = new Set();
  /** While it is not over, nothing is committed. */
  gate: Promise<void> = Promise.resolve();
  /** What the next write fails with; before anything is appended. */
  failing: BrokerErrorCode | undefined;
  #isOver = false;

  constructor(log: FakeLog, epoch: number, machine: M) {
    this.machine = machine;
    this.#log = log;
    this.epoch = epoch;
    for (const entry of log.entries) this.#replay(entry);
  }

  async write<T>(work: (machine: M) => CoordinatorWrite<T>): Promise<T> {
    this.#check();
    const { records, stamp, answer } = work(this.machine);
    const { failing } = this;
    this.failing = undefined;
    if (failing !== undefined) throw refused(failing);
    for (const { key, value, timestampMs } of records) {
      assert(key !== null, "records have keys");
      const offset = this.#log.entries.length;
      const entry: Entry = {
        kind: "record",
        record: { offset, key, value, timestampMs, transaction: stamp },
      };
      this.#log.entries.push(entry);
      this.#replay(entry);
    }
    await this.gate;
    this.#check();
    return answer;
  }

  async read<T>(work: (machine: M) => T): Promise<T> {
    this.#check();
    const answer = work(this.machine);
    await this.gate;
    this.#check();
    return answer;
  }

  onUnload(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  marker(producerId: number, producerEpoch: number, isCommit: boolean): void {
    const offset = this.#log.entries.length;
    const entry: Entry = { kind: "marker", marker: { offset, producerId, producerEpoch, isCommit } };
    this.#log.entries.push(entry);
    this.#replay(entry);
  }

  unload(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
  }

  #check(): void {
    if (this.#isOver) throw refused("NOT_COORDINATOR");
  }

  #replay(entry: Entry): void {
    if (entry.kind === "record") this.machine.replay(entry.record);
    else this.machine.replayMarker(entry.marker);
  }
}

/** What became of a request so far. */
export interface Followed<T> {
  /** `nothing`, `ok`, or the code of the refusal. */
  said: string;
  value: T | undefined;
  error: BrokerError | undefined;
}

export function follow<T>(promise: Promise<T>): Followed<T> {
  const followed: Followed<T> = { said: "nothing", value: undefined, error: undefined };
  promise.then(
    (value) => {
      followed.said = "ok";
      followed.value = value;
    },
    (error: unknown) => {
      if (!(error instanceof BrokerError)) throw error;
      followed.said = error.code;
      followed.error = error;
    },
  );
  return followed;
}
