/** Leads what is committed into the state machine. */
import { crc32c } from "../bytes/index.js";
import type { Env } from "../env/index.js";
import type { MaybePromise } from "../store/index.js";
import type { RaftEvent } from "./events.js";
import type { Proposals } from "./proposals.js";
import type { Applied, StateMachine, StateStream } from "./state-machine.js";
import type { Entry, LogIndex, LogPosition } from "./types.js";

const NO_RESULT: Uint8Array = new Uint8Array(0);

/** The state at a place in the log. */
export interface Captured {
  readonly index: LogIndex;
  readonly digest: number;
  readonly chunks: readonly Uint8Array[] | StateStream;
}

/** A state machine with all that it has applied. What it is given is committed, and comes in its order. */
export interface Applier {
  /** Of all that is applied. */
  readonly digest: number;
  /** Applies these. Observes each, and tells whoever proposed it. */
  take(entries: readonly Entry[]): void;
  /** Answers a query from a state that holds all that was said to be applied. Rejects with the server's end. */
  query(query: Uint8Array): MaybePromise<Uint8Array>;
  /** The state, unless it is not above this index. */
  capture(above: LogIndex): MaybePromise<Captured | undefined>;
  /**
   * Calls `admits` at a moment at which the state may be replaced, and if that is true replaces it by these
   * chunks: the state of `at`. `then` is called in the same moment; nothing else is applied before it is done.
   */
  replace(
    at: Applied,
    chunks: readonly Uint8Array[],
    admits: () => boolean,
    then: () => void,
  ): MaybePromise<void>;
  /** Applies nothing more, and closes the machine. Never rejects. Undefined where there is nothing to close. */
  close?(): Promise<void>;
}

/** What an applier needs of its server. */
export interface ApplierHost {
  readonly env: Env;
  readonly proposals: Proposals;
}

/** Of a state machine in memory: at once. */
export class DirectApplier implements Applier {
  readonly #machine: StateMachine;
  readonly #host: ApplierHost;
  #at: LogIndex;
  #digest: number;

  constructor(machine: StateMachine, { index, digest }: Applied, host: ApplierHost) {
    this.#machine = machine;
    this.#host = host;
    this.#at = index;
    this.#digest = digest;
  }

  get digest(): number {
    return this.#digest;
  }

  take(entries: readonly Entry[]): void {
    for (const entry of entries) this.#apply(entry);
  }

  query(query: Uint8Array): Uint8Array {
    return this.#machine.query(query);
  }

  capture(above: LogIndex): Captured | undefined {
    const index = this.#at;
    if (index <= above) return undefined;
    return { index, digest: this.#digest, chunks: this.#machine.snapshot() };
  }

  replace(at: Applied, chunks: readonly Uint8Array[], admits: () => boolean, then: () => void): void {
    if (!admits()) return;
    this.#machine.restore(chunks);
    this.#at = at.index;
    this.#digest = at.digest;
    this.#host.proposals.giveUp("a snapshot that covers it");
    then();
  }

  #apply(entry: Entry): void {
    const { index, kind, data } = entry;
    const result = kind === "command" ? this.#machine.apply(data, index) : NO_RESULT;
    this.#at = index;
    this.#digest = digestAfter(this.#digest, entry, result);
    tellApplied(this.#host, entry, this.#digest, result);
  }
}

/** The digest of what was applied, with one entry more. `result`: of a command; of any other entry there is none. */
export function digestAfter(
  before: number,
  { index, term, data }: Entry,
  result: Uint8Array = NO_RESULT,
): number {
  const seed = (Math.imul(before ^ term, 0x9e3779b1) ^ index) >>> 0;
  return crc32c(result, 0, result.length, crc32c(data, 0, data.length, seed));
}

/** Observes that the entry is applied, and answers whoever proposed it. */
export function tellApplied(
  { env, proposals }: ApplierHost,
  entry: Entry,
  digest: number,
  result: Uint8Array = NO_RESULT,
): void {
  const position: LogPosition = { index: entry.index, term: entry.term };
  const event: RaftEvent = { kind: "raft/applied", position, digest };
  env.observe(event);
  proposals.applied(entry, result);
}
