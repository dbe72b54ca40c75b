/**
 * A sync has two steps, since writes and a power loss may come between: its begin notes what it covers, its end
 * makes that durable, or does not.
 */
import { DiskError, assert } from "#engines/env/index.js";
import type { Fault, FaultKind } from "../faults/index.js";
import type { DiskCore } from "./core.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES } from "./layout.js";
import type { MetadataOperation } from "./metadata-log.js";
import type { Directory } from "./namespace.js";
import type { Page } from "./page.js";
import { commitPage } from "./platter.js";
import { loadPage } from "./read-faults.js";
import { flushDevice, writeBack } from "./write-back.js";

/** A sync under way. Dies with a power loss. */
export interface SyncTicket {
  readonly target: Inode | Directory;
  /** Covered is what has at most this number in the order of the disk. */
  readonly order: number;
  /** Power losses before it. */
  readonly losses: number;
}

export function beginSync(core: DiskCore, target: Inode | Directory): SyncTicket {
  return { target, order: core.order, losses: core.losses };
}

/** Ends the sync of a file. Throws EIO. */
export function endFileSync(core: DiskCore, inode: Inode, ticket: SyncTicket): void {
  assert(ticket.losses === core.losses, "no sync survives a power loss");
  const { order } = ticket;
  const number = inode.syncs.next(core.incarnation);
  const pages = inode.dirty.filter((page) => page.dirtyUpTo(order));
  try {
    if (inode.lateError !== undefined) throw reportLate(inode, pages, order);
    if (pages.length > 0) {
      const revert = strike(core, "fsync-eio-revert", inode, number);
      if (revert !== undefined) throw failAndRevert(core, inode, pages, order, revert);
      const clean = strike(core, "fsync-eio-clean", inode, number);
      if (clean !== undefined) throw failAndMarkClean(core, inode, pages, order, number, clean);
    }
    if (park(core, inode, pages, order, number)) return;
    const late = pages.length > 0 ? strike(core, "fsync-eio-late", inode, number) : undefined;
    commitMetadata(core, inode, order);
    flushDevice(core);
    for (const page of pages) writeBack(core, inode, page, order);
    if (late !== undefined) inode.lateError = late;
  } finally {
    core.sweep();
  }
}

/** Ends the sync of a directory. */
export function endDirectorySync(core: DiskCore, directory: Directory, ticket: SyncTicket): void {
  assert(ticket.losses === core.losses, "no sync survives a power loss");
  const number = directory.syncs.next(core.incarnation);
  const covered = coveredNames(core, directory, ticket.order);
  if (covered.size > 0) {
    const where = (): string => `syncDir ${directory.path}`;
    const lost = core.faults.strike("lost-fsync", directory.id, core.incarnation, number, where);
    if (lost !== undefined) {
      for (const operation of covered) operation.parked ??= lost;
      lost.reached();
      return;
    }
  }
  core.log.commit((operation) => covered.has(operation) || operation.parked !== undefined);
  flushDevice(core);
  core.sweep();
}

/** Ends a sync of which nobody knows what it did: its pages stay in the cache alone. */
export function failSync(core: DiskCore, inode: Inode, ticket: SyncTicket): void {
  for (const page of inode.dirty) if (page.dirtyUpTo(ticket.order)) page.abandon(ticket.order);
  core.sweep();
}

function strike(core: DiskCore, kind: FaultKind, inode: Inode, number: number): Fault | undefined {
  return core.faults.strike(
    kind,
    inode.id,
    core.incarnation,
    number,
    () => `sync ${number} of ${inode.path}`,
  );
}

function coveredNames(core: DiskCore, directory: Directory, order: number): ReadonlySet<MetadataOperation> {
  if (core.profile.metadata === "adversarial") return core.log.closureOf(directory, order);
  return new Set(core.log.pending.filter((operation) => operation.order <= order));
}

/** What the sync of a file makes durable beside its data, and what was in the device's cache. */
function commitMetadata(core: DiskCore, inode: Inode, order: number): void {
  const { log } = core;
  if (log.pending.length === 0) return;
  // What is parked is a prefix in this profile, and no later than the end of the sync that parked it.
  if (core.profile.metadata === "journaled") {
    const parked = log.pending.findLast((operation) => operation.parked !== undefined);
    log.commitPrefix(Math.max(order, parked?.order ?? 0));
    return;
  }
  log.commit(
    (operation) =>
      operation.parked !== undefined ||
      (operation.kind === "size" && operation.inode === inode && operation.order <= order),
  );
}

