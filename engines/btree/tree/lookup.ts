import {
  childAt,
  findChild,
  findSlot,
  isOverflow,
  keyEnd,
  readChain,
  valueHeader,
  valueLength,
  valueStart,
  type Chain,
} from "../page/cells.js";
import { cellStart, HEIGHT, readField, ROOT } from "../page/layout.js";
import { STATE_PAGE, type PageId, type PageReader } from "../page/types.js";
import { checkLevel, checkState } from "./descent.js";

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** `missing`: the page `missingPage` is not in memory; load it and ask again. */
export type LookupStatus = "found" | "absent" | "missing";

/** Where a value is. One object serves many look-ups, so that none has to allocate. */
export class Lookup {
  missingPage: PageId = 0;
  /** The value's place where it is in the leaf; only while the page's bytes are the reader's. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** The value is in there, for an `OverflowReader`. */
  chain: Chain | undefined;
  /** Of the value, wherever it is. */
  length = 0;
}

/** Looks for `key` below the root that the state page names. Throws `PageDamaged`. */
export function getEntry(pages: PageReader, key: Uint8Array, into: Lookup): LookupStatus {
  const state = pages.page(STATE_PAGE);
  if (state === undefined) return missing(into, STATE_PAGE);
  checkState(state);
  let id = readField(state, ROOT);
  for (let level = readField(state, HEIGHT) - 1; ; level--) {
    const page = pages.page(id);
    if (page === undefined) return missing(into, id);
    checkLevel(page, id, level);
    if (level === 0) return lookInLeaf(page, key, into);
    id = childAt(page, findChild(page, key));
  }
}

function missing(into: Lookup, page: PageId): LookupStatus {
  into.missingPage = page;
  return "missing";
}

function lookInLeaf(page: Uint8Array, key: Uint8Array, into: Lookup): LookupStatus {
  const found = findSlot(page, key);
  if ((found & 1) === 0) return "absent";
  const behindKey = keyEnd(page, cellStart(page, found >>> 1));
  const header = valueHeader(page, behindKey);
  into.bytes = page;
  into.start = valueStart(header, behindKey);
  into.length = valueLength(header);
  into.end = into.start + into.length;
  into.chain = isOverflow(header) ? readChain(page, into.start, into.length) : undefined;
  return "found";
}
