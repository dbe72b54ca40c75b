/** The state of a disk for people and checks. Changes nothing. */
import { ContentHash } from "./content-hash.js";
import type { DiskCore } from "./core.js";
import { hashImage, hashPages, type DiskImage, type ImageFile } from "./image.js";
import { Inode } from "./inode.js";
import { PAGE_BYTES } from "./layout.js";
import { Directory, walk, type Node } from "./namespace.js";
import type { Page } from "./page.js";

/** Bytes from `from`, below `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

export interface FileInspection {
  readonly path: string;
  readonly sizeBytes: number;
  readonly durableSizeBytes: number;
  /** Numbers of pages that a sync has to write. */
  readonly dirtyPages: readonly number[];
  /** Numbers of pages whose cache differs from the platter and that no sync will write. */
  readonly believedCleanPages: readonly number[];
  /** Numbers of pages that a sync left in the device's cache. */
  readonly devicePages: readonly number[];
  /** Where a reader sees other bytes than the platter has. */
  readonly differing: readonly ByteRange[];
}

export interface FileBytes {
  readonly cache: Uint8Array;
  readonly platter: Uint8Array;
}

export interface DiskInspection {
  readonly directories: readonly string[];
  readonly files: readonly FileInspection[];
  /** Metadata operations that are not durable. */
  readonly pendingOperations: number;
}

export interface Fingerprint {
  /** Of the names, sizes and bytes that are durable. */
  readonly durable: number;
  /** Of that and of what the process sees. */
  readonly whole: number;
}

export function inspect(core: DiskCore): DiskInspection {
  const directories: string[] = [];
  const files: FileInspection[] = [];
  for (const [path, node] of walk(core.root, (directory) => directory.entries)) {
    if (node instanceof Directory) directories.push(path);
    else files.push(inspectFile(path, node));
  }
  return { directories, files, pendingOperations: core.log.pending.length };
}

/**
 * The bytes of a file as its readers find them in the cache, and those of the platter: the arrays themselves, not
 * to be changed. Either may be shorter than the file: the rest is zeros. Undefined where there is no such file.
 */
export function bytesOf(core: DiskCore, path: string): FileBytes | undefined {
  for (const [found, node] of walk(core.root, (directory) => directory.entries)) {
    if (found === path && node instanceof Inode) return { cache: node.cache, platter: node.platter };
  }
  return undefined;
}

export function fingerprint(core: DiskCore): Fingerprint {
  const durable = durableState(core).hash;
  const hash = new ContentHash().number(durable);
  for (const [path, node] of walk(core.root, (directory) => directory.entries)) {
    hash.text(path);
    if (!(node instanceof Inode)) continue;
    hash.number(node.size);
    for (const page of node.pages) if (page !== undefined) hashPage(hash, node, page);
  }
  return { durable, whole: hash.value() };
}

/** What the platter holds for certain, as an image. */
export function durableImage(core: DiskCore): DiskImage {
  const { hash, directories, files } = durableState(core);
  return { hash, directories, files: files.map((file) => ({ ...file, bytes: file.bytes.slice() })) };
}

/** The files of `durableImage`, without a copy or a hash: the bytes are the platter's own. */
export function durableFiles(core: DiskCore): ImageFile[] {
  return durableTree(core).files;
}

function durableTree(core: DiskCore): { readonly directories: string[]; readonly files: ImageFile[] } {
  const directories: string[] = [];
  const files: ImageFile[] = [];
  for (const [path, node] of walk(core.root, durableNames)) {
    if (node instanceof Directory) directories.push(path);
    else files.push({ path, size: node.durableSize, bytes: node.platter.subarray(0, node.durableSize) });
  }
  return { directories, files };
}

/** The same as an image, without a copy. */
function durableState(core: DiskCore): DiskImage {
  const { directories, files } = durableTree(core);
  const hashed = files.map(({ path, size, bytes }) => ({ path, size, pages: hashPages(bytes) }));
  return { hash: hashImage(directories, hashed), directories, files };
}

function durableNames(directory: Directory): ReadonlyMap<string, Node> {
  return directory.durable;
}

function hashPage(hash: ContentHash, inode: Inode, page: Page): void {
  hash.word(page.index).word(page.versions.length).word(page.ghosts.length).word(page.deviceOrder);
  if (!page.resident) return;
  const base = page.index * PAGE_BYTES;
  hash.bytes(inode.cache.subarray(base, base + PAGE_BYTES));
}

function inspectFile(path: string, inode: Inode): FileInspection {
  const numbers = (what: (page: Page) => boolean): number[] =>
    inode.pages.filter((page) => page !== undefined && what(page)).map((page) => page!.index);
  return {
    path,
    sizeBytes: inode.size,
    durableSizeBytes: inode.durableSize,
    dirtyPages: numbers((page) => page.dirty),
    believedCleanPages: numbers((page) => page.ghosts.length > 0),
    devicePages: numbers((page) => page.versions.some((delta) => delta.order <= page.deviceOrder)),
    differing: differingRanges(inode),
  };
}

function differingRanges(inode: Inode): ByteRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const page of inode.pages) {
    if (page === undefined || !page.resident) continue;
    const base = page.index * PAGE_BYTES;
    for (let i = base; i < Math.min(base + PAGE_BYTES, inode.size); i++) {
      if ((inode.cache[i] ?? 0) === (inode.platter[i] ?? 0)) continue;
      const last = ranges[ranges.length - 1];
      if (last !== undefined && last.to === i) last.to = i + 1;
      else ranges.push({ from: i, to: i + 1 });
    }
  }
  return ranges;
}
