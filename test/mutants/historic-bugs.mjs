/**
 * Bugs of storage engines, of Raft and of Kafka that were reported in public: the mistake, and where. Each has to be planted as a
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

  // Raft

  {
    id: "R01",
    title: "a leader commits entries of earlier terms by counting copies (figure 8)",
    reference: "logcabin#44, PySyncObj#169, async-raft#106",
  },
  {
    id: "R02",
    title: "the same rule off by one: the commit index may reach the start of the term",
    reference: "KAFKA-12619",
  },
  {
    id: "R04",
    title: "the quorum of an even number of servers is one too small",
    reference: "hashicorp/raft 163a55f",
  },
  {
    id: "R05",
    title: "vote and term are not durable before the answer",
    reference: "hashicorp/raft 901ac15, f4d3b1e; PySyncObj PR#202",
  },
  { id: "R07", title: "a reset clears the vote, though the term stays", reference: "etcd-io/raft 9d2a465" },
  { id: "R08", title: "nobody asks whether the vote was given already", reference: "etcd-io/raft e25f626" },
  { id: "R10", title: "a vote without a look at the candidate's log", reference: "Raft, section 5.4.1" },
  {
    id: "R11",
    title: "terms and indexes of logs are compared apart, not one after the other",
    reference: "hashicorp/raft 441bd09; openraft a48a3282",
  },
  { id: "R13", title: "what is not synced is acknowledged", reference: "KAFKA-10533; Jepsen, NATS 2.12.1" },
  {
    id: "R14",
    title: "a single voter applies an entry that is not durable",
    reference: "etcd-io/raft 437bcb8 (etcd#14370)",
  },
  {
    id: "R16",
    title: "a follower commits up to its last index, not to the last entry that matched",
    reference: "etcd-io/raft b927fa8; copycat#265; scylladb#9965",
  },
  {
    id: "R17",
    title: "a heartbeat carries the raw commit index, without a look at the log",
    reference: "hashicorp/raft bd0a437",
  },
  {
    id: "R19",
    title: "an older success overwrites the match index",
    reference: "etcd-io/raft 57b3274; raftos#25; PySyncObj#167",
  },
  { id: "R20", title: "a stale rejection takes the next index back", reference: "etcd-io/raft 91ff7cd" },
  {
    id: "R22",
    title: "the conflict is searched forwards, and the same append sent for ever",
    reference: "openraft 6d53aa12",
  },
  {
    id: "R23",
    title: "an append behind index 0 always matches, also after a compaction",
    reference: "willemt/raft#118",
  },
  {
    id: "R25",
    title: "the term of a compacted entry reads as 0, and 0 matches 0",
    reference: "etcd-io/raft 76f1249",
  },
  {
    id: "R26",
    title: "an old leader appends in the new term while it steps down",
    reference: "camunda#5360",
  },
  { id: "R28", title: "a definite error for an entry that is committed later", reference: "redisraft#23" },
  { id: "R29", title: "reads without a round to a quorum", reference: "xraft#40" },
  { id: "R31", title: "the quorum of a read lacks one", reference: "openraft d60f1e85" },
  {
    id: "R32",
    title: "answers to heartbeats are matched by a context that is not unique",
    reference: "etcd-io/raft 63903dd",
  },
  {
    id: "R34",
    title: "lease reads without CheckQuorum, a bound of clock drift, or a guard against pauses",
    reference: "etcd-io/raft 926a44a; tikv#964; LeaseGuard, arXiv 2512.15659",
  },
  {
    id: "R35",
    title: "a leader's lease counts servers that don't vote",
    reference: "hashicorp/raft 6e41709",
  },
  {
    id: "R37",
    title: "a change by one server before the leader has committed in its term",
    reference: "Ongaro, raft-dev 2015; copycat#23",
  },
  { id: "R38", title: "a second change of members while one is not committed", reference: "redisraft#17" },
  {
    id: "R40",
    title: "a joint quorum is counted over the union, not over each half",
    reference: "CCF#3948; async-raft#62",
  },
  {
    id: "R41",
    title: "commitment by the first configuration, or by learners, alone",
    reference: "openraft 6c0ccaf3, beb0302b",
  },
  {
    id: "R43",
    title: "a learner campaigns, or is handed the leadership",
    reference: "etcd-io/raft db54973; hashicorp/raft#398, #483",
  },
  {
    id: "R44",
    title: "a learner that was promoted refuses votes",
    reference: "etcd-io/raft abb533c; raft-rs#57",
  },
  { id: "R46", title: "a truncated configuration is not rolled back", reference: "redisraft 619e623" },
  {
    id: "R47",
    title: "a restored snapshot lacks the outgoing voters",
    reference: "etcd-io/raft e515a67, a424e5b",
  },
  {
    id: "R49",
    title: "a conflicting log is kept behind an installed snapshot",
    reference: "openraft 674e78aa",
  },
  {
    id: "R50",
    title: "the index of a snapshot is not that of the state in it",
    reference: "dragonboat 7d5dc73; KAFKA-14618; redisraft 5195c0c",
  },
  {
    id: "R52",
    title: "the term of an installed snapshot becomes the server's own",
    reference: "willemt/raft#118",
  },
  {
    id: "R53",
    title: "a snapshot's file or directory is not synced, or comes after the state that relies on it",
    reference: "hashicorp/raft 1660e03, 854cbcb; etcd 3152dc817",
  },
  {
    id: "R55",
    title: "a last chunk that comes again opens a new, empty transfer",
    reference: "openraft 2eccb9e1",
  },
  {
    id: "R56",
    title: "the applied index is persisted apart from the state",
    reference: "etcd 3.5, postmortem on inconsistency",
  },
  {
    id: "R58",
    title: "a pre-vote of a lower term is dropped in silence",
    reference: "etcd#8243, etcd#8501; etcd-io/raft 3c7359d",
  },
  {
    id: "R59",
    title: "a pre-candidate keeps its leader, or old votes",
    reference: "etcd PR#8334; etcd-io/raft 8edd37a",
  },
  {
    id: "R61",
    title: "a request for a vote that is refused resets the election timer",
    reference: "dragonboat 0045aa2",
  },
  {
    id: "R62",
    title: "a stale leader's heartbeats by a bridge keep a connected quorum from electing",
    reference: "openraft#2080",
  },
  {
    id: "R64",
    title: "proposals accepted during a handover, or the campaign of the next leader refused by a lease",
    reference: "hashicorp/raft#581; etcd-io/raft 36d7d43; dragonboat 1c7ebd3",
  },
  {
    id: "R65",
    title: "the next leader can't take over any more, and proposals are blocked for ever",
    reference: "etcd-io/raft 8b0d0e9",
  },
  { id: "R67", title: "the table of sessions is not in the snapshot", reference: "redisraft 7cdad3a" },
  {
    id: "K01",
    title: "a follower cuts its log back to its high watermark, not to where the epochs part",
    reference: "KIP-101, scenario 1",
  },
  {
    id: "K02",
    title: "logs that part below the high watermark are not noticed",
    reference: "KIP-101, scenario 2",
  },
  { id: "K04", title: "a new leader does not note where its epoch begins", reference: "KAFKA-7415" },
  {
    id: "K05",
    title: "a follower keeps on as it is where the leader is the same, though epochs were missed",
    reference: "KAFKA-7164",
  },
  {
    id: "K07",
    title: "a follower joins the ISR below the start of the leader's epoch",
    reference: "KAFKA-7128",
  },
  {
    id: "K08",
    title: "the high watermark goes by the ISR in force while another is proposed",
    reference: "KIP-497; Vanlightly, Kafka replication protocol, 6.5.2",
  },
  {
    id: "K10",
    title: "a replica that has restarted, and lost its end, joins the ISR by what was known of it before",
    reference: "KIP-903; KAFKA-14617, KAFKA-15221",
  },
  {
    id: "K11",
    title: "a replica that is fenced or shutting down is added to the ISR",
    reference: "KAFKA-13916",
  },
  {
    id: "K13",
    title: "min.insync.replicas is not enforced",
    reference: "Kafka, documentation of the design",
  },
  {
    id: "K14",
    title:
      "the high watermark goes on below min.insync.replicas; the last replica leads again after an unclean start",
    reference: "KIP-966; KAFKA-15583",
  },
  {
    id: "K16",
    title: "a controller that is none any more grants a change of the ISR",
    reference: "KAFKA-14154; KAFKA-6082",
  },
  {
    id: "K17",
    title: "the high watermark is not looked at anew when the ISR has shrunk",
    reference: "KAFKA-13091; KAFKA-15021",
  },
  {
    id: "K19",
    title: "a follower raises its high watermark before it cuts its log back",
    reference: "KAFKA-14704",
  },
  { id: "K20", title: "a cut is made when the replica leads by now", reference: "KAFKA-13207" },
  {
    id: "K22",
    title: "a cut at the log's end leaves epochs that are not the leader's",
    reference: "KAFKA-10706",
  },
  { id: "K23", title: "epoch 0 is left out when the epochs are rebuilt", reference: "KAFKA-10432" },
  { id: "K25", title: "directory and epochs of a log are not synced", reference: "KAFKA-3968; KAFKA-16541" },
  { id: "K26", title: "a log goes on behind an I/O error", reference: "KAFKA-10778" },
  { id: "K28", title: "what is not committed is compacted", reference: "KAFKA-3330; KAFKA-13194" },
  { id: "K29", title: "retention goes beyond the high watermark", reference: "KAFKA-5634" },
  {
    id: "K31",
    title: "a late batch of a transaction joins the next one",
    reference: "KIP-890; Jepsen: Bufstream 0.1.0",
  },
  {
    id: "K32",
    title: "a producer is forgotten though markers came, and its old coordinator with it",
    reference: "KAFKA-9144",
  },
  {
    id: "K34",
    title: "of a producer one batch is remembered, though more may be on their way",
    reference: "KAFKA-5494; redpanda#3039",
  },
  {
    id: "K35",
    title: "what is in a log's file and could not be noted has its offset given to the next batch",
    reference: "KAFKA-7866",
  },
  { id: "K37", title: "consumers see what is not committed", reference: "redpanda#14794" },
  { id: "K38", title: "a reassignment ends before all targets are in sync", reference: "KAFKA-15665" },
  {
    id: "G01",
    title: "commits of generations that are over are taken",
    reference: "classic rule of Kafka's group protocol",
  },
  {
    id: "G02",
    title: "commits are fenced by the member's epoch, not by when it was given the partition",
    reference: "KIP-1251",
  },
  { id: "G04", title: "a sticky assignor trusts claims of old generations", reference: "KAFKA-12984" },
  {
    id: "G05",
    title: "what a member has by an older generation is taken for nobody's",
    reference: "KAFKA-14639",
  },
  {
    id: "G07",
    title: "a sticky assignor miscounts who may have one more",
    reference: "KAFKA-12984; KAFKA-15106",
  },
  { id: "G08", title: "two processes of one instance are members at a time", reference: "KAFKA-8500" },
  { id: "G10", title: "a coordinator answers before it has loaded its log", reference: "KAFKA-5600" },
  { id: "G11", title: "offsets expire of a group that is in use", reference: "KAFKA-8069; KAFKA-13636" },
  {
    id: "G13",
    title: "a group waits without end for a member that does not ask for its assignment",
    reference: "KAFKA-12890",
  },
  { id: "G14", title: "a member that is not answered begins anew", reference: "KAFKA-13214" },
  { id: "G16", title: "a member commits what it has lost", reference: "librdkafka#5604" },
  {
    id: "G17",
    title: "a member goes on at its own position where others have come further",
    reference: "librdkafka#1767",
  },
  {
    id: "G19",
    title: "a fenced member goes on with heartbeats, or joins anew with less than it has to say",
    reference: "KAFKA-16251; KAFKA-16190",
  },
  { id: "G20", title: "time in poll counts as time away from it", reference: "KAFKA-16243" },
];
