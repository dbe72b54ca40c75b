/** The metadata operations that are not durable yet, their dependencies, and how they become durable. */
import { assert } from "#engines/env/index.js";
import type { Fault } from "../faults/index.js";
import type { Inode } from "./inode.js";
import type { Directory, Node } from "./namespace.js";
import type { Page } from "./page.js";

/** What every pending operation has. */
interface Pending {
  /** Place in the one order of all writes and metadata operations of the disk. */
  readonly order: number;
  /** The fault of the sync that acknowledged it and left it in the device's cache. */
  parked: Fault | undefined;
}

/** A file or directory gets its first name. */
export interface Link extends Pending {
  readonly kind: "link";
  readonly directory: Directory;
  readonly name: string;
  readonly node: Node;
}

export interface Unlink extends Pending {
  readonly kind: "unlink";
  readonly directory: Directory;
  readonly name: string;
  readonly node: Node;
}

/** A file moves to another name, in one step whatever happens. */
export interface Rename extends Pending {
  readonly kind: "rename";
  readonly directory: Directory;
  readonly name: string;
  readonly toDirectory: Directory;
  readonly toName: string;
  readonly node: Node;
}

/** A file gets another size, by a write past its end or by a truncation. */
export interface SizeChange extends Pending {
  readonly kind: "size";
  readonly inode: Inode;
  readonly size: number;
  /** The pages that lost bytes to it. */
  readonly cutPages: readonly Page[];
  durable: boolean;
}

export type NameOperation = Link | Unlink | Rename;
export type MetadataOperation = NameOperation | SizeChange;

const NO_PAGES: readonly Page[] = [];

export class MetadataLog {
  /** In order. */
  readonly pending: MetadataOperation[] = [];

  addSize(order: number, inode: Inode, size: number, cutPages: readonly Page[] = NO_PAGES): SizeChange {
    const operation: SizeChange = {
      kind: "size",
      order,
      parked: undefined,
      inode,
      size,
      cutPages,
      durable: false,
    };
    this.pending.push(operation);
    return operation;
  }

  /** Makes durable what `chosen` picks. The choice must be dependency-closed. */
  commit(chosen: (operation: MetadataOperation) => boolean): void {
    let left = 0;
    for (const operation of this.pending) {
      if (chosen(operation)) makeDurable(operation);
      else this.pending[left++] = operation;
    }
    this.pending.length = left;
  }

  /** The journal commits whole: all operations up to `order`. */
  commitPrefix(order: number): void {
    const { pending } = this;
    let count = 0;
    while (count < pending.length && pending[count]!.order <= order) makeDurable(pending[count++]!);
    if (count === pending.length) pending.length = 0;
    else pending.splice(0, count);
  }

  /**
   * The operations up to `order` on names of `directory`, with all that they depend on (see `dependencies`): whatever
   * came before on a name that one of them touches. A rename leads to names of other directories.
   */
  closureOf(directory: Directory, order: number): ReadonlySet<MetadataOperation> {
    const closure = new Set<MetadataOperation>();
    const elsewhere = new Map<Directory, Set<string>>();
    const isTouched = (of: Directory, name: string): boolean =>
      of === directory || (elsewhere.get(of)?.has(name) ?? false);
    const touch = (of: Directory, name: string): void => {
      if (of === directory) return;
      const names = elsewhere.get(of);
      if (names === undefined) elsewhere.set(of, new Set([name]));
      else names.add(name);
    };
    // Backwards: what an operation depends on comes before it. Most are sizes, which no name needs.
    for (let i = this.pending.length - 1; i >= 0; i--) {
      const operation = this.pending[i]!;
      if (operation.order > order || operation.kind === "size") continue;
      const { directory: from, name } = operation;
      const to = operation.kind === "rename" ? operation : undefined;
      if (!isTouched(from, name) && !(to !== undefined && isTouched(to.toDirectory, to.toName))) continue;
      closure.add(operation);
      touch(from, name);
      if (to !== undefined) touch(to.toDirectory, to.toName);
    }
    return closure;
  }

  /** Forgets the size changes of a file up to `order`, as a file system that goes back to the old state. */
  revertSizes(inode: Inode, order: number): void {
    this.#keep(
      (one) => one.kind !== "size" || one.inode !== inode || one.order > order || one.parked !== undefined,
    );
  }

  /** The size that a file has after all its pending changes. */
  lastSize(inode: Inode): number {
    const last = this.pending.findLast((one) => one.kind === "size" && one.inode === inode);
    return last === undefined ? inode.durableSize : (last as SizeChange).size;
  }

  clear(): void {
    this.pending.length = 0;
  }

  #keep(kept: (operation: MetadataOperation) => boolean): void {
    let left = 0;
    for (const operation of this.pending) if (kept(operation)) this.pending[left++] = operation;
    this.pending.length = left;
  }
}

function makeDurable(operation: MetadataOperation): void {
  if (operation.kind === "size") operation.inode.commitSize(operation);
  else applyName(operation);
}

/** Carries a change of names out on the durable tree. */
export function applyName(operation: NameOperation): void {
  const { directory, name, node } = operation;
  switch (operation.kind) {
    case "link":
      directory.durable.set(name, node);
      return;
    case "unlink":
      assert(directory.durable.get(name) === node, "a removed name held what was removed");
      directory.durable.delete(name);
      return;
    case "rename":
      assert(directory.durable.get(name) === node, "a renamed name held what was renamed");
      directory.durable.delete(name);
      operation.toDirectory.durable.set(operation.toName, node);
  }
}

/**
 * What each pending operation needs on the platter before it, at least:
 *
 * - an operation on a name needs the one before it on the same name (so a rename needs the create of its
 *   source, and nothing takes a name whose holder has not moved away: a rename never loses its file);
 * - the changes of one file's size are in order.
 *
 * A size needs no name, and a name no size: those are two places on the platter. A name needs the names of the
 * directories above it only to be found: syncing a directory does not make the directory's own name durable.
 */
export function dependencies(
  pending: readonly MetadataOperation[],
): ReadonlyMap<MetadataOperation, readonly MetadataOperation[]> {
  const needs = new Map<MetadataOperation, MetadataOperation[]>();
  const lastOnName = new Map<Directory, Map<string, MetadataOperation>>();
  const lastSize = new Map<Inode, MetadataOperation>();
  for (const operation of pending) {
    const needed: MetadataOperation[] = [];
    const need = (earlier: MetadataOperation | undefined): void => {
      if (earlier !== undefined && !needed.includes(earlier)) needed.push(earlier);
    };
    const touch = (directory: Directory, name: string): void => {
      let names = lastOnName.get(directory);
      if (names === undefined) lastOnName.set(directory, (names = new Map()));
      need(names.get(name));
      names.set(name, operation);
    };
    if (operation.kind === "size") {
      need(lastSize.get(operation.inode));
      lastSize.set(operation.inode, operation);
    } else {
      touch(operation.directory, operation.name);
      if (operation.kind === "rename") touch(operation.toDirectory, operation.toName);
    }
    needs.set(operation, needed);
  }
  return needs;
}
