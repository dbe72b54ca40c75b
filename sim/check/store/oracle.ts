import { assert } from "#engines/env/index.js";
import { History } from "../history.js";
import { blame, nameOf, type Occasion, type Wrong } from "./blame.js";
import { Era, type Write } from "./era.js";
import { explain, FoundState, isSame } from "./explain.js";
import { isWithin, nameOfKey, textOfKey, textRangeOf } from "./key-text.js";
import { Ledger } from "./ledger.js";
import { PendingReadSet } from "./pending-reads.js";
import type {
  StoreAnswer,
  StoreBroken,
  StoreChange,
  StoreEntry,
  StoreInput,
  StoreOperation,
  StoreQuery,
  StoreRule,
} from "./types.js";

/**
 * What a store is held to on the disk that it has.
 *
 * - `whole`: everything. For a disk that may fail, but doesn't lie.
 * - `prefix`: a disk that lies may take the end of what was promised to be kept, or bring back an older state of
 *   the store's own. That is counted. Every state is still the one behind some prefix of the writes.
 * - `written`: the disk has told a lie that the store can't notice. Every value was still written to its key, as it
 *   is, by a write that was not reported as failed.
 */
export type StorePromise = "whole" | "prefix" | "written";

export interface StoreOracleOptions {
  /** Reads out of a value which value it claims to be; no two that are put have the same. -1: none. */
  readonly idOf: (value: Uint8Array) => number;
  /** Asked at every check. It may become weaker in a run, never stronger. */
  readonly promise: () => StorePromise;
}

/** Is told what was asked, answered and found after each restart. */
export class StoreOracle {
  readonly history: History<StoreInput, StoreAnswer> = new History();
  readonly #options: StoreOracleOptions;
  readonly #ledger: Ledger;
  /** The last one is that of the present; the others count on a disk that lies. */
  readonly #eras: Era[] = [new Era(0, new Map())];
  readonly #pending: PendingReadSet = new PendingReadSet();
  /** Up to here everything must survive anything. */
  #durable = 0;
  #lost = 0;

