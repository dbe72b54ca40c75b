// A log that acknowledges an append and means to write it later. It never gets there.
import { Wal } from "#engines/wal/index.js";

export async function openLog(env, options) {
  const wal = await Wal.open(env, options);
  let lastLsn = wal.lastLsn;
  return {
    get firstLsn() {
      return wal.firstLsn;
    },
    get lastLsn() {
      return lastLsn;
    },
    scan: () => wal.scan(),
    append: () => Promise.resolve(++lastLsn),
    appendBatch: (records) => {
      lastLsn += records.length;
      return Promise.resolve({ firstLsn: lastLsn - records.length + 1, lastLsn });
    },
    sync: () => Promise.resolve(lastLsn),
    truncateSuffix: (lsn) => {
      lastLsn = lsn;
      return Promise.resolve();
    },
    truncatePrefix: () => Promise.resolve(),
  };
}
