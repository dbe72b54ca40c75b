import { assert } from "#engines/env/index.js";
import type { DiskOp } from "#engines/env/recording-disk.js";
import { keyOfPayload } from "#scenarios/wal/payload.js";
import { StoreOracle, type StoreOperation } from "#sim/check/index.js";
import type { RecordedRun } from "#sim/explore/index.js";
import type { RealFilesFinding } from "../series.js";
import { changesOf, type Recovered, type StoreNote } from "./protocol.js";

/** Figures over all lives of a directory. */
export interface StoreCounts {
  writes: number;
  acknowledged: number;
  reads: number;
  recoveries: number;
  /** Entries that the recoveries gave back. */
  recovered: number;
  /** Sequences that they gave back, and nobody had heard of before. */
  recoveredUnanswered: number;
}

/** What an oracle is told: notes, and the end of each process. */
type Step = Exclude<StoreNote, { kind: "disk" | "opening" }> | { readonly kind: "killed" };

/** Tells the oracle what the notes of one process after the other say, and what they prove wrong. */
export class StoreFollower {
  readonly counts: StoreCounts = {
    writes: 0,
    acknowledged: 0,
    reads: 0,
    recoveries: 0,
    recovered: 0,
    recoveredUnanswered: 0,
  };
  readonly #oracle: StoreOracle = new StoreOracle({ idOf: keyOfPayload, promise: () => "whole" });
  /** What matters for what a disk has to hold, in all lives. */
  readonly #steps: Step[] = [];
  #writes: Map<number, StoreOperation> = new Map();
  #reads: Map<number, StoreOperation> = new Map();
  #ops: DiskOp[] = [];
  #positions: number[] = [];
  #foundOps = 0;

  /** The notes of one process, from its start to its end. */
  follow(notes: readonly StoreNote[]): RealFilesFinding | undefined {
    [this.#ops, this.#positions, this.#foundOps] = [[], [], 0];
    for (const note of notes) {
      if (note.kind === "disk") {
        this.#positions.push(this.#steps.length);
        this.#ops.push(note.op);
      } else if (note.kind === "opening") this.#foundOps = this.#ops.length;
      else {
        const finding = this.#take(note);
        if (finding !== undefined) return finding;
      }
    }
    return this.#take({ kind: "killed" });
  }

  /** What the process did to its disk that was followed last. */
  get recorded(): RecordedRun {
    // The last step is that it was killed: images are looked at by one that has not heard of that.
    return {
      ops: this.#ops,
      positions: [...this.#positions, this.#steps.length - 1],
      foundOps: this.#foundOps,
    };
  }

  /** The store was opened, and no process lives that had it before. */
  recovered(recovered: Recovered, processOnly: boolean): RealFilesFinding | undefined {
    return (
      this.#oracle.stopped() ??
      this.#oracle.recovered(recovered.entries, recovered.sequence, processOnly) ??
      problemIn(recovered)
    );
  }

  /** A new one that has heard what this one had heard at `position`, but for reads: they bind no disk. */
  replay(position: number): StoreFollower {
    const follower = new StoreFollower();
    for (const step of this.#steps.slice(0, position)) follower.#take(step);
    return follower;
  }

  #take(step: Step): RealFilesFinding | undefined {
    if (step.kind !== "asked" && step.kind !== "got" && step.kind !== "scanned") this.#steps.push(step);
    switch (step.kind) {
      case "recovered":
        return this.#recovered(step);
      case "sent":
        this.counts.writes++;
        this.#writes.set(step.write, this.#oracle.sent(step.client, changesOf(step.changes)));
        return undefined;
      case "acknowledged":
        this.counts.acknowledged++;
        // Both policies that are used promise that an answer survives anything.
        return this.#oracle.acknowledged(known(this.#writes, step.write), step.sequence, true);
      case "asked":
        this.counts.reads++;
        this.#reads.set(step.read, this.#oracle.asked(step.client, step.query));
        return undefined;
      case "got":
        return this.#oracle.got(known(this.#reads, step.read), step.value);
      case "scanned":
        return this.#oracle.scanned(known(this.#reads, step.read), step.entries, step.isWhole);
      case "killed":
        [this.#writes, this.#reads] = [new Map(), new Map()];
        break;
    }
    return this.#oracle.stopped();
  }

  #recovered(recovered: Recovered): RealFilesFinding | undefined {
    const { sequence, entries } = recovered;
    this.counts.recoveries++;
    this.counts.recovered += entries.length;
    this.counts.recoveredUnanswered += Math.max(0, sequence - this.#oracle.newestSequence);
    // SIGKILL leaves the page cache as it is: what was written is there, synced or not.
    return this.recovered(recovered, true);
  }
}

function known(operations: ReadonlyMap<number, StoreOperation>, number: number): StoreOperation {
  const operation = operations.get(number);
  assert(operation !== undefined, "what is answered was asked");
  return operation;
}

function problemIn({ problems }: Recovered): RealFilesFinding | undefined {
  const [problem] = problems;
  if (problem === undefined) return undefined;
  return { rule: "verify", message: `${problem.rule} in ${problem.where}: ${problem.message}` };
}
