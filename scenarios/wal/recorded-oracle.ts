/** An oracle that remembers what it was told, so that one of any earlier moment can be made again. */
import {
  LogOracle,
  type Append,
  type Broken,
  type LogOracleOptions,
  type RecoveredRecord,
} from "#sim/check/index.js";

type Step = (oracle: LogOracle, appends: Map<number, Append>) => void;

export class RecordedOracle extends LogOracle {
  readonly #options: LogOracleOptions;
  readonly #steps: Step[] = [];

  constructor(options: LogOracleOptions) {
    super(options);
    this.#options = options;
  }

  /** How much it was told so far. */
  get position(): number {
    return this.#steps.length;
  }

  /** A new oracle that was told what this one had been told at `position`. */
  replay(position: number): LogOracle {
    const oracle = new LogOracle(this.#options);
    const appends = new Map<number, Append>();
    for (const step of this.#steps.slice(0, position)) step(oracle, appends);
    return oracle;
  }

  override sent(client: number, records: readonly Uint8Array[]): Append[] {
    this.#steps.push((oracle, appends) => {
      for (const append of oracle.sent(client, records)) appends.set(append.id, append);
    });
    return super.sent(client, records);
  }

  override acknowledged(append: Append, lsn: number, durable: boolean): Broken | undefined {
    this.#steps.push((oracle, appends) => oracle.acknowledged(appends.get(append.id)!, lsn, durable));
    return super.acknowledged(append, lsn, durable);
  }

  override durable(lsn: number): void {
    // Nothing new is no promise, and must not make the same images be looked at again.
    if (lsn > this.durableLsn) this.#steps.push((oracle) => oracle.durable(lsn));
    super.durable(lsn);
  }

  override cutBegins(lsn: number): void {
    this.#steps.push((oracle) => oracle.cutBegins(lsn));
    super.cutBegins(lsn);
  }

  override cutDone(): void {
    this.#steps.push((oracle) => oracle.cutDone());
    super.cutDone();
  }

  override prefixDropped(lsn: number): void {
    this.#steps.push((oracle) => oracle.prefixDropped(lsn));
    super.prefixDropped(lsn);
  }

  override recovered(
    records: readonly RecoveredRecord[],
    lastLsn: number,
    processOnly: boolean,
  ): Broken | undefined {
    this.#steps.push((oracle) => oracle.recovered(records, lastLsn, processOnly));
    return super.recovered(records, lastLsn, processOnly);
  }
}
