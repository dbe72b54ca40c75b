/**
 * The buffer pool: the pages of a B-tree that are in memory.
 *
 * What lives here: `BufferPool` with its frames and pins, and the rules by which pages go when others come in:
 * `EvictionPolicy`, an LRU list, and the scan-resistant one-bit policy that is the default.
 *
 * What it promises: a page from the disk is checked before anybody sees it; no page reaches the disk before its log
 * record is durable, which is asserted at every write; a dirty page is never dropped unwritten; memory is bounded, but
 * for what is pinned or can't be written, and that is counted. What it does not: it makes nothing durable, and knows
 * neither the tree nor older states of its pages.
 */
export {
  BufferPool,
  type LogProgress,
  type PageSource,
  type PoolHooks,
  type PoolParts,
} from "./buffer-pool.js";
export { PageBuffers } from "./buffers.js";
export { Frame, FrameQueue, type PageDraft } from "./frame.js";
export { HotCoolPolicy, LruPolicy, makePolicy, type EvictionKind, type EvictionPolicy } from "./policy.js";
