/** An oracle that remembers what it was promised, so that one of any earlier moment can be made again. */
import {
  StoreOracle,
  type StoreBroken,
  type StoreChange,
  type StoreEntry,
  type StoreOperation,
  type StoreOracleOptions,
} from "#sim/check/index.js";

type Step = (oracle: StoreOracle, writes: Map<number, StoreOperation>) => void;

/** Reads promise nothing beyond the sequence that they show, so they are not remembered. */
export class RecordedStoreOracle extends StoreOracle {
  readonly #options: StoreOracleOptions;
  readonly #steps: Step[] = [];

  constructor(options: StoreOracleOptions) {
    super(options);
    this.#options = options;
  }

  /** How much it was told so far. */
  get position(): number {
    return this.#steps.length;
  }

  /** A new oracle that was told what this one had been told at `position`, and that the process is gone. */
  replay(position: number): StoreOracle {
    const oracle = new StoreOracle(this.#options);
    const writes = new Map<number, StoreOperation>();
    for (const step of this.#steps.slice(0, position)) step(oracle, writes);
    oracle.stopped();
    return oracle;
  }

  override sent(client: number, changes: readonly StoreChange[]): StoreOperation {
    const operation = super.sent(client, changes);
    this.#steps.push((oracle, writes) => writes.set(operation.id, oracle.sent(client, changes)));
    return operation;
  }

  override acknowledged(
    operation: StoreOperation,
    sequence: number,
    isDurable: boolean,
  ): StoreBroken | undefined {
    this.#steps.push((oracle, writes) => oracle.acknowledged(writes.get(operation.id)!, sequence, isDurable));
    return super.acknowledged(operation, sequence, isDurable);
  }

  override durable(sequence: number): void {
    // Nothing new is no promise, and must not make the same images be looked at again.
    if (sequence > this.durableSequence) this.#steps.push((oracle) => oracle.durable(sequence));
    super.durable(sequence);
  }

  override shown(sequence: number, isDurable: boolean): StoreBroken | undefined {
    const isNew = sequence > this.newestSequence || (isDurable && sequence > this.durableSequence);
    if (isNew) this.#steps.push((oracle) => oracle.shown(sequence, isDurable));
    return super.shown(sequence, isDurable);
  }

  override recovered(
    entries: readonly StoreEntry[],
    sequence: number,
    processOnly: boolean,
  ): StoreBroken | undefined {
    this.#steps.push((oracle) => {
      oracle.stopped();
      oracle.recovered(entries, sequence, processOnly);
    });
    return super.recovered(entries, sequence, processOnly);
  }
}
