import {
  closed,
  isAboveLower,
  isBelowUpper,
  toStoreError,
  type Bounds,
  type Sequence,
  type StoreIterator,
} from "../store/index.js";
import type { Core } from "./core.js";
import type { Cursor } from "./cursor.js";
import { reached, tellDamage } from "./events.js";
import { ConcatenatingCursor, LsmIterator, MergingCursor } from "./read/index.js";
import type { TableFile, Version } from "./version/version.js";

/**
 * An iterator over the state of `sequence`. Until it is closed it holds the present version, whose tables stay, and the
 * memtables.
 */
export function iterateCore(core: Core, bounds: Bounds, sequence: Sequence): StoreIterator {
  const { context, memtables, versions } = core;
  const { env, settings, health, counters } = context;
  const version = versions.current;
  version.hold();
  const cursors: Cursor[] = [];
  memtables.pushCursors(cursors);
  pushTableCursors(version, bounds, cursors);
  const cursor = cursors.length === 1 ? cursors[0]! : new MergingCursor(cursors);
  return new LsmIterator(cursor, sequence, bounds, {
    where: settings.directory,
    step(): void {
      if (health.isClosed) throw closed(settings.directory);
      counters.steps++;
    },
    release(): void {
      if (version !== versions.current) reached(env, "lsm/iterator-outlived-table");
      version.release();
    },
    failed(error: unknown): unknown {
      const known = toStoreError(error, settings.directory, "failed");
      tellDamage(env, settings.directory, known);
      return known;
    },
  });
}

/** One for each table of L0 that reaches into the bounds, and one for each level. */
function pushTableCursors({ levels }: Version, bounds: Bounds, cursors: Cursor[]): void {
  for (const [level, files] of levels.entries()) {
    const within = files.filter(
      ({ meta }) => isAboveLower(bounds, meta.largestKey) && isBelowUpper(bounds, meta.smallestKey),
    );
    if (level === 0) for (const file of within) cursors.push(file.table.cursor());
    else if (within.length === 1) cursors.push(within[0]!.table.cursor());
    else if (within.length > 0) cursors.push(new ConcatenatingCursor(within.map(levelFile)));
  }
}

function levelFile({ meta, table }: TableFile): {
  smallestKey: Uint8Array;
  largestKey: Uint8Array;
  cursor(): Cursor;
} {
  const { smallestKey, largestKey } = meta;
  return { smallestKey, largestKey, cursor: () => table.cursor() };
}
