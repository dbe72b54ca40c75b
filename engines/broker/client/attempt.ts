import { SeedstormError } from "../../env/index.js";
import { RpcError, RpcRemoteError, type RpcClient, type RpcType } from "../../rpc/index.js";
import type { BrokerErrorCode } from "../errors.js";
import type { BrokerId } from "../types.js";

/** Why one attempt gave no answer. `mayHaveRun`: whether the broker may have done, or may yet do, what was asked. */
export interface AttemptFailure {
  readonly ok: false;
  readonly code: BrokerErrorCode;
  readonly found: string;
  readonly mayHaveRun: boolean;
}

export type AttemptResult<T> = { readonly ok: true; readonly value: T } | AttemptFailure;

/** One request to one broker. */
export interface Attempt<T> {
  /** Never rejects with what a network or a broker can cause. */
  readonly result: Promise<AttemptResult<T>>;
  cancel(): void;
}

/**
 * Asks a broker once. What the RPC layer and the broker throw becomes a failure in the words of the broker's protocol.
 * `timeoutUs` may be what is left until a deadline: nothing, where the process stood still since that was looked at.
 */
export function attempt<Request, T>(
  rpc: RpcClient,
  to: BrokerId,
  type: RpcType<Request, T>,
  request: Request,
  timeoutUs: number,
): Attempt<T> {
  try {
    const call = rpc.call(to, type, request, { timeoutUs: Math.max(1, timeoutUs) });
    return { result: settle(call.promise), cancel: () => call.cancel() };
  } catch (error) {
    // Thrown at once: it was never sent.
    return { result: Promise.resolve(failure(error, false)), cancel: () => undefined };
  }
}

async function settle<T>(promise: Promise<T>): Promise<AttemptResult<T>> {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    return failure(error, true);
  }
}

function failure(error: unknown, wasSent: boolean): AttemptFailure {
  if (error instanceof RpcError) {
    // Too many open calls, or no answer: either way the same request may succeed later.
    const mayHaveRun = wasSent && error.outcome === "unknown";
    const { found, where } = error.parts;
    return { ok: false, code: "REQUEST_TIMED_OUT", found: `${found} (${where})`, mayHaveRun };
  }
  if (error instanceof RpcRemoteError) {
    return { ok: false, code: error.code as BrokerErrorCode, found: error.message, mayHaveRun: true };
  }
  // Such as a message that no network takes. All else says that this process is at its end.
  if (!(error instanceof SeedstormError) || wasSent || error.code === "ASSERTION_FAILED") throw error;
  return { ok: false, code: error.code as BrokerErrorCode, found: error.message, mayHaveRun: false };
}
