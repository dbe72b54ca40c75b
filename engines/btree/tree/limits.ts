import { MAX_VALUE_BYTES, maxKeyBytes } from "../page/cells.js";

/** How long keys and values may be. */
export interface TreeLimits {
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** Keys up to an eighth of a page: four of them with their children always fit into an internal page. */
export function treeLimits(pageBytes: number): TreeLimits {
  return { keyBytes: maxKeyBytes(pageBytes), valueBytes: MAX_VALUE_BYTES };
}
