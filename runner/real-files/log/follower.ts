import { assert } from "#engines/env/index.js";
import type { DiskOp } from "#engines/env/recording-disk.js";
import type { Append, Broken } from "#sim/check/index.js";
import type { RecordedRun } from "#sim/explore/index.js";
import { keyOfPayload, makePayload } from "#scenarios/wal/payload.js";
import { RecordedOracle } from "#scenarios/wal/recorded-oracle.js";
import type { Note } from "./protocol.js";

/** Figures over all lives of a directory. */
export interface LogCounts {
  appends: number;
  acknowledged: number;
  recoveries: number;
  /** Records that the recoveries gave back. */
  recovered: number;
  /** Of those, each once, the ones whose clients never had an answer. */
  recoveredUnanswered: number;
  suffixesCut: number;
  prefixesDropped: number;
}

/** Tells the oracle what the notes of one process after the other say, and what they prove wrong. */
export class Follower {
  readonly oracle: RecordedOracle = new RecordedOracle({ keyOf: keyOfPayload, lyingDisk: false });
  readonly counts: LogCounts = {
    appends: 0,
    acknowledged: 0,
    recoveries: 0,
    recovered: 0,
    recoveredUnanswered: 0,
    suffixesCut: 0,
    prefixesDropped: 0,
  };
  /** Keys whose append was answered, or which a recovery has given back since. */
  readonly #settled: Set<number> = new Set();
  #open: Map<number, readonly Append[]> = new Map();
  #ops: DiskOp[] = [];
  #positions: number[] = [];
  #foundOps = 0;

  /** The notes of one process, from its start to its end. */
  follow(notes: readonly Note[]): Broken | undefined {
    this.#open = new Map();
    [this.#ops, this.#positions, this.#foundOps] = [[], [], 0];
    for (const note of notes) {
      const broken = this.#take(note);
      if (broken !== undefined) return broken;
    }
    this.oracle.history.loseOpen("KILLED");
    return undefined;
  }

  /** What the process did to its disk that was followed last. */
  get recorded(): RecordedRun {
    const positions = [...this.#positions, this.oracle.position];
    return { ops: this.#ops, positions, foundOps: this.#foundOps };
  }

  #take(note: Note): Broken | undefined {
    switch (note.kind) {
      case "opening":
        this.#foundOps = this.#ops.length;
        break;
      case "recovered":
        return this.#recovered(note);
      case "sent":
        this.counts.appends++;
        this.#open.set(
          note.append,
          this.oracle.sent(
            note.client,
            note.records.map(({ key, sizeBytes }) => makePayload(key, sizeBytes)),
          ),
        );
        break;
      case "acknowledged":
        return this.#acknowledged(note);
      case "durable":
        this.oracle.durable(note.lsn);
        break;
      case "cut-begins":
        this.oracle.cutBegins(note.lsn);
        break;
      case "cut-done":
        this.counts.suffixesCut++;
        this.oracle.cutDone();
        break;
      case "prefix-dropped":
        this.counts.prefixesDropped++;
        this.oracle.prefixDropped(note.lsn);
        break;
      case "disk":
        this.#positions.push(this.oracle.position);
        this.#ops.push(note.op);
        break;
    }
    return undefined;
  }

  /** Both policies that are used promise that an answer survives anything. */
  #acknowledged({ append, firstLsn }: Extract<Note, { kind: "acknowledged" }>): Broken | undefined {
    this.counts.acknowledged++;
    const records = this.#open.get(append);
    assert(records !== undefined, "what is answered was sent");
    for (const [at, record] of records.entries()) {
      this.#settled.add(keyOfPayload(record.input));
      const broken = this.oracle.acknowledged(record, firstLsn + at, true);
      if (broken !== undefined) return broken;
    }
    return undefined;
  }

  #recovered({ firstLsn, lastLsn, records }: Extract<Note, { kind: "recovered" }>): Broken | undefined {
    this.counts.recoveries++;
    this.counts.recovered += records.length;
    for (const bytes of records) {
      if (!this.#settled.has(keyOfPayload(bytes))) this.counts.recoveredUnanswered++;
      this.#settled.add(keyOfPayload(bytes));
    }
    const found = records.map((bytes, at) => ({ lsn: firstLsn + at, bytes }));
    // SIGKILL leaves the page cache as it is: what was written is there, synced or not.
    return this.oracle.recovered(found, lastLsn, true);
  }
}
