/**
 * Bugs of storage engines that were reported in public: the mistake, and where. Each has to be planted as a
 * mutant where it fits, or be in not-applicable.mjs with the reason.
 *
 * @type {import("../../runner/mutants/mutant.js").HistoricBug[]}
 */
export default [
  {
    id: "S01",
    title: "rename of CURRENT not durable before the old MANIFEST and log are unlinked",
    reference: "leveldb#195",
  },
  { id: "S02", title: "first MANIFEST not synced", reference: "leveldb#189" },
  { id: "S04", title: "zeros or garbage at the tail taken for data", reference: "leveldb#251" },
  { id: "S05", title: "CURRENT written in place, unsynced", reference: "leveldb#74" },
  {
    id: "S07",
    title: "truncated log n taken for a clean end, and n + 1 replayed behind it",
    reference: "rocksdb#7701",
  },
  {
    id: "S08",
    title: "stale tail of a recycled log hides or revives dropped records",
    reference: "rocksdb#12918, pebble#580",
  },
  { id: "S10", title: "MANIFEST advanced before the new log is synced", reference: "rocksdb#9922" },
  {
    id: "S11",
    title: "after a write error recovery keeps a part of an atomic batch",
    reference: "rocksdb#12995",
  },
  {
    id: "S13",
    title: "one recovery sees the old MANIFEST and the next the new one: file numbers are used twice",
    reference: "pebble#984",
  },
  { id: "S14", title: "next log linked before the previous one is closed", reference: "cockroach#54185" },
  { id: "S16", title: "table not synced before the MANIFEST names it", reference: "badger#1645" },
  { id: "S17", title: "length of a record trusted before its checksum", reference: "badger#490" },
  {
    id: "S19",
    title: "log record of a snapshot durable, the snapshot's directory entry not",
    reference: "etcd#22340",
  },
  {
    id: "S20",
    title: "first of two meta pages bad: open gives up though the second is good",
    reference: "boltdb#548",
  },
  { id: "S22", title: "meta page flushed before its data pages", reference: "ReOpenLDAP#1" },
  { id: "S23", title: "result of fsync ignored", reference: "redis#8111, redis#8347" },
  {
    id: "S25",
    title: "fsync tried again after it failed, and believed",
    reference: 'PostgreSQL, "PANIC on fsync() failure"',
  },
  {
    id: "S26",
    title: "recovery point advanced over recovered segments that were never flushed",
    reference: "kafka#8812",
  },
  { id: "S28", title: "recovery erases segments before the snapshot is durable", reference: "sled#851" },
  { id: "S29", title: "data synced without the file's length", reference: "sled#1077" },
  {
    id: "S31",
    title: "a checkpoint misses that the log was reset, and frames are skipped",
    reference: "SQLite 3.7.0-3.51.2",
  },
  { id: "S32", title: "removal of a marker not durable", reference: "ClickHouse#111339" },
  { id: "S34", title: "root written without a sync before it", reference: "xodus#8" },
  {
    id: "S35",
    title: "rot in the middle taken for the end of the log",
    reference: "unistore#567; Alagappan et al., FAST'18",
  },
];
