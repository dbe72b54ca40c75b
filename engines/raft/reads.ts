/** Reads that wait for the core's word. */
import { assert } from "../env/index.js";
import { notLeader, type RaftError } from "./errors.js";
import type { NodeId } from "./types.js";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: RaftError) => void;
}

export class Reads {
  readonly #node: NodeId;
  readonly #waiting: Map<number, Waiting> = new Map();
  #lastId = 0;

  constructor(node: NodeId) {
    this.#node = node;
  }

  add(): { readonly id: number; readonly granted: Promise<void> } {
    const id = ++this.#lastId;
    const granted = new Promise<void>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    return { id, granted };
  }

  /** Forgets one whose promise nobody awaits. */
  remove(id: number): void {
    this.#waiting.delete(id);
  }

  answer(id: number, isGranted: boolean, leader: NodeId | undefined): void {
    const waiting = this.#waiting.get(id);
    assert(waiting !== undefined, "a read is answered once");
    this.#waiting.delete(id);
    if (isGranted) waiting.resolve();
    else waiting.reject(notLeader(this.#node, leader));
  }

  refuseAll(error: RaftError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