  constructor(options: StoreOracleOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.idOf);
  }

  /** Writes promised to be kept that a disk that lies took away, in all recoveries. */
  get lost(): number {
    return this.#lost;
  }

  /** Up to this sequence everything was promised to survive a power loss. */
  get durableSequence(): number {
    return this.#durable;
  }

  /** The highest sequence that was acknowledged or shown. */
  get newestSequence(): number {
    return this.#era.newest;
  }

  /** A client asks for these changes, all of them or none. Where a key comes twice the later one counts. */
  sent(client: number, changes: readonly StoreChange[]): StoreOperation {
    const operation = this.history.invoke(client, { kind: "write", changes });
    this.#ledger.enter(operation, changes, this.#era);
    return operation;
  }

  /** The store acknowledged the write. `isDurable`: that promises that a power loss can't take it. */
  acknowledged(operation: StoreOperation, sequence: number, isDurable: boolean): StoreBroken | undefined {
    const write = this.#ledger.writeOf(operation);
    const wrong = this.#checkSequence(write, sequence);
    this.history.ok(operation, { kind: "written", sequence });
    if (wrong !== undefined) return wrong;
    this.#era.place(write, sequence);
    if (isDurable) this.durable(sequence);
    return this.#judgePending(this.#era.complete);
  }

  /** The store said that this has certainly not happened and never will. */
  failed(operation: StoreOperation, reason: string): void {
    this.history.failed(operation, reason);
  }

  /** The store could not say. */
  unknown(operation: StoreOperation, reason: string): void {
    this.history.unknown(operation, reason);
  }

  /** Everything up to here must survive anything from now on. */
  durable(sequence: number): void {
    this.#durable = Math.max(this.#durable, sequence);
  }

  /**
   * The store says that the state that reads see now is that of `sequence`. `isDurable`: it shows nothing that a
   * power loss can take.
   */
  shown(sequence: number, isDurable: boolean): StoreBroken | undefined {
    const era = this.#era;
    if (sequence < era.newest) {
      const newest = era.writeAt(era.newest);
      return broken(
        "stale-read",
        `the store shows the state at sequence ${sequence}, but was at ${era.newest} before`,
        newest === undefined ? [] : [newest],
      );
    }
    if (this.#options.promise() === "whole" && sequence - era.baseSequence > era.writes.length) {
      return broken("hole", `the store shows sequence ${sequence}, but there were not so many writes`);
    }
    era.newest = sequence;
    if (isDurable) this.durable(sequence);
    return undefined;
  }

  /** A client reads. */
  asked(client: number, query: StoreQuery): StoreOperation {
    if (query.kind === "get") this.#ledger.noteKey(textOfKey(query.key));
    return this.history.invoke(client, query);
  }

  /** The store refused to answer a read. */
  unanswered(operation: StoreOperation, reason: string): void {
    this.history.failed(operation, reason);
  }

  /** The answer of a get. */
  got(operation: StoreOperation, value: Uint8Array | undefined): StoreBroken | undefined {
    const query = operation.input;
    assert(query.kind === "get", "only a get gives one value");
    this.history.ok(operation, { kind: "value", value });
    return this.#seen(query, new Map([[textOfKey(query.key), value]]));
  }

  /**
   * The answer of a get whose state the store gave up meanwhile: it went on with a later one, at `latest` at the most.
   * Judged where all writes up to there are known.
   */
  gotLater(
    operation: StoreOperation,
    value: Uint8Array | undefined,
    latest: number,
  ): StoreBroken | undefined {
    const query = operation.input;
    assert(query.kind === "get" && !query.isSnapshot, "only a get of the present goes on with a later state");
    this.history.ok(operation, { kind: "value", value });
    const era = this.#era;
    const key = textOfKey(query.key);
    const found = new Map([[key, value]]);
    if (this.#options.promise() === "written") return this.#checkWritten(found, latest);
    if (value !== undefined) this.#ledger.noteSeen(value, latest);
    if (latest > era.complete) return undefined;
    if (era.valuesOf(key, query.sequence, latest).some((each) => isSame(each, value))) return undefined;
    return this.#blame({ era, sequence: latest, state: new FoundState(found, false), key, occasion: "now" });
  }

  /** The first entries of a scan, as the iterator gave them; `isWhole`: then it came to its end. */
  scanned(
    operation: StoreOperation,
    entries: readonly StoreEntry[],
    isWhole: boolean,
  ): StoreBroken | undefined {
    const query = operation.input;
    assert(query.kind === "scan", "only a scan gives entries");
    this.history.ok(operation, { kind: "entries", count: entries.length });
    const range = textRangeOf(query.range);
    const found = new Map<string, Uint8Array | undefined>();
    let last: string | undefined;
    for (const { key, value } of entries) {
      const text = textOfKey(key);
      if (!isWithin(range, text)) return iteratorWrong(operation, `${nameOfKey(text)} is out of the bounds`);
      if (last !== undefined && !isBefore(last, text, range.isReverse))
        return iteratorWrong(operation, `${nameOfKey(text)} comes behind ${nameOfKey(last)}`);
      last = text;
      found.set(text, value);
    }
    for (const key of this.#ledger.keysWithin(range)) {
      const isPassed = isWhole || (last !== undefined && isBefore(key, last, range.isReverse));
      if (isPassed && !found.has(key)) found.set(key, undefined);
    }
    return this.#seen(query, found);
  }

  /** The process is gone: what it has not answered, nobody will. */
  stopped(): StoreBroken | undefined {
    this.history.loseOpen("CRASHED");
    const era = this.#era;
    const isJudged = this.#options.promise() !== "written";
    for (const { sequence, state, occasion } of this.#pending.takeUpTo(Number.MAX_SAFE_INTEGER)) {
      const explained = isJudged ? explain(era, sequence, state) : undefined;
      if (explained?.ok === false && "key" in explained)
        return this.#blame({ era, sequence, state, key: explained.key, occasion });
    }
    return undefined;
  }

  /**
   * The store was opened again, holds these entries, in any order, and says that this is the state at `sequence`.
   * `processOnly`: the machine kept its page cache and no sync had failed, so that what was merely acknowledged
   * must be there too. Afterwards this is the state, all of it is durable, and all else is gone.
   */
  recovered(entries: readonly StoreEntry[], sequence: number, processOnly: boolean): StoreBroken | undefined {
    assert(this.#pending.isEmpty, "the process before was seen to stop");
    const found = new Map(entries.map(({ key, value }) => [textOfKey(key), value]));
    const wrong =
      this.#checkEnd(sequence, processOnly ? this.#era.newest : this.#durable) ??
      this.#checkState(sequence, new FoundState(found, true));
    if (wrong !== undefined) return wrong;
    this.#eras.push(new Era(sequence, found));
    this.#durable = sequence;
    return undefined;
  }

  get #era(): Era {
    return this.#eras.at(-1)!;
  }

  #checkSequence(write: Write, sequence: number): StoreBroken | undefined {
    const era = this.#era;
    const owner = era.writeAt(sequence);
    if (owner !== undefined) {
      return broken(
        "sequence-reused",
        `sequence ${sequence} was given to ${nameOf(write)}, but ${nameOf(owner)} has it`,
        [write, owner],
      );
    }
    if (sequence <= era.baseSequence) {
      const message = `${nameOf(write)} was given sequence ${sequence}, but the store began with ${era.baseSequence}`;
      return broken("sequence-reused", message, [write]);
    }
    if (sequence > write.after) return undefined;
    const message = `${nameOf(write)} was given sequence ${sequence}, but ${write.after} was there before it began`;
    return broken("order", message, [write]);
  }

  /** Takes what a read has shown, and judges it as soon as everything up to its sequence is known. */
  #seen(query: StoreQuery, found: Map<string, Uint8Array | undefined>): StoreBroken | undefined {
    const { sequence } = query;
    const era = this.#era;
    if (this.#options.promise() === "written") return this.#checkWritten(found, sequence);
    for (const value of found.values()) if (value !== undefined) this.#ledger.noteSeen(value, sequence);
    const occasion = query.isSnapshot ? "snapshot" : "now";
    if (sequence <= era.complete) return this.#judge(sequence, new FoundState(found, false), occasion);
    const contradiction = this.#pending.add(sequence, found, occasion);
    if (contradiction === undefined) return undefined;
    const message = `key ${nameOfKey(contradiction.key)} has two values at sequence ${sequence}`;
    const sources = contradiction.values.map((value) => value && this.#ledger.claimed(value)?.write);
    return broken(
      "snapshot-changed",
      message,
      sources.filter((write) => write !== undefined),
    );
  }

  #judgePending(complete: number): StoreBroken | undefined {
    for (const { sequence, state, occasion } of this.#pending.takeUpTo(complete)) {
      const wrong = this.#judge(sequence, state, occasion);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #judge(sequence: number, state: FoundState, occasion: Occasion): StoreBroken | undefined {
    const era = this.#era;
    if (this.#options.promise() === "written") return this.#checkWritten(state.entries, sequence);
    for (const [key, value] of state.entries) {
      if (isSame(era.valueAt(key, sequence), value)) continue;
      return this.#blame({ era, sequence, state, key, occasion });
    }
    return undefined;
  }

  #checkEnd(sequence: number, floor: number): StoreBroken | undefined {
    if (sequence >= floor) return undefined;
    if (this.#options.promise() !== "whole") {
      this.#lost += floor - sequence;
      return undefined;
    }
    const lost = this.#era.sequenced.filter((write) => write.sequence > sequence && write.sequence <= floor);
    const message = `the store ends at sequence ${sequence}, but promised to keep everything up to ${floor}`;
    return broken("acknowledged-lost", message, lost);
  }

  #checkState(sequence: number, state: FoundState): StoreBroken | undefined {
    const promise = this.#options.promise();
    if (promise === "written") return this.#checkWritten(state.entries, sequence);
    const era = this.#era;
    const explained = explain(era, sequence, state);
    if (explained.ok)
      return promise === "whole" ? this.#checkHoles(era, sequence, explained.placed) : undefined;
    if (promise === "prefix" && this.#isOlderState(sequence, state)) return undefined;
    if ("key" in explained) {
      return this.#blame({ era, sequence, state, key: explained.key, occasion: "recovery" });
    }
    const message = `${nameOf(explained.gone)} was shown by a read before, and is not there after recovery`;
    return broken("acknowledged-lost", message, [explained.gone]);
  }

  /** Each sequence belongs to a write; one that nobody knows the owner of, to one without an answer that is there. */
  #checkHoles(era: Era, sequence: number, placed: number): StoreBroken | undefined {
    const known = era.sequenced.filter((write) => write.sequence <= sequence).length;
    const unowned = sequence - era.baseSequence - known;
    if (unowned <= placed) return undefined;
    const message = `${unowned} sequences up to ${sequence} were not acknowledged, and ${placed} other writes can be there`;
    return broken("hole", message, era.undecided);
  }

  /** On a disk that lies the store may wake up in an older state of its own, of any time. */
  #isOlderState(sequence: number, state: FoundState): boolean {
    return this.#eras.some((era) => sequence >= era.baseSequence && explain(era, sequence, state).ok);
  }

  /** Each value alone: that it was written to its key. */
  #checkWritten(
    found: ReadonlyMap<string, Uint8Array | undefined>,
    sequence: number,
  ): StoreBroken | undefined {
    for (const [key, value] of found) {
      if (value === undefined) continue;
      const source = this.#ledger.claimed(value);
      const isWritten = source?.key === key && isSame(source.bytes, value);
      if (isWritten && source.write.operation.outcome !== "failed") continue;
      const state = new FoundState(found, false);
      return this.#blame({ era: this.#era, sequence, state, key, occasion: "recovery" });
    }
    return undefined;
  }

  #blame(wrong: Omit<Wrong, "ledger">): StoreBroken {
    return blame({ ...wrong, ledger: this.#ledger });
  }
}

function isBefore(a: string, b: string, isReverse: boolean): boolean {
  return isReverse ? a > b : a < b;
}

function iteratorWrong(operation: StoreOperation, message: string): StoreBroken {
  return { rule: "iterator-wrong", message, operations: [operation.id] };
}

function broken(rule: StoreRule, message: string, writes: readonly Write[] = []): StoreBroken {
  return { rule, message, operations: writes.map(({ operation }) => operation.id) };
}
