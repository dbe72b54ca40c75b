/** What each kind of fault does, in words that fit behind the name of the node that it strikes. */
import type { FaultKind } from "#sim/faults/index.js";

/** `{}` stands for the fault's target: the file, the call, the link. */
const WORDS: Readonly<Record<FaultKind, string>> = {
  crash: "crashes, {}",
  "power-loss": "loses its power, {}",
  pause: "stops for a while, {}",
  "clock-skew": "has a wall clock that is wrong",
  "clock-drift": "has a clock that runs too fast or too slow",
  "clock-step": "has its wall clock jump",
  "torn-write": "keeps a page in which sectors of several versions stand side by side: {}",
  "reordered-write": "keeps a page as it was at another moment than the others: {}",
  garbage: "keeps garbage where bytes were being written: {}",
  "no-psow": "keeps garbage beside the bytes that were being written: {}",
  "metadata-loss": "loses a name or a size that was not durable: {}",
  "fsync-eio-clean": "has a sync fail, after which the pages count as clean: {}",
  "fsync-eio-late": "has a write-back fail, of which the next sync tells: {}",
  "fsync-eio-revert": "has a sync fail, after which the old bytes are back: {}",
  "read-eio": "has a sector that can't be read: {}",
  enospc: "has its disk full: {}",
  quota: "has its quota used up: {}",
  "short-write": "has a write take only a part: {}",
  "short-read": "has a read give only a part: {}",
  "slow-disk": "has its disk take long: {}",
  "disk-stall": "has its disk freeze: {}",
  "lost-fsync": "has a sync return that did nothing: {}",
  "lost-write": "has a write that never reaches the platter: {}",
  "stale-read": "reads an older version: {}",
  "bit-rot": "has a bit flip on its disk: {}",
  "misdirected-write": "has a write land at another place: {}",
  "misdirected-read": "reads from another place: {}",
  "message-loss": "sends a message that is lost: {}",
  "message-corrupt": "sends a message that is damaged on the way, and so lost: {}",
  "message-duplicate": "sends a message that arrives twice: {}",
  "message-reorder": "sends a message that others pass: {}",
  "slow-link": "sends a message that takes long: {}",
  "link-clog": "has a link that is clogged for a while: {}",
  bandwidth: "has a narrow link: {}",
  "link-overflow": "has a link with a short queue: {}",
  "partition-halves": "is cut off from a part of the others: {}",
  "partition-isolate": "is cut off from all others: {}",
  "partition-one-way": "is cut off in one direction: {}",
  "partition-bridge": "is a bridge between sides that are cut off from each other: {}",
  "partition-ring": "is in a ring in which each hears its neighbours only: {}",
  "partition-client": "is a client that is cut off: {}",
};

/** Whole sentences but for the subject. */
export function faultWords(kind: FaultKind, target: string): string {
  return WORDS[kind].replace("{}", () => (target.startsWith("call ") ? `at its ${target}` : target));
}
