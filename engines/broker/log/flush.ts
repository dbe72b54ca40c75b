import { assert } from "../../env/index.js";
import type { LogCore } from "./core.js";
import type { Roller } from "./roller.js";

/** Makes everything durable that is in the log when it begins. In a turn of `core.syncing`. */
export async function flushNow(core: LogCore, roller: Roller): Promise<void> {
  await roller.finish();
  const upTo = core.logEndOffset;
  if (upTo === core.recoveryPoint && core.areEpochsSaved) return;
  for (const segment of core.segments) {
    if (segment.endOffset > core.recoveryPoint && !segment.isRetired) await segment.file.sync();
  }
  // Before the recovery point: below it nobody asks the batches for their epochs again (KAFKA-16541).
  await core.saveEpochs();
  assert(upTo >= core.recoveryPoint, "what is durable stays so");
  core.recoveryPoint = upTo;
  core.observe({ kind: "broker/flushed", partition: core.name, recoveryPoint: upTo });
}
