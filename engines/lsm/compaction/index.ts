/**
 * Compaction: merging tables, so that look-ups have few to ask and what nobody can see any more goes.
 *
 * What lives here: the strategies, which say what to merge (`leveled.ts`, `size-tiered.ts`); the rule of what may be
 * dropped (`retention.ts`); writing the tables that come out, which flushes do too (`table-writer.ts`); and `compact`.
 *
 * What it promises: no read ever finds anything else than before, of the present state or of any open snapshot. A
 * tombstone goes only where no older version of its key is left that it hides. The inputs go only once the manifest
 * names the outputs.
 *
 * What it does not: it doesn't say when; `background.ts` does.
 */
import type { Settings } from "../options.js";
import { LeveledStrategy } from "./leveled.js";
import { SizeTieredStrategy } from "./size-tiered.js";
import type { CompactionStrategy } from "./strategy.js";

export { compact } from "./compact.js";
export type { Compaction, CompactionInput, CompactionStrategy } from "./strategy.js";

export function strategyOf(settings: Settings): CompactionStrategy {
  return settings.strategy === "leveled" ? new LeveledStrategy(settings) : new SizeTieredStrategy(settings);
}
