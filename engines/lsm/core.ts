import type { Wal } from "../wal/index.js";
import type { Context } from "./context.js";
import type { Memtables } from "./memtables.js";
import type { Snapshots } from "./snapshots.js";
import type { VersionSet } from "./version/version-set.js";

/** The state of an open store. */
export interface Core {
  readonly context: Context;
  readonly wal: Wal;
  readonly memtables: Memtables;
  readonly snapshots: Snapshots;
  readonly versions: VersionSet;
}
