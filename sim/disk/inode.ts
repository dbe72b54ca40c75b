/** One file's bytes: what the cache shows, what the platter holds, and its pages. */
import type { Fault } from "../faults/index.js";
import { NO_BYTES, PAGE_BYTES } from "./layout.js";
import type { SizeChange } from "./metadata-log.js";
import { OperationCount } from "./operation-count.js";
import { trimMarks, type Mark } from "./marks.js";
import { Page } from "./page.js";

export class Inode {
  /** Stable over runs: of the path and the number of the creation at it. */
  readonly id: number;
  /** The name that it was created under, for people. */
  readonly path: string;
  /** As the process sees it. */
  size = 0;
  durableSize = 0;
  /**
   * What reads see, where the page is resident; zeros past `size` in every case. May be shorter than the file:
   * the rest is zeros.
   */
  cache: Uint8Array = NO_BYTES;
  /**
   * What the device has, as after a mount: a file system that keeps newer bytes in its journal replays them.
   * May hold bytes past `durableSize` that were written before their size is durable.
   */
  platter: Uint8Array = NO_BYTES;
  readonly pages: (Page | undefined)[] = [];
  /** Pages that are dirty, each once; clean ones may linger until the next sweep. */
  dirty: Page[] = [];
  /** Places of the platter that hold other bytes than were written there. */
  marks: Mark[] = [];
  /** A write-back failed; the next sync says so. */
  lateError: Fault | undefined = undefined;
  readonly reads: OperationCount = new OperationCount();
  readonly writes: OperationCount = new OperationCount();
  readonly syncs: OperationCount = new OperationCount();
  /** Calls that take time. */
  readonly calls: OperationCount = new OperationCount();

  constructor(id: number, path: string) {
    this.id = id;
    this.path = path;
  }

  /** The page with this index, made where it was never touched. */
  pageAt(index: number): Page {
    const { pages } = this;
    while (pages.length <= index) pages.push(undefined);
    return (pages[index] ??= new Page(index));
  }

  /** Whether the platter may hold anything but zeros for the page. */
  onPlatter(index: number): boolean {
    return index * PAGE_BYTES < this.platter.length;
  }

  sweep(): void {
    const { dirty } = this;
    let left = 0;
    for (const page of dirty) {
      if (page.dirty) dirty[left++] = page;
      else page.listed = false;
    }
    dirty.length = left;
  }

  /** Makes a change of size durable. What was cut off is zeros on the platter from now on. */
  commitSize(change: SizeChange): void {
    change.durable = true;
    this.durableSize = change.size;
    for (const page of change.cutPages) this.#commitCut(change, page);
  }

  #commitCut(change: SizeChange, page: Page): void {
    const { versions } = page;
    const at = versions.findIndex((delta) => delta.cut === change);
    const delta = at >= 0 ? versions[at] : page.ghosts.find((ghost) => ghost.cut === change);
    if (delta === undefined) return;
    const base = page.index * PAGE_BYTES;
    this.platter.fill(0, base + delta.start, base + delta.end);
    trimMarks(this, base + delta.start, base + delta.end);
    page.generation++;
    if (page.damage !== undefined) page.damage.misread = undefined;
    if (at < 0) return;
    // Where the whole page was cut off, nothing from before can come back. Else the bytes before the cut can, and
    // the cut stays behind them to take the rest away again.
    if (delta.start === 0) versions.splice(0, at + 1);
    else if (at === 0) versions.shift();
  }
}