/** A sync that returns and leaves what it covers in the device's cache. */
function park(core: DiskCore, inode: Inode, pages: readonly Page[], order: number, number: number): boolean {
  const operations = core.log.pending.filter(
    (operation) =>
      operation.order <= order &&
      (core.profile.metadata === "journaled" || (operation.kind === "size" && operation.inode === inode)),
  );
  if (pages.length === 0 && operations.length === 0) return false;
  const fault = strike(core, "lost-fsync", inode, number);
  if (fault === undefined) return false;
  fault.reached();
  for (const operation of operations) operation.parked ??= fault;
  for (const page of pages) {
    if (page.parked === undefined) core.device.push({ inode, page });
    const last = page.versions.findLast((delta) => delta.order <= order)!;
    (page.parked ??= []).push({ order: last.order, fault });
  }
  return true;
}

/** ext4 with data journaling: the error of an earlier write-back, and this sync's pages are not written. */
function reportLate(inode: Inode, pages: readonly Page[], order: number): DiskError {
  const fault = inode.lateError!;
  inode.lateError = undefined;
  fault.reached();
  for (const page of pages) {
    page.abandon(order);
    if (differs(inode, page)) fault.changed();
  }
  return new DiskError("EIO", `sync ${inode.path}`);
}

/** ext4 in ordered mode, XFS: some pages reached the platter, all are marked clean and keep the new bytes. */
function failAndMarkClean(
  core: DiskCore,
  inode: Inode,
  pages: readonly Page[],
  order: number,
  number: number,
  fault: Fault,
): DiskError {
  fault.reached();
  for (const page of pages) {
    const { id } = inode;
    const reached =
      core.faults.detail(2, "fsync-eio-clean", id, core.incarnation, number, page.index + 1) === 0;
    // Blocks past a cut that is not durable are not the file's yet.
    if (reached && !page.hasPendingCut && page.parked === undefined) commitPage(core, inode, page, order);
    else page.abandon(order);
    if (differs(inode, page)) fault.changed();
  }
  return new DiskError("EIO", `sync ${inode.path}`);
}

/** Btrfs: what the sync covered is gone from the cache too. */
function failAndRevert(
  core: DiskCore,
  inode: Inode,
  pages: readonly Page[],
  order: number,
  fault: Fault,
): DiskError {
  fault.reached();
  core.log.revertSizes(inode, order);
  const size = core.log.lastSize(inode);
  let written = 0;
  const before = pages.map((page) => pageBytes(inode, inode.cache, page));
  for (const page of pages) page.revert(order);
  for (const page of inode.dirty) {
    for (const delta of page.versions) {
      if (delta.cut === undefined) written = Math.max(written, page.index * PAGE_BYTES + delta.end);
    }
  }
  inode.size = Math.max(size, written);
  // What was written since the sync began stays, and with it the size that it needs.
  if (written > size) core.log.addSize(++core.order, inode, written);
  for (const [index, page] of pages.entries()) {
    loadPage(core, inode, page);
    if (before[index]!.some((byte, at) => byte !== (inode.cache[page.index * PAGE_BYTES + at] ?? 0)))
      fault.changed();
  }
  inode.cache.fill(0, inode.size);
  // Bytes that were written back in the background and lost their size now.
  inode.platter.fill(0, inode.size);
  return new DiskError("EIO", `sync ${inode.path}`);
}

function differs(inode: Inode, page: Page): boolean {
  if (page.ghosts.length === 0) return false;
  const base = page.index * PAGE_BYTES;
  for (let i = base; i < base + PAGE_BYTES && i < inode.size; i++) {
    if ((inode.cache[i] ?? 0) !== (inode.platter[i] ?? 0)) return true;
  }
  return false;
}

function pageBytes(inode: Inode, buffer: Uint8Array, page: Page): Uint8Array {
  const base = page.index * PAGE_BYTES;
  return buffer.slice(base, Math.min(base + PAGE_BYTES, inode.size));
}
