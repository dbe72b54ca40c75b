import { BrokerError } from "../errors.js";
import { batchesOf, markerOf, recordsOf, type BatchHeader, type LogRecord } from "../record/index.js";
import type { Partition } from "../replica/index.js";
import type { LeaderEpoch, Offset } from "../types.js";
import type { CoordinatorMachine } from "./types.js";

const READ_BYTES = 1024 * 1024;

/**
 * Replays the whole log, also what is appended meanwhile (markers are), and calls `done` with where it ends, before
 * anything else can be appended. Not called where the leadership ends first.
 */
export async function load(
  partition: Partition,
  epoch: LeaderEpoch,
  machine: CoordinatorMachine,
  done: (end: Offset) => void,
): Promise<void> {
  const { log, replica } = partition;
  let offset = log.logStartOffset;
  while (offset < log.logEndOffset) {
    const end = log.logEndOffset;
    const read = log.read(offset, READ_BYTES, end);
    const batches = await replica.awaiting(read).catch((error: unknown) => {
      // A log that has become a follower's may be cut, or closed.
      if (partition.leadership?.epoch === epoch) throw error;
      return undefined;
    });
    if (batches === undefined || partition.leadership?.epoch !== epoch) return;
    // Nothing: compaction has left no more.
    const next = replica.attempt(() => replayBatches(machine, batches)) ?? end;
    offset = Math.max(offset, next);
  }
  done(offset);
}

/** Gives where the last batch ends. Throws LOG_DAMAGED where the machine can make nothing of a record. */
function replayBatches(machine: CoordinatorMachine, bytes: Uint8Array): Offset | undefined {
  let end: Offset | undefined;
  for (const { at, header } of batchesOf(bytes)) {
    const { isControl, recordCount, lastOffset: offset } = header;
    if (!isControl) for (const record of recordsOf(bytes, at)) replayRecord(machine, header, record);
    // Compaction may have emptied it.
    else if (recordCount > 0) machine.replayMarker({ offset, ...markerOf(bytes, at) });
    end = header.lastOffset + 1;
  }
  return end;
}

function replayRecord(
  machine: CoordinatorMachine,
  { isTransactional, producerId, producerEpoch }: BatchHeader,
  { offset, key, value, timestampMs }: LogRecord,
): void {
  if (key === null) throw damaged("a record with a key", "one without", offset);
  const transaction = isTransactional ? { producerId, producerEpoch } : undefined;
  machine.replay({ offset, key, value, timestampMs, transaction });
}

function damaged(expected: string, found: string, offset: Offset): BrokerError {
  const where = `offset ${offset} of a coordinator's log`;
  return new BrokerError("LOG_DAMAGED", {
    expected,
    found,
    where,
    todo: "restore the partition from a replica",
  });
}
