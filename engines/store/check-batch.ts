import { kindOf } from "./check-options.js";
import { badArgument, tooLarge } from "./errors.js";
import type { StoreLimits, WriteOperation } from "./store.js";

/**
 * The bytes of all keys and values of a batch, which is checked. Throws STORE_BAD_ARGUMENT for an empty batch and
 * for what is no operation, STORE_TOO_LARGE for what exceeds the limits.
 */
export function checkBatch(batch: readonly WriteOperation[], limits: StoreLimits, where: string): number {
  if (!Array.isArray(batch)) throw badArgument("an array of operations", kindOf(batch), where);
  if (batch.length === 0) throw badArgument("at least one operation", "none", where);
  let sizeBytes = 0;
  for (const operation of batch as readonly WriteOperation[]) {
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- plain JavaScript gives anything
    if (operation === undefined || operation === null) {
      throw badArgument("operations", kindOf(operation), where);
    }
    checkKey(operation.key, limits, where);
    sizeBytes += operation.key.length;
    if (operation.type === "put") {
      checkValue(operation.value, limits, where);
      sizeBytes += operation.value.length;
    } else if (operation.type !== "delete") {
      // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- plain JavaScript gives anything
      throw badArgument("a put or a delete", String((operation as { type: unknown }).type), where);
    }
  }
  if (sizeBytes > limits.batchBytes) {
    throw tooLarge(`a batch of up to ${limits.batchBytes} bytes`, `${sizeBytes}`, where);
  }
  return sizeBytes;
}

/** Throws STORE_BAD_ARGUMENT, STORE_TOO_LARGE. An empty key is a key. */
export function checkKey(key: Uint8Array, limits: StoreLimits, where: string): void {
  if (!(key instanceof Uint8Array)) throw badArgument("a key that is a Uint8Array", kindOf(key), where);
  if (key.length > limits.keyBytes) {
    throw tooLarge(`a key of up to ${limits.keyBytes} bytes`, `${key.length}`, where);
  }
}

function checkValue(value: Uint8Array, limits: StoreLimits, where: string): void {
  if (!(value instanceof Uint8Array)) throw badArgument("a value that is a Uint8Array", kindOf(value), where);
  if (value.length > limits.valueBytes) {
    throw tooLarge(`a value of up to ${limits.valueBytes} bytes`, `${value.length}`, where);
  }
}
