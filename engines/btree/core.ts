import type { Env } from "../env/index.js";
import type { Wal } from "../wal/index.js";
import type { Telling } from "./events.js";
import type { Health } from "./health.js";
import type { Settings } from "./options.js";
import type { PageFile } from "./page-file.js";
import type { MutableTreeState } from "./page/index.js";
import type { BufferPool, PageBuffers } from "./pool/index.js";
import type { Superblock } from "./superblock.js";
import type { Views } from "./views.js";

/** What the parts of an open store share. */
export interface Core {
  readonly env: Env;
  readonly settings: Settings;
  readonly telling: Telling;
  readonly health: Health;
  readonly wal: Wal;
  readonly file: PageFile;
  readonly buffers: PageBuffers;
  readonly pool: BufferPool;
  readonly views: Views;
  /** The tree as readers see it. */
  readonly tree: MutableTreeState;
  /** The last one that is known to be written. */
  superblock: Superblock;
  /** Where the next one goes: the other slot holds a good one that is durable. */
  nextSlot: 0 | 1;
}
