import { SeedstormError } from "../../env/index.js";
import type { PageId } from "./types.js";

/** A write needs a page that is not in memory. Nothing was changed: load the page and make the call again. */
export class PageFault extends Error {
  readonly page: PageId;

  constructor(page: PageId) {
    super(`page ${page} is not in memory`);
    this.name = "PageFault";
    this.page = page;
  }
}

/**
 * A page's checksum holds, and yet it is not what the pages that refer to it say: an older state of it, as a lost
 * write leaves, or another tree's. Nothing was changed, and nothing may be served from there.
 */
export class PageDamaged extends SeedstormError {
  readonly page: PageId;

  constructor(page: PageId, expected: string, found: string) {
    const todo = "check the device, and restore the store from a replica or a backup";
    super("PAGE_DAMAGED", { expected, found, where: `page ${page}`, todo });
    this.page = page;
  }
}
