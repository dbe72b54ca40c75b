import { assert } from "../env/index.js";
import type { Lsn } from "../wal/index.js";
import { fitsInline, PageFault, type PageId } from "./page/index.js";
import type { PendingGroup } from "./pending-group.js";
import { putCell, putEntry, removeEntry } from "./tree/index.js";
import type { Workspace } from "./workspace.js";

/** So many operations are made before others get their turn: about a millisecond. */
const OPERATIONS_A_TURN = 256;

/** In place of a page: nothing is missing, but others should have their turn. */
export const TURN: number = -1;

/** Makes the batches of a group in the workspace, as far as their pages are in memory. */
export class GroupMaker {
  readonly #workspace: Workspace;
  #group: PendingGroup | undefined;
  #firstLsn: Lsn = 0;
  #batch = 0;
  #operation = 0;
  #isInBatch = false;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  begin(group: PendingGroup, firstLsn: Lsn): void {
    assert(this.#workspace.isEmpty, "one group at a time is made");
    this.#group = group;
    this.#firstLsn = firstLsn;
    this.#batch = 0;
    this.#operation = 0;
    this.#isInBatch = false;
  }

  /**
   * 0 where the group is made. Else call again: once the page that it gives is in memory, and stays there; or, where
   * it gives `TURN`, after a turn of the event loop. Throws `PageDamaged`.
   */
  proceed(): number {
    const group = this.#group!;
    const workspace = this.#workspace;
    for (; this.#batch < group.batches; this.#batch++) {
      if (!this.#isInBatch) workspace.beginBatch(this.#firstLsn + this.#batch);
      this.#isInBatch = true;
      for (const end = group.operationsEnd(this.#batch); this.#operation < end;) {
        const missing = this.#tryOperation(group, this.#operation);
        if (missing !== 0) return missing;
        this.#operation++;
        if (this.#operation % OPERATIONS_A_TURN === 0) return TURN;
      }
      workspace.endBatch();
      this.#isInBatch = false;
    }
    return 0;
  }

  /** 0 where it is done, else the page that has to be in memory for it. */
  #tryOperation(group: PendingGroup, operation: number): PageId {
    const workspace = this.#workspace;
    const key = group.key(operation);
    try {
      if (group.isDeletion(operation)) removeEntry(workspace, key);
      else if (fitsInline(workspace.pageBytes, key.length, group.valueBytes(operation))) {
        putCell(workspace, key, group.cell(operation));
      } else putEntry(workspace, key, group.value(operation));
      return 0;
    } catch (error) {
      if (!(error instanceof PageFault)) throw error;
      return error.page;
    }
  }
}
