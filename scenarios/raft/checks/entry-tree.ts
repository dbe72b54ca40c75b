/**
 * Every entry that any server ever had, once, as a tree: an entry hangs below the one before it. By log
 * matching, a place of the log names one node, and a node stands for a whole log.
 */
import { decodeConfiguration } from "#engines/raft/codec/index.js";
import type { Configuration, Entry, LogIndex, LogPosition, Term } from "#engines/raft/types.js";

export class EntryNode implements LogPosition {
  readonly index: LogIndex;
  readonly term: Term;
  /** Unknown at the root, and where a server began behind a snapshot whose last entry nobody was seen to have. */
  readonly entry: Entry | undefined;
  readonly parent: EntryNode | undefined;
  /** An earlier node of the same index and term, with other bytes or another log before it. */
  readonly contradicts: EntryNode | undefined;
  /** The next node of the same index. */
  readonly sibling: EntryNode | undefined;
  /** Where the configuration stands that is in force at this place. */
  readonly configuredAt: EntryNode;
  #configuration: Configuration | undefined;
  /** Some server said that it is committed, or that something behind it is. */
  isCommitted = false;
  /** The term in which that was first said. */
  commitTerm: Term = 0;

  constructor(
    position: LogPosition,
    entry: Entry | undefined,
    parent: EntryNode | undefined,
    others: { readonly contradicts?: EntryNode | undefined; readonly sibling: EntryNode | undefined },
  ) {
    this.index = position.index;
    this.term = position.term;
    this.entry = entry;
    this.parent = parent;
    this.contradicts = others.contradicts;
    this.sibling = others.sibling;
    const changes = parent === undefined || entry?.kind === "configuration";
    this.configuredAt = changes ? this : parent.configuredAt;
    if (entry !== undefined && changes) this.#configuration = readConfiguration(entry);
  }

  /** What is in force at this place. Undefined where nobody has said so, or it can't be read. */
  get configuration(): Configuration | undefined {
    return this.configuredAt.#configuration;
  }

  /** Somebody told what is in force where no entry says it: at the root, and behind a snapshot. */
  learnConfiguration(configuration: Configuration): void {
    if (this.configuredAt === this && this.entry === undefined) this.#configuration ??= configuration;
  }

  /** The node of the same log at `index`, at or below this one; undefined where it is not known. */
  ancestorAt(index: LogIndex): EntryNode | undefined {
    let node = this as EntryNode | undefined;
    while (node !== undefined && node.index > index) node = node.parent;
    return node?.index === index ? node : undefined;
  }

  toString(): string {
    return describePosition(this);
  }
}

export function describePosition({ index, term }: LogPosition): string {
  return `entry ${index} of term ${term}`;
}

function readConfiguration(entry: Entry): Configuration | undefined {
  try {
    return decodeConfiguration(entry.data);
  } catch {
    return undefined;
  }
}

export class EntryTree {
  /** Before the first entry. */
  readonly root: EntryNode;
  /** The latest node of each index. */
  readonly #latest: EntryNode[] = [];

  constructor() {
    this.root = new EntryNode({ index: 0, term: 0 }, undefined, undefined, { sibling: undefined });
    this.root.isCommitted = true;
    this.#latest.push(this.root);
  }

  /** The oldest node of this place. */
  find({ index, term }: LogPosition): EntryNode | undefined {
    let found: EntryNode | undefined;
    for (let node = this.#latest[index]; node !== undefined; node = node.sibling) {
      if (node.term === term) found = node;
    }
    return found;
  }

  /** The node of this place, made without a past where nobody was seen to have it. */
  place(position: LogPosition): EntryNode {
    return (
      this.find(position) ?? this.#add(new EntryNode(position, undefined, undefined, this.#beside(position)))
    );
  }

  /** The node of `entry` below `parent`. `created` is told where it is new. */
  append(parent: EntryNode, entry: Entry, created: (node: EntryNode) => void): EntryNode {
    let contradicts: EntryNode | undefined;
    for (let node = this.#latest[entry.index]; node !== undefined; node = node.sibling) {
      // A place without an entry says nothing about what stands there.
      if (node.term !== entry.term || node.entry === undefined) continue;
      if (node.parent === parent && sameEntry(node.entry, entry)) return node;
      contradicts = node;
    }
    const { sibling } = this.#beside(entry);
    const node = this.#add(new EntryNode(entry, entry, parent, { contradicts, sibling }));
    created(node);
    return node;
  }

  #beside({ index }: LogPosition): { readonly sibling: EntryNode | undefined } {
    return { sibling: this.#latest[index] };
  }

  #add(node: EntryNode): EntryNode {
    this.#latest[node.index] = node;
    return node;
  }
}

/** Servers share entries, so that most are compared at no cost. */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  if (a.index !== b.index || a.term !== b.term || a.kind !== b.kind) return false;
  if (a.data === b.data) return true;
  if (a.data.length !== b.data.length) return false;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) return false;
  return true;
}
