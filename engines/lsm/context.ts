import type { Env } from "../env/index.js";
import type { Health } from "./health.js";
import type { Settings } from "./options.js";
import type { Reaper } from "./reaper.js";
import type { Counters } from "./stats.js";
import type { BlockCache } from "./table/block-cache.js";

/** What the parts of one store share. */
export interface Context {
  readonly env: Env;
  readonly settings: Settings;
  readonly cache: BlockCache;
  readonly counters: Counters;
  readonly health: Health;
  readonly reaper: Reaper;
}
