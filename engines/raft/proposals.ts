/** What this server proposed or was asked to read, and who waits for it. */
import { assert } from "../env/index.js";
import { RaftError } from "./errors.js";
import type { Entry, LogIndex, LogPosition, NodeId, Term } from "./types.js";

interface Waiting {
  readonly term: Term;
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (error: RaftError) => void;
}

/** Proposals that wait for their result. */
export class Proposals {
  readonly #node: NodeId;
  readonly #waiting: Map<LogIndex, Waiting> = new Map();

  constructor(node: NodeId) {
    this.#node = node;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The result of the entry at this place, once it is applied. */
  resultOf({ index, term }: LogPosition): Promise<Uint8Array> {
    assert(!this.#waiting.has(index), "one proposal an index");
    return new Promise((resolve, reject) => this.#waiting.set(index, { term, resolve, reject }));
  }

  applied({ index, term }: Entry, result: Uint8Array): void {
    const waiting = this.#waiting.get(index);
    if (waiting === undefined) return;
    assert(waiting.term === term, "whoever stops leading gives up its proposals first");
    this.#waiting.delete(index);
    waiting.resolve(result);
  }

  /** Nobody here will learn what becomes of them: another leader may commit them or not. */
  giveUp(reason: string): void {
    if (this.#waiting.size === 0) return;
    const error = new RaftError(
      "RAFT_UNKNOWN",
      { expected: "a result", found: reason, where: this.#node, todo: "ask the leader what became of it" },
      { outcome: "unknown" },
    );
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
