/**
 * How a transactional id goes from state to state (KIP-98, KIP-890): what was stored, and what is asked for, say what
 * is to be stored. Each transaction has a producer epoch e of its own; its markers bear e + 1, and the next one has e + 1
 * or more: whatever of it comes late is fenced.
 */
import { assert } from "../../env/index.js";
import type { BrokerErrorCode } from "../errors.js";
import type { EndTxnRequest, ProducerIdentity } from "../protocol/transaction-types.js";
import { partitionNames } from "../partition-names.js";
import { partitionName, type TopicPartition } from "../types.js";
import type { StoredTransaction, TransactionState } from "./types.js";

/** As the format of batches has it: 16 bits. The last one is for a marker only. */
const EPOCH_MAX = 0x7fff;

export type Ruling =
  | { readonly ok: true; readonly stored: StoredTransaction }
  | { readonly ok: false; readonly code: BrokerErrorCode; readonly found: string };

/** Who may write now: the producer of this id that was let in last, in its epoch of now. */
export function identityOf({ next, producer }: StoredTransaction): ProducerIdentity {
  return next ?? producer;
}

/** It is decided how the transaction ends, and not all of its partitions are known to know. */
export function isEnding({ state }: StoredTransaction): boolean {
  return state === "prepare-commit" || state === "prepare-abort";
}

export function isCommitted({ state }: StoredTransaction): boolean {
  return state === "prepare-commit" || state === "complete-commit";
}

/** Whether there is no epoch left for one more transaction: a new producer id it is. */
export function isUsedUp({ producerEpoch }: ProducerIdentity): boolean {
  return producerEpoch + 1 >= EPOCH_MAX;
}

/** The next epoch, or a new producer: undefined where one is needed and `freshId` is not there. */
function following(
  { producerId, producerEpoch }: ProducerIdentity,
  freshId: number | undefined,
): ProducerIdentity | undefined {
  if (!isUsedUp({ producerId, producerEpoch })) return { producerId, producerEpoch: producerEpoch + 1 };
  return freshId === undefined ? undefined : { producerId: freshId, producerEpoch: 0 };
}

/**
 * A new producer, which fences those before. `freshId` is needed where nothing is known yet, or its epochs are used up. An
 * open transaction has to be ended first, see `abort`.
 */
export function begin(
  stored: StoredTransaction | undefined,
  timeoutUs: number,
  freshId: number | undefined,
): Ruling {
  if (stored !== undefined && (isEnding(stored) || stored.state === "ongoing")) return UNDER_WAY;
  const unused = freshId === undefined ? undefined : { producerId: freshId, producerEpoch: 0 };
  const producer = stored === undefined ? unused : following(identityOf(stored), freshId);
  if (producer === undefined) return UNDER_WAY;
  const rest = { next: undefined, isFenced: false, timeoutUs, partitions: [] };
  return { ok: true, stored: { state: "empty", producer, ...rest } };
}

/** Partitions get into the transaction, which begins with the first. The same again changes nothing. */
export function add(
  stored: StoredTransaction | undefined,
  asked: ProducerIdentity,
  partitions: readonly TopicPartition[],
): Ruling {
  if (stored === undefined) return UNKNOWN;
  const stranger = refuseStranger(stored, asked);
  if (stranger !== undefined) return stranger;
  if (isEnding(stored)) return UNDER_WAY;
  const before = stored.state === "ongoing" ? stored.partitions : [];
  const names = partitionNames(before);
  const added = partitions.filter((each) => !names.has(partitionName(each)));
  if (added.length === 0) return { ok: true, stored };
  const { timeoutUs } = stored;
  const changed = { partitions: [...before, ...added], next: undefined, isFenced: false, timeoutUs };
  return { ok: true, stored: { state: "ongoing", producer: identityOf(stored), ...changed } };
}

