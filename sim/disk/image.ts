/** What a platter may hold after a power loss, as plain data, and a disk made of it. */
import { ContentHash } from "./content-hash.js";
import type { DiskCore } from "./core.js";
import { Inode } from "./inode.js";
import { PAGE_BYTES, pageCount } from "./layout.js";
import { Directory, type Node } from "./namespace.js";

/** `bytes` may end before `size`: the rest is zeros. They are shared between images and must not be changed. */
export interface ImageFile {
  readonly path: string;
  readonly size: number;
  readonly bytes: Uint8Array;
}

export interface DiskImage {
  /** Hash of all names, sizes and bytes; below 2^53. Equal images have equal hashes. */
  readonly hash: number;
  /** Paths of the directories below the root, each after its parent. */
  readonly directories: readonly string[];
  readonly files: readonly ImageFile[];
}

/** The hash of one page; 0 where it has only zeros. Zeros at its end count for nothing. */
export function hashPage(page: Uint8Array): number {
  let end = page.length;
  while (end > 0 && page[end - 1] === 0) end--;
  return end === 0 ? 0 : new ContentHash().bytes(page.subarray(0, end)).value();
}

/** The hash of each page of a content. */
export function hashPages(bytes: Uint8Array): number[] {
  const hashes: number[] = [];
  for (let base = 0; base < bytes.length; base += PAGE_BYTES) {
    hashes.push(hashPage(bytes.subarray(base, base + PAGE_BYTES)));
  }
  return hashes;
}

/** The hash of an image, of whose files the hashes of the pages are known. */
export function hashImage(
  directories: readonly string[],
  files: readonly { readonly path: string; readonly size: number; readonly pages: readonly number[] }[],
): number {
  const hash = new ContentHash();
  for (const path of directories) hash.text(path);
  for (const { path, size, pages } of files) {
    hash.text(path).number(size);
    for (const [index, page] of pages.entries()) if (page !== 0) hash.word(index).number(page);
  }
  return hash.value();
}

/** Puts the image on an empty disk, all of it durable and none of it cached. */
export function mount(core: DiskCore, image: DiskImage): void {
  for (const path of image.directories) place(core, path, new Directory(core.identify(path), path));
  for (const { path, size, bytes } of image.files) placeFile(core, path, size, bytes);
}

/** A file that is durable as it is. `bytes` are copied; what `size` goes beyond them is zeros. */
export function placeFile(core: DiskCore, path: string, size: number, bytes: Uint8Array): Inode {
  const inode = new Inode(core.identify(path), path);
  inode.platter = new Uint8Array(pageCount(bytes.length) * PAGE_BYTES);
  inode.platter.set(bytes);
  inode.size = size;
  inode.durableSize = size;
  place(core, path, inode);
  return inode;
}

/** Gives a durable name. Directories on the way that are missing are made. */
function place(core: DiskCore, path: string, node: Node): void {
  const parts = path.split("/");
  let directory = core.root;
  let prefix = "";
  for (const part of parts.slice(0, -1)) {
    prefix += part;
    let next = directory.entries.get(part);
    if (next === undefined) {
      next = new Directory(core.identify(prefix), prefix);
      setDurable(directory, part, next);
    }
    directory = next as Directory;
    prefix += "/";
  }
  setDurable(directory, parts[parts.length - 1]!, node);
}

function setDurable(directory: Directory, name: string, node: Node): void {
  directory.entries.set(name, node);
  directory.durable.set(name, node);
}
