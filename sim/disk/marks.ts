/** Where the platter, in silence, holds other bytes than were written: so that the ledger knows when they are read. */
import type { Fault } from "../faults/index.js";
import type { Inode } from "./inode.js";
import { PAGE_BYTES, pageOf } from "./layout.js";

export interface Mark {
  readonly fault: Fault;
  /** Place in the file; within one page. */
  readonly at: number;
  /** What should be there. */
  readonly expected: Uint8Array;
  /** Loads of the page at the time: until the next one, reads are answered by the cache. */
  readonly loads: number;
}

/** Notes that the bytes at `at` should be `expected`. The array must not change any more. */
export function addMark(inode: Inode, fault: Fault, at: number, expected: Uint8Array): void {
  if (expected.length === 0) return;
  const loads = inode.pages[pageOf(at)]?.loads ?? 0;
  inode.marks.push({ fault, at, expected, loads });
}

/** The bytes in [from, to) were written: nothing there is wrong any more. */
export function trimMarks(inode: Inode, from: number, to: number): void {
  if (inode.marks.length === 0) return;
  inode.marks = inode.marks.flatMap((mark) => {
    const end = mark.at + mark.expected.length;
    if (end <= from || mark.at >= to) return [mark];
    const left: Mark[] = [];
    if (mark.at < from) left.push({ ...mark, expected: mark.expected.subarray(0, from - mark.at) });
    if (end > to) left.push({ ...mark, at: to, expected: mark.expected.subarray(to - mark.at) });
    return left;
  });
}

/** Tells the ledger which wrong places a read looked at. `read` are the bytes that it gave from `offset` on. */
export function reportMarks(inode: Inode, offset: number, read: Uint8Array): void {
  for (const { fault, at, expected, loads } of inode.marks) {
    const from = Math.max(at, offset);
    const to = Math.min(at + expected.length, offset + read.length);
    if (from >= to) continue;
    const page = inode.pages[pageOf(at)];
    if (page === undefined) continue;
    if (page.loads > loads) fault.reached();
    const base = page.index * PAGE_BYTES;
    for (let i = from; i < to; i++) {
      // Newer bytes that are not synced yet are meant to differ.
      const rewritten = page.versions.some(
        (delta) => !delta.wrong && delta.start <= i - base && i - base < delta.end,
      );
      if (!rewritten && read[i - offset] !== expected[i - at]) {
        fault.changed();
        break;
      }
    }
  }
}
