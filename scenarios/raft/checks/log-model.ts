/** One server's log, as nodes of the tree. */
import type { LogIndex } from "#engines/raft/types.js";
import type { EntryNode } from "./entry-tree.js";

export class LogModel {
  #base: EntryNode;
  /** The node at place i has the index `base.index + 1 + i`. */
  #nodes: EntryNode[] = [];

  constructor(base: EntryNode) {
    this.#base = base;
  }

  /** What a snapshot covers, up to here, is not in the log. */
  get base(): EntryNode {
    return this.#base;
  }

  get tip(): EntryNode {
    return this.#nodes[this.#nodes.length - 1] ?? this.#base;
  }

  get lastIndex(): LogIndex {
    return this.#base.index + this.#nodes.length;
  }

  /** The node at `index`, the base included; undefined outside of the log. */
  at(index: LogIndex): EntryNode | undefined {
    return index === this.#base.index ? this.#base : this.#nodes[index - this.#base.index - 1];
  }

  /** Whether the log, or the snapshot before it, holds the node. */
  holds(node: EntryNode): boolean {
    if (node.index >= this.#base.index) return this.at(node.index) === node;
    // A snapshot covers what was committed.
    return node.isCommitted && this.#base.isCommitted;
  }

  append(node: EntryNode): void {
    this.#nodes.push(node);
  }

  truncateFrom(from: LogIndex): void {
    this.#nodes.length = Math.max(0, Math.min(this.#nodes.length, from - this.#base.index - 1));
  }

  compactTo(base: EntryNode): void {
    if (base.index <= this.#base.index) return;
    this.#nodes = this.#nodes.slice(base.index - this.#base.index);
    this.#base = base;
  }

  restart(base: EntryNode): void {
    this.#base = base;
    this.#nodes = [];
  }
}
