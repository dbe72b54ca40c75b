/** What the operating system does by itself: it writes dirty pages back, and drops clean ones from the cache. */
import { assert } from "#engines/env/index.js";
import { site, type Decisions } from "../decisions.js";
import type { DiskCore } from "./core.js";
import { Inode } from "./inode.js";
import { walk } from "./namespace.js";
import type { Page } from "./page.js";
import { writeBack } from "./write-back.js";

const WRITE_HOW = site("disk/write-back-how");
const WRITE_WHAT = site("disk/write-back-what");
const EVICT_HOW = site("disk/evict-how");
const EVICT_WHAT = site("disk/evict-what");

/** All, one file, one page, or half of one file's pages; all is the benign answer, since it ends the matter. */
const ALL = 0;
const ONE_FILE = 1;
const ONE_PAGE = 2;
const HOW_MANY = 4;

/** Whether the background write-back has something to do. */
export function hasWriteBack(core: DiskCore): boolean {
  return core.dirtyFiles.some((inode) => inode.dirty.some((page) => !page.hasPendingCut));
}

/** Writes some dirty pages to the platter; at least one, where there are any. `run` identifies the decision. */
export function writeBackSome(core: DiskCore, decisions: Decisions, run: number): void {
  const draw = drawer(core, decisions, run);
  const files = core.dirtyFiles.filter((inode) => inode.dirty.some(isWritable));
  if (files.length === 0) return;
  const how = draw(HOW_MANY, WRITE_HOW, 0);
  const chosen = how === ALL ? files : [files[draw(files.length, WRITE_WHAT, 0)]!];
  for (const inode of chosen) {
    const pages = inode.dirty.filter(isWritable);
    const sure = draw(pages.length, WRITE_WHAT, 1);
    for (const [index, page] of pages.entries()) {
      const also =
        how === ALL || how === ONE_FILE || (how !== ONE_PAGE && draw(2, WRITE_WHAT, 2 + index) === 0);
      if (index === sure || also) writeBack(core, inode, page, core.order);
    }
  }
  core.sweep();
}

/** Drops some clean pages from the cache: reads of them see the platter. Nothing is the benign answer. */
export function evictSome(core: DiskCore, decisions: Decisions, run: number): void {
  const draw = drawer(core, decisions, run);
  const how = draw(HOW_MANY, EVICT_HOW, 0);
  if (how === 0) return;
  const files: Inode[] = [];
  for (const [, node] of walk(core.root, (directory) => directory.entries)) {
    if (node instanceof Inode && node.pages.some(isEvictable)) files.push(node);
  }
  if (files.length === 0) return;
  const chosen = how === 3 ? files : [files[draw(files.length, EVICT_WHAT, 0)]!];
  for (const inode of chosen) {
    const pages = inode.pages.filter(isEvictable);
    const some = how === 1 ? [pages[draw(pages.length, EVICT_WHAT, 1)]!] : pages;
    for (const page of some) evictPage(page);
  }
}

/** Drops a clean page from the cache; what only the cache had is gone. */
export function evictPage(page: Page): void {
  assert(page.evictable, "only a clean page leaves the cache");
  page.resident = false;
  page.ghosts = [];
}

function isEvictable(page: Page | undefined): page is Page {
  return page !== undefined && page.evictable;
}

function isWritable(page: Page): boolean {
  return page.dirty && !page.hasPendingCut;
}

type Draw = (bound: number, where: typeof WRITE_HOW, what: number) => number;

function drawer(core: DiskCore, decisions: Decisions, run: number): Draw {
  const { node } = core.faults;
  return (bound, where, what) => decisions.below(bound, where, node.index, core.incarnation, run, what);
}
