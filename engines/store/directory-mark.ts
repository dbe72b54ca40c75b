import { badArgument } from "./errors.js";

/** The file by which the directory of each engine is known, from the moment when it holds a store. */
export const DIRECTORY_MARKS = { lsm: "CURRENT", btree: "pages" } as const;

/**
 * Throws STORE_BAD_ARGUMENT where a new store would be made beside one of another engine: their logs have the same
 * name, and each would read the other one's. `own`: the engine's own mark.
 */
export function refuseOtherEngine(names: readonly string[], own: string, where: string): void {
  if (names.includes(own)) return;
  const other = Object.values(DIRECTORY_MARKS).find((mark) => names.includes(mark));
  if (other === undefined) return;
  throw badArgument("a directory of its own", `another engine's, with its file ${other}`, where);
}