/** Whether this very request has ended the transaction. */
export function isRepeated(stored: StoredTransaction, asked: ProducerIdentity): boolean {
  return stored.next !== undefined && !stored.isFenced && isSame(stored.producer, asked);
}

/**
 * The producer ends its transaction; the same again changes nothing. An abort where there is nothing to abort is let in: a
 * producer whose records have failed cannot tell whether any has got as far.
 */
export function end(
  stored: StoredTransaction | undefined,
  asked: Pick<EndTxnRequest, "producerId" | "producerEpoch" | "isCommit">,
  freshId: number | undefined,
): Ruling {
  if (stored === undefined) return UNKNOWN;
  if (isRepeated(stored, asked)) {
    if (isCommitted(stored) === asked.isCommit) return { ok: true, stored };
    return refused("INVALID_TXN_STATE", `a transaction that has ended the other way: ${stored.state}`);
  }
  const stranger = refuseStranger(stored, asked);
  if (stranger !== undefined) return stranger;
  if (isEnding(stored)) return UNDER_WAY;
  const producer = identityOf(stored);
  const next = following(producer, freshId);
  if (next === undefined) return UNDER_WAY;
  const { timeoutUs } = stored;
  const ended = { producer, next, isFenced: false, timeoutUs };
  if (stored.state === "ongoing") {
    const state: TransactionState = asked.isCommit ? "prepare-commit" : "prepare-abort";
    return { ok: true, stored: { state, ...ended, partitions: stored.partitions } };
  }
  if (asked.isCommit) return refused("INVALID_TXN_STATE", "no transaction that has begun");
  return { ok: true, stored: { state: "complete-abort", ...ended, partitions: [] } };
}

/** The coordinator ends an open transaction. Nobody has the epoch that comes next: its producer is fenced. */
export function abort(stored: StoredTransaction): StoredTransaction {
  assert(stored.state === "ongoing", "only what is open can be aborted");
  const { producerId, producerEpoch } = stored.producer;
  assert(producerEpoch < EPOCH_MAX, "there is an epoch for the markers");
  const next = { producerId, producerEpoch: producerEpoch + 1 };
  return { ...stored, state: "prepare-abort", next, isFenced: true };
}

/** All partitions know how it has ended. */
export function complete(stored: StoredTransaction): StoredTransaction {
  assert(isEnding(stored), "an end is decided before it is done");
  return { ...stored, state: isCommitted(stored) ? "complete-commit" : "complete-abort", partitions: [] };
}

export function isSame(one: ProducerIdentity, other: ProducerIdentity): boolean {
  return one.producerId === other.producerId && one.producerEpoch === other.producerEpoch;
}

const UNDER_WAY: Ruling = refused("CONCURRENT_TRANSACTIONS", "a transaction that is still being ended");
const UNKNOWN: Ruling = refused("INVALID_PRODUCER_ID_MAPPING", "an id that nobody has");

function refuseStranger(stored: StoredTransaction, asked: ProducerIdentity): Ruling | undefined {
  const { producerId, producerEpoch } = identityOf(stored);
  if (asked.producerId !== producerId) {
    return asked.producerId === stored.producer.producerId
      ? refused("PRODUCER_FENCED", `producer ${asked.producerId}, of before`)
      : refused("INVALID_PRODUCER_ID_MAPPING", `producer ${asked.producerId}, not ${producerId}`);
  }
  if (asked.producerEpoch < producerEpoch) {
    return refused("PRODUCER_FENCED", `epoch ${asked.producerEpoch}, below ${producerEpoch}`);
  }
  // Only another coordinator can have given it: this one has been replaced, and does not know yet.
  if (asked.producerEpoch > producerEpoch) {
    return refused("NOT_COORDINATOR", `epoch ${asked.producerEpoch}, of the future`);
  }
  return undefined;
}

function refused(code: BrokerErrorCode, found: string): Ruling & { readonly ok: false } {
  return { ok: false, code, found };
}
