/** Leads what is committed into a state machine with a disk of its own. */
import { assert } from "../env/index.js";
import { isPromise, type MaybePromise } from "../store/index.js";
import { digestAfter, tellApplied, type Applier, type ApplierHost, type Captured } from "./applier.js";
import { RaftError } from "./errors.js";
import type { Applied, DurableMachine } from "./state-machine.js";
import type { Entry, LogIndex } from "./types.js";

export interface DurableApplierHost extends ApplierHost {
  /** Entries up to here are applied. */
  readonly applied: (index: LogIndex) => void;
  /** The machine can't go on. Gives why the server ended. */
  readonly fail: (error: unknown) => RaftError;
}

/** An entry that was executed, and is not sealed yet. */
interface Executed {
  readonly entry: Entry;
  readonly result: Uint8Array | undefined;
  readonly digest: number;
}

interface Replacement {
  readonly chunks: readonly Uint8Array[];
  readonly at: Applied;
}

/** Something to do between two seals. */
interface Waiting {
  readonly act: () => void;
  readonly reject: (end: RaftError) => void;
}

/**
 * One batch at a time: all entries that have come while the last one was written. They count as applied, and
 * their proposers are answered, once the machine has sealed them: only then does every read see them. The
 * consensus goes on meanwhile, however slow the machine's disk is.
 */
export class DurableApplier implements Applier {
  readonly #machine: DurableMachine;
  readonly #host: DurableApplierHost;
  /** What counts as applied. */
  #at: Applied;
  #queue: Entry[] = [];
  #waiting: Waiting[] = [];
  #replacement: Replacement | undefined;
  #isBusy = false;
  #end: RaftError | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(machine: DurableMachine, at: Applied, host: DurableApplierHost) {
    this.#machine = machine;
    this.#at = at;
    this.#host = host;
  }

  get digest(): number {
    return this.#at.digest;
  }

  take(entries: readonly Entry[]): void {
    if (this.#end !== undefined) return;
    for (const entry of entries) this.#queue.push(entry);
    this.#wake();
  }

  query(query: Uint8Array): MaybePromise<Uint8Array> {
    const answer = this.#machine.query(query);
    return isPromise(answer) ? answer.catch((error: unknown) => this.#throwEnd(error)) : answer;
  }

  capture(above: LogIndex): MaybePromise<Captured | undefined> {
    return this.#betweenSeals(() => {
      const { index, digest } = this.#at;
      return index <= above ? undefined : { index, digest, chunks: this.#machine.snapshot() };
    });
  }

  replace(
    at: Applied,
    chunks: readonly Uint8Array[],
    admits: () => boolean,
    then: () => void,
  ): MaybePromise<void> {
    return this.#betweenSeals(() => {
      if (!admits()) return;
      assert(
        this.#queue.every(({ index }) => index <= at.index),
        "what was handed out is below a snapshot",
      );
      this.#queue = [];
      this.#at = at;
      this.#replacement = { chunks, at };
      this.#host.proposals.giveUp("a snapshot that covers it");
      then();
      this.#wake();
    });
  }

  async close(): Promise<void> {
    this.#endWith(stopped(this.#host.env.node));
    await this.#running;
    // What it has not made durable is in the log.
    await this.#machine.close().catch((error: unknown) => {
      this.#host.env.log(`raft: closing the state machine: ${String(error)}`);
    });
  }

  #betweenSeals<T>(act: () => T): MaybePromise<T> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (!this.#isBusy) return act();
    return new Promise((resolve, reject) => {
      // It runs within the call; what it throws is for whoever waits.
      const attempt = async (): Promise<T> => act();
      this.#waiting.push({ act: () => resolve(attempt()), reject });
    });
  }

  #wake(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#running = this.#run().catch((error: unknown) => this.#endWith(this.#host.fail(error)));
  }

  async #run(): Promise<void> {
    while (this.#end === undefined) {
      while (this.#waiting.length > 0 && this.#replacement === undefined) this.#waiting.shift()!.act();
      if (this.#replacement !== undefined) await this.#replace(this.#replacement);
      else if (this.#queue.length > 0) await this.#applyBatch();
      else break;
    }
    this.#isBusy = false;
  }

  async #replace({ chunks, at }: Replacement): Promise<void> {
    await this.#machine.restore(chunks);
    await this.#machine.seal(at);
    this.#replacement = undefined;
  }

  async #applyBatch(): Promise<void> {
    const executed: Executed[] = [];
    let at = this.#at;
    // What comes while one of them waits for the disk joins the batch.
    for (const entry of this.#queue) {
      const result = entry.kind === "command" ? this.#machine.apply(entry.data, entry.index) : undefined;
      const bytes = isPromise(result) ? await result : result;
      at = { index: entry.index, term: entry.term, digest: digestAfter(at.digest, entry, bytes) };
      executed.push({ entry, result: bytes, digest: at.digest });
      if (this.#machine.isFull) break;
    }
    this.#queue.splice(0, executed.length);
    await this.#machine.seal(at);
    this.#at = at;
    for (const { entry, digest, result } of executed) tellApplied(this.#host, entry, digest, result);
    this.#host.applied(at.index);
    // A long log must not keep everything else waiting (a store that syncs nothing may never let go).
    if (this.#queue.length > 0) await this.#host.env.clock.sleep(0);
  }

  #throwEnd(error: unknown): never {
    throw this.#host.fail(error);
  }

  #endWith(reason: RaftError): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    this.#queue = [];
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}

function stopped(where: string): RaftError {
  const parts = { expected: "a running server", found: "one that is closed", where, todo: "open it" };
  return new RaftError("RAFT_STOPPED", parts);
}
