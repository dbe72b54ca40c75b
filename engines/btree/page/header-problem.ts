import {
  contentStart,
  FREE_ENTRY_BYTES,
  HEADER_BYTES,
  INTERNAL,
  LEAF,
  OVERFLOW,
  pageCount,
  pageLevel,
  pageType,
  SLOT_BYTES,
  STATE,
  STATE_END,
  TRUNK,
} from "./layout.js";

/**
 * What makes no sense in a page's header by itself: the type is unknown, or what it counts doesn't fit into the page.
 * Undefined where all does. The cells are not looked at.
 */
export function headerProblem(page: Uint8Array): string | undefined {
  const type = pageType(page);
  const level = pageLevel(page);
  const isTree = type === LEAF || type === INTERNAL;
  if (isTree ? (level === 0) !== (type === LEAF) : level !== 0) return `page type ${type} at level ${level}`;
  const end = headEnd(type, pageCount(page));
  if (end < 0) return `page type ${String(type)}`;
  const content = isTree ? contentStart(page) : page.length;
  return end <= content && content <= page.length
    ? undefined
    : `a head up to ${end}, content from ${content}`;
}

/** Where the bytes end that grow from the page's beginning. -1 for what is no type. */
export function headEnd(type: number, count: number): number {
  if (type === LEAF || type === INTERNAL) return HEADER_BYTES + count * SLOT_BYTES;
  if (type === OVERFLOW) return HEADER_BYTES + count;
  if (type === TRUNK) return HEADER_BYTES + count * FREE_ENTRY_BYTES;
  return type === STATE ? STATE_END : -1;
}
