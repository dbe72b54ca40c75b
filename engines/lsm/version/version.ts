import { assert } from "../../env/index.js";
import type { Table } from "../table/table.js";
import { MOST_LEVELS, type HasMeta, type Levels } from "./levels.js";
import type { TableMeta } from "./meta.js";

/** A table that is in at least one living version. */
export class TableFile implements HasMeta {
  readonly meta: TableMeta;
  readonly table: Table;
  /** A durable edit dropped it: its file may go once no version has it. */
  isObsolete: boolean = false;
  #versions = 0;

  constructor(meta: TableMeta, table: Table) {
    this.meta = meta;
    this.table = table;
  }

  /** A version that has it began, or, with `by` -1, ended. True where no living version has it any more. */
  count(by: 1 | -1): boolean {
    this.#versions += by;
    assert(this.#versions >= 0, "a version gives a table back once");
    return this.#versions === 0;
  }
}

/**
 * What tables there are at a moment. It never changes; the next one takes its place. Who reads from it while others
 * may replace it holds it, and its tables stay open and on the disk meanwhile.
 */
export class Version {
  readonly levels: Levels<TableFile>;
  readonly #onUnused: (file: TableFile) => void;
  #holders = 1;

  /** Held once, by the caller. `onUnused` is told each table that went out of use with this version. */
  constructor(levels: Levels<TableFile>, onUnused: (file: TableFile) => void) {
    assert(
      levels.length > 0 && levels.length <= MOST_LEVELS,
      "a version has L0, and not more levels than can be",
    );
    this.levels = levels;
    this.#onUnused = onUnused;
    for (const level of levels) for (const file of level) file.count(1);
  }

  /** Whether somebody else holds it than the one who made it. */
  get hasReaders(): boolean {
    return this.#holders > 1;
  }

  hold(): void {
    assert(this.#holders > 0, "only a living version is held");
    this.#holders++;
  }

  release(): void {
    assert(this.#holders > 0, "who holds a version gives it back once");
    this.#holders--;
    if (this.#holders > 0) return;
    for (const level of this.levels) {
      for (const file of level) if (file.count(-1)) this.#onUnused(file);
    }
  }

  get files(): number {
    return this.levels.reduce((sum, level) => sum + level.length, 0);
  }
}
