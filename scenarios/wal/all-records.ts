import type { Wal } from "#engines/wal/index.js";
import type { RecoveredRecord } from "#sim/check/index.js";

/** All that the log holds, as an oracle wants to see it. Throws what `Wal.scan` throws. */
export async function allRecords(wal: Wal): Promise<RecoveredRecord[]> {
  const records: RecoveredRecord[] = [];
  for await (const chunk of wal.scan()) {
    chunk.records.forEach((bytes, i) => records.push({ lsn: chunk.firstLsn + i, bytes }));
  }
  return records;
}
