import { BrokerError } from "../errors.js";

/** What is missing has its default, which is Kafka's. */
export interface TransactionOptions {
  /** A producer may not ask for more. Default 15 min. */
  readonly timeoutMaxUs?: number;
  /** How long a request waits until what it wrote is committed. Default 5 s. */
  readonly commitTimeoutUs?: number;
  /** After markers, or changes, that could not be written. Default 100 ms. */
  readonly retryBackoffUs?: number;
}

export type TransactionSettings = Required<TransactionOptions>;

const S = 1_000_000;
const MIN = 60 * S;

/** Throws INVALID_REQUEST. */
export function transactionSettingsOf(options: TransactionOptions): TransactionSettings {
  const settings: TransactionSettings = {
    timeoutMaxUs: 15 * MIN,
    commitTimeoutUs: 5 * S,
    retryBackoffUs: 100_000,
    ...options,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new BrokerError("INVALID_REQUEST", {
      expected: "an integer from 1 on",
      found: String(value),
      where: `option transactions.${name}`,
      todo: "correct the option",
    });
  }
  return settings;
}
