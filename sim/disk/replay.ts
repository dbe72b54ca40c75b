/** Feeds operations that were recorded elsewhere, on real files perhaps, to a simulated disk. */
import { assert } from "#engines/env/index.js";
import type { DiskOp } from "#engines/env/recording-disk.js";
import type { DiskCore } from "./core.js";
import { truncateFile, writeFile } from "./file-io.js";
import { placeFile } from "./image.js";
import { Inode } from "./inode.js";
import { findDirectory, makeDirectory, openFile, removeFile, renameFile } from "./namespace.js";
import { beginSync, endDirectorySync, endFileSync, failSync, type SyncTicket } from "./sync.js";

export class Replay {
  readonly #core: DiskCore;
  readonly #files: Map<number, Inode> = new Map();
  readonly #syncs: Map<number, SyncTicket> = new Map();

  /** The disk must be without faults. */
  constructor(core: DiskCore) {
    assert(core.faults.source === undefined, "recorded operations are replayed without faults");
    this.#core = core;
  }

  /**
   * Carries out one operation. Of a write that failed all bytes are taken, as one more version: a prefix of
   * them is among the torn ones. After a sync that failed its pages are believed clean: that is the worst that
   * an engine can meet, since a later sync says nothing about them.
   */
  apply(op: DiskOp): void {
    const core = this.#core;
    switch (op.kind) {
      case "found":
        this.#files.set(op.file, placeFile(core, op.path, op.bytes.length, op.bytes));
        return;
      case "create":
        this.#files.set(op.file, openFile(core, op.path, "exclusive"));
        return;
      case "mkdir":
        return makeDirectory(core, op.path);
      case "rename":
        return renameFile(core, op.from, op.to);
      case "remove":
        return removeFile(core, op.path);
      case "write":
      case "write-failed":
        writeFile(core, this.#file(op.file), op.offset, op.bytes);
        return;
      case "truncate":
        return truncateFile(core, this.#file(op.file), op.sizeBytes);
      case "sync-begin":
        this.#syncs.set(op.sync, beginSync(core, this.#file(op.file)));
        return;
      case "sync-dir-begin":
        this.#syncs.set(op.sync, beginSync(core, findDirectory(core, op.path, `syncDir ${op.path}`)));
        return;
      case "sync-end":
      case "sync-dir-end":
        return this.#endSync(op.sync, op.ok);
    }
  }

  #endSync(sync: number, ok: boolean): void {
    const ticket = this.#syncs.get(sync);
    assert(ticket !== undefined, "a sync begins before it ends");
    this.#syncs.delete(sync);
    const { target } = ticket;
    if (target instanceof Inode) {
      if (ok) endFileSync(this.#core, target, ticket);
      else failSync(this.#core, target, ticket);
    } else if (ok) endDirectorySync(this.#core, target, ticket);
  }

  #file(id: number): Inode {
    const inode = this.#files.get(id);
    assert(inode !== undefined, "a file is created or found before it is used");
    return inode;
  }
}
