import { isRetriable, type BrokerErrorCode } from "../../errors.js";
import type { LeaderHint, ProduceResponse } from "../../protocol/index.js";
import type { Offset } from "../../types.js";
import type { AttemptResult } from "../attempt.js";

/** What came of one attempt to append a batch. */
export type Verdict =
  | { readonly ok: true; readonly baseOffset: Offset }
  | {
      readonly ok: false;
      readonly code: BrokerErrorCode;
      readonly found: string;
      readonly leader?: LeaderHint;
      /** Whether this attempt may have appended it, or may yet. */
      readonly mayBeAppended: boolean;
    };

/**
 * Answers that a broker gives before it appends, and never after. NOT_LEADER_OR_FOLLOWER is not one: a leader that
 * steps down while it waits for its followers says the same, and what it appended may survive.
 */
const EXCLUDES_APPEND: ReadonlySet<BrokerErrorCode> = new Set<BrokerErrorCode>([
  "INVALID_REQUEST",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "NOT_ENOUGH_REPLICAS",
  "CORRUPT_MESSAGE",
  "MESSAGE_TOO_LARGE",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "INVALID_PRODUCER_EPOCH",
  "UNKNOWN_PRODUCER_ID",
  // Of the transaction's coordinator, who is asked first (KIP-890).
  "COORDINATOR_NOT_AVAILABLE",
  "COORDINATOR_LOAD_IN_PROGRESS",
  "NOT_COORDINATOR",
  "CONCURRENT_TRANSACTIONS",
  "INVALID_TXN_STATE",
  "INVALID_PRODUCER_ID_MAPPING",
  "PRODUCER_FENCED",
]);

/** The log lacks what came before the batch. */
export function isSequenceMissing(code: BrokerErrorCode): boolean {
  return code === "OUT_OF_ORDER_SEQUENCE_NUMBER" || code === "UNKNOWN_PRODUCER_ID";
}

/** Whether the same request may succeed later, or at another broker: one that is closed has a successor. */
export function isWorthRetrying(code: BrokerErrorCode): boolean {
  return code === "CLOSED" || isRetriable(code);
}

/** The answer about the one batch that was asked about. */
export function judge(result: AttemptResult<ProduceResponse>): Verdict {
  if (!result.ok) {
    const { code, found, mayHaveRun } = result;
    return { ok: false, code, found, mayBeAppended: mayHaveRun && !EXCLUDES_APPEND.has(code) };
  }
  const [answer] = result.value.partitions;
  if (answer === undefined) {
    return { ok: false, code: "INVALID_REQUEST", found: "an answer to nothing", mayBeAppended: true };
  }
  if (answer.ok) return { ok: true, baseOffset: answer.baseOffset };
  return { ok: false, ...answer.error, mayBeAppended: !EXCLUDES_APPEND.has(answer.error.code) };
}
