/**
 * Every kind of fault that the world knows, and what it means operationally that one was reached (it touched
 * something that code looked at) and that it changed something (the outcome differs from the benign one).
 * Coverage is judged on `changed`: a fault that is injected but never bites proves nothing.
 */

/** What the two later states of a fault of this kind mean. */
export interface KindMeaning {
  readonly reached: string;
  readonly changed: string;
}

/** The name of a kind of fault, as in `--faults` and in the ledger. */
export type FaultKind =
  | "crash"
  | "power-loss"
  | "pause"
  | "clock-skew"
  | "clock-drift"
  | "clock-step"
  | "torn-write"
  | "reordered-write"
  | "garbage"
  | "no-psow"
  | "metadata-loss"
  | "fsync-eio-clean"
  | "fsync-eio-late"
  | "fsync-eio-revert"
  | "read-eio"
  | "enospc"
  | "quota"
  | "short-write"
  | "short-read"
  | "slow-disk"
  | "disk-stall"
  | "lost-fsync"
  | "lost-write"
  | "stale-read"
  | "bit-rot"
  | "misdirected-write"
  | "misdirected-read"
  | "message-loss"
  | "message-corrupt"
  | "message-duplicate"
  | "message-reorder"
  | "slow-link"
  | "link-clog"
  | "bandwidth"
  | "link-overflow"
  | "partition-halves"
  | "partition-isolate"
  | "partition-one-way"
  | "partition-bridge"
  | "partition-ring"
  | "partition-client";

const LOST_TO_PARTITION: KindMeaning = {
  reached: "a message was lost because it would have crossed the partition",
  changed: "a process was running where it was sent to",
};

export const FAULT_KINDS: Readonly<Record<FaultKind, KindMeaning>> = {
  // Processes
  crash: {
    reached: "the process was alive when it was killed",
    changed: "it had a call to its environment, or a client operation, under way",
  },
  "power-loss": {
    reached: "the disk held a write or a name that was not durable",
    changed: "the disk came back with other bytes, sizes or names than it showed before",
  },
  pause: {
    reached: "the process was alive when it was stopped",
    changed: "an effect of it was delayed, or a message or completion had to wait",
  },
  // Clocks
  "clock-skew": { reached: "the wall clock was read", changed: "the reading was wrong" },
  "clock-drift": {
    reached: "a clock was read, or a timer set",
    changed: "the reading or the duration was off",
  },
  "clock-step": { reached: "the wall clock was read after the step", changed: "the reading jumped" },
  // What a power loss may do beyond dropping a suffix of the writes
  "torn-write": {
    reached: "a page came back with sectors of different versions",
    changed: "its bytes equal none of the versions that were written",
  },
  "reordered-write": {
    reached: "a page kept another version than the moment of the power loss gives it",
    changed: "no moment in the order of the writes gives the versions that the pages kept",
  },
  garbage: {
    reached: "bytes that were being written came back as garbage",
    changed: "the page equals none of the versions that were written",
  },
  "no-psow": {
    reached: "bytes beside an unsynced write came back as garbage",
    changed: "they differ from what would have come back without it",
  },
  "metadata-loss": {
    reached: "a create, rename, remove or change of size that was not durable was dropped",
    changed: "the names or sizes differ from those before the power loss",
  },
  // Errors that the disk reports
  "fsync-eio-clean": {
    reached:
      "a sync failed; the pages were marked clean, the new bytes stayed in the cache (ext4 ordered, XFS)",
    changed: "a page in the cache differs from the platter and is believed clean",
  },
  "fsync-eio-late": {
    reached: "a failed write-back was reported by the next sync (ext4 data journaling)",
    changed: "a page in the cache differs from the platter and is believed clean",
  },
  "fsync-eio-revert": {
    reached: "a sync failed and the old content came back (Btrfs)",
    changed: "a page in the cache changed back",
  },
  "read-eio": { reached: "a read, or a write of a part, failed on a bad sector", changed: "the same" },
  enospc: { reached: "a write failed on a full disk", changed: "the same" },
  quota: { reached: "a write failed on a full quota", changed: "the same" },
  "short-write": { reached: "a write took fewer bytes than given", changed: "the same" },
  "short-read": { reached: "a read gave fewer bytes than asked for and there", changed: "the same" },
  "slow-disk": { reached: "an operation took longer", changed: "it took at least ten times as long" },
  "disk-stall": {
    reached: "an operation waited for a frozen disk",
    changed: "it waited for at least 100 ms",
  },
  // Lies that the disk does not report
  "lost-fsync": {
    reached: "a sync returned and left pages or names in the device's cache",
    changed: "a power loss took such a page or name back",
  },
  "lost-write": {
    reached: "a page was read from the platter that a synced write never reached",
    changed: "the bytes read are not those written",
  },
  "stale-read": {
    reached: "an older version of a page was read",
    changed: "the bytes read are not the newest",
  },
  "bit-rot": { reached: "a flipped byte was read", changed: "the byte read is not the one written" },
  "misdirected-write": {
    reached: "a place was read that a write hit by mistake, or missed",
    changed: "the bytes read are not those written there",
  },
  "misdirected-read": {
    reached: "a read was answered from another place of the file",
    changed: "the bytes read are not those of the place asked for",
  },
  // Messages: each asked about when it is sent
  "message-loss": {
    reached: "a message was lost",
    changed: "a process was running where it was sent to",
  },
  "message-corrupt": {
    reached: "a byte of a frame was changed, and its checksum found it: the message was lost",
    changed: "a process was running where it was sent to",
  },
  "message-duplicate": {
    reached: "a message was sent twice",
    changed: "the second copy came to a handler",
  },
  "message-reorder": {
    reached: "a message left its line, to pass others or to be passed by them",
    changed: "two messages of the link arrived in another order than they were sent in",
  },
  "slow-link": { reached: "a message took longer", changed: "it took at least ten times as long" },
  "link-clog": {
    reached: "a message waited for the end of the clog",
    changed: "the same",
  },
  // Links: each asked about once, before its first message
  bandwidth: {
    reached: "a message was sent over the narrow link",
    changed: "it had to wait for another one to leave",
  },
  "link-overflow": {
    reached: "a message was lost because the queue was full",
    changed: "a process was running where it was sent to",
  },
  // Partitions: each asked about when it could form
  "partition-halves": LOST_TO_PARTITION,
  "partition-isolate": LOST_TO_PARTITION,
  "partition-one-way": LOST_TO_PARTITION,
  "partition-bridge": LOST_TO_PARTITION,
  "partition-ring": LOST_TO_PARTITION,
  "partition-client": LOST_TO_PARTITION,
};

/** All kinds, in the order of the tables. */
export const ALL_FAULT_KINDS: readonly FaultKind[] = Object.keys(FAULT_KINDS) as FaultKind[];
