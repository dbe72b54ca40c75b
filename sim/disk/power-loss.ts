/**
 * The power goes. What is not durable falls back as the machine's disk allows.
 *
 * Without any other kind of fault a point in the order of the writes is drawn: page by page, what was written
 * before it is on the platter and what came after is not, and every metadata operation is kept. The benign
 * answer is that nothing is lost. `reordered-write`, `torn-write`, `garbage` and `no-psow` strike single pages,
 * `metadata-loss` the journal (in the adversarial profile: single operations).
 */
import { finalize, fold } from "../hash.js";
import { site } from "../decisions.js";
import type { Fault } from "../faults/index.js";
import type { DiskCore } from "./core.js";
import { Inode } from "./inode.js";
import { dependencies, type MetadataOperation } from "./metadata-log.js";
import { forgetPendingNames, nameIdentity, walk } from "./namespace.js";
import { PageLoss } from "./page-loss.js";

/** How the point is drawn: the ends of the range are the states that bugs live in. */
const LOST_HOW = site("disk/power-loss-how");
const LOST_COUNT = site("disk/power-loss-lost");
const NOTHING = 0;
const ALL = 1;

/** Carries out a power loss. `fault` is the one of the machine, whose ledger state is moved on. */
export function powerLoss(core: DiskCore, fault: Fault | undefined): void {
  core.losses++;
  const { pending } = core.log;
  const namesAtStake = pending.length > 0;
  const shapeBefore = namesAtStake ? shapeOf(core) : "";
  const dropped = chooseDropped(core);
  core.log.commit((operation) => !dropped.has(operation));
  for (const operation of pending) operation.parked?.changed();
  core.log.clear();
  forgetPendingNames(core.root);

  const files = reachableFiles(core);
  const threshold = drawThreshold(core, files);
  const loss = new PageLoss(core, threshold);
  for (const inode of files) loss.fall(inode);
  loss.report();
  core.device = [];
  core.dirtyFiles = [];
  core.stall = undefined;

  const shapeChanged = namesAtStake && shapeOf(core) !== shapeBefore;
  for (const one of new Set(dropped.values())) {
    one.reached();
    if (shapeChanged) one.changed();
  }
  if (fault === undefined) return;
  if (namesAtStake || loss.atStake) fault.reached();
  if (shapeChanged || loss.changed) fault.changed();
}

/** The pending operations that are lost, each with the fault that took it. Dependency-closed in its rest. */
function chooseDropped(core: DiskCore): ReadonlyMap<MetadataOperation, Fault> {
  const { pending } = core.log;
  const dropped = new Map<MetadataOperation, Fault>();
  if (pending.length === 0 || core.faults.source === undefined) return dropped;
  if (core.profile.metadata === "adversarial") return chooseSubset(core, pending);
  const fault = core.faults.strike("metadata-loss", core.losses, 0, 0, () => "the end of the journal");
  if (fault === undefined) return dropped;
  const count = 1 + core.faults.detail(pending.length, "metadata-loss", core.losses, 0, 0);
  for (const operation of pending.slice(pending.length - count)) dropped.set(operation, fault);
  return dropped;
}

function chooseSubset(
  core: DiskCore,
  pending: readonly MetadataOperation[],
): ReadonlyMap<MetadataOperation, Fault> {
  const dropped = new Map<MetadataOperation, Fault>();
  const needs = dependencies(pending);
  const seen = new Map<number, number>();
  for (const operation of pending) {
    const identity = identityOf(operation);
    const ordinal = (seen.get(identity) ?? 0) + 1;
    seen.set(identity, ordinal);
    const needed = needs.get(operation)!.find((earlier) => dropped.has(earlier));
    const fault =
      needed === undefined
        ? core.faults.strike("metadata-loss", core.losses, identity, ordinal, () => describe(operation))
        : dropped.get(needed);
    if (fault !== undefined) dropped.set(operation, fault);
  }
  return dropped;
}

function identityOf(operation: MetadataOperation): number {
  if (operation.kind === "size") return finalize(fold(operation.inode.id, operation.size));
  return finalize(fold(nameIdentity(operation.directory, operation.name), operation.kind.length));
}

function describe(operation: MetadataOperation): string {
  return operation.kind === "size"
    ? `size ${operation.size} of ${operation.inode.path}`
    : `${operation.kind} ${operation.name} in ${operation.directory.path}`;
}

function reachableFiles(core: DiskCore): Inode[] {
  const files: Inode[] = [];
  for (const [, node] of walk(core.root, (directory) => directory.durable)) {
    if (node instanceof Inode) files.push(node);
  }
  return files;
}

/** Versions up to the number drawn are on the platter where nothing else strikes. */
function drawThreshold(core: DiskCore, files: readonly Inode[]): number {
  const ends: number[] = [];
  for (const inode of files) {
    for (const page of inode.pages) {
      if (page === undefined) continue;
      for (const delta of page.versions) if (!delta.joined) ends.push(delta.order);
    }
  }
  const { source, node } = core.faults;
  if (ends.length === 0 || source === undefined) return core.order;
  const how = source.decisions.below(4, LOST_HOW, node.index, core.losses);
  if (how === NOTHING) return core.order;
  if (how === ALL) return 0;
  const lost = source.decisions.below(ends.length + 1, LOST_COUNT, node.index, core.losses);
  if (lost === ends.length) return 0;
  ends.sort((a, b) => a - b);
  return ends[ends.length - lost - 1]!;
}

/** Names and sizes, to compare. */
function shapeOf(core: DiskCore): string {
  let shape = "";
  for (const [path, node] of walk(core.root, (directory) => directory.entries)) {
    shape += node instanceof Inode ? `${path}=${node.id}:${node.size}\n` : `${path}/\n`;
  }
  return shape;
}
