/**
 * What the log promises of damage that it can notice: a bad record that a later batch proves durable is refused,
 * never taken for a torn tail. Judged only where one flipped bit, at most, is all that the disk has lied about:
 * it spoils one batch, so that either the record or its proof is there. More of them may spoil both.
 */
import type { Observation } from "#engines/env/index.js";
import type { WalEvent } from "#engines/wal/index.js";
import type { LogOracle } from "#sim/check/index.js";
import type { FaultKind } from "#sim/faults/index.js";
import type { Run } from "#sim/scenario.js";

/** Lies that may spoil any number of batches, or make them look as if they had never been. */
const UNJUDGED: readonly FaultKind[] = [
  "lost-fsync",
  "lost-write",
  "stale-read",
  "misdirected-write",
  "misdirected-read",
  "no-psow",
];

/** Reports every recovery of the run that breaks the promise, as `wal-lying-disk/damage-unnoticed`. */
export function holdDamagePromise(run: Run, oracle: LogOracle): void {
  const promise = new DamagePromise(run, oracle);
  run.world.listen((_from, event) => promise.observed(event));
}

class DamagePromise {
  readonly #run: Run;
  readonly #oracle: LogOracle;
  /** Up to here something that is durable itself says that all is durable: a batch, or a segment's header. */
  #provenLsn = 0;
  /** What the log knows to be durable, and what the last batch says of it. */
  #durableLsn = 0;
  #claimedLsn = 0;

  constructor(run: Run, oracle: LogOracle) {
    this.#run = run;
    this.#oracle = oracle;
  }

  observed(event: Observation): void {
    const walEvent = event as WalEvent;
    if (walEvent.kind === "wal/opened") {
      this.#judge(walEvent.lastLsn);
      this.#restart(walEvent.lastLsn);
    } else if (walEvent.kind === "wal/truncated-suffix") {
      this.#restart(walEvent.lsn);
    } else if (walEvent.kind === "wal/appended") {
      this.#claimedLsn = this.#durableLsn;
    } else if (walEvent.kind === "wal/persisted") {
      this.#durableLsn = walEvent.lsn;
      this.#provenLsn = Math.max(this.#provenLsn, this.#claimedLsn);
    }
  }

  /** A segment's header, or a batch that recovery found, proves all of the log. */
  #restart(lastLsn: number): void {
    this.#provenLsn = lastLsn;
    this.#durableLsn = lastLsn;
    this.#claimedLsn = lastLsn;
  }

  #judge(lastLsn: number): void {
    const counts = this.#run.world.faults.ledger.counts();
    const injected = (kind: FaultKind): number => counts.get(kind)?.injected ?? 0;
    if (UNJUDGED.some((kind) => injected(kind) > 0) || injected("bit-rot") > 1) return;
    // A cut that the process did not live to see answered may hold.
    const floor = Math.min(this.#provenLsn, this.#oracle.openCut ?? this.#provenLsn);
    this.#run.count("damageJudged");
    if (lastLsn >= floor) return;
    this.#run.world.fail(
      "wal-lying-disk/damage-unnoticed",
      `the log ends at LSN ${lastLsn}, though it could see that ${floor} was durable`,
    );
  }
}
