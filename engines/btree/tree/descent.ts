/** From the root down. */
import { PageDamaged } from "../page/errors.js";
import { INTERNAL, LEAF, pageLevel, pageType, STATE } from "../page/layout.js";
import { STATE_PAGE, type PageId } from "../page/types.js";

/** Throws `PageDamaged` unless it is a page of the tree at `level`, as the page that leads to it says. */
export function checkLevel(page: Uint8Array, id: PageId, level: number): void {
  if (pageLevel(page) === level && pageType(page) === (level === 0 ? LEAF : INTERNAL)) return;
  throw new PageDamaged(
    id,
    `a page of the tree at level ${level}`,
    `type ${pageType(page)} at level ${pageLevel(page)}`,
  );
}

export function checkState(page: Uint8Array): void {
  if (pageType(page) === STATE) return;
  throw new PageDamaged(STATE_PAGE, "the state page", `type ${pageType(page)}`);
}
