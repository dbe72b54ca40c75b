import { assert } from "vitest";
import type { Cursor } from "#engines/lsm/cursor.js";
import { ModelCursor, SourceFailed, applyMove, show, showCursor, type Entry, type Move } from "./support.js";

/**
 * Makes the moves on the cursor and on a sorted array, and compares where they stand. Where a source fails, the
 * cursor has to stand on no entry, and to find its place again with an absolute move. Gives how many moves did.
 */
export async function followMoves(
  cursor: Cursor,
  entries: readonly Entry[],
  moves: readonly Move[],
  isSynchronous: boolean,
): Promise<number> {
  const model = new ModelCursor(entries);
  let failures = 0;
  let isLost = true;
  for (const move of moves) {
    const isStep = move.kind === "next" || move.kind === "previous";
    if (isStep && (isLost || model.present === undefined)) continue;
    try {
      const pending = applyMove(cursor, move);
      if (isSynchronous) assert.isUndefined(pending, "sources that have all in memory cost no promise");
      await pending;
    } catch (error) {
      if (!(error instanceof SourceFailed)) throw error;
      assert.isFalse(cursor.isValid, "a move that failed leaves it on no entry");
      failures++;
      isLost = true;
      continue;
    }
    model.apply(move);
    isLost = false;
    assert.equal(showCursor(cursor), model.present === undefined ? "none" : show(model.present));
  }
  return failures;
}
