import { SeedstormError, type ErrorParts } from "../env/index.js";
import type { Lsn } from "./format.js";

export type WalErrorCode =
  /** An option or an argument makes no sense. Nothing was done. */
  | "WAL_BAD_ARGUMENT"
  /** A record or an atomic append is longer than a batch may be, or than there is memory for. Nothing was done. */
  | "WAL_TOO_LARGE"
  /** The LSN is not in the log: below `firstLsn` or above `lastLsn`. Nothing was done. */
  | "WAL_OUT_OF_RANGE"
  /** `close` was called before. Nothing was done. */
  | "WAL_CLOSED"
  /** The device or the quota is full. Nothing was done; the log goes on, try again when there is room. */
  | "WAL_NO_SPACE"
  /** A sync failed: what it covered may be durable or not. The log is read-only from now on. */
  | "WAL_SYNC_FAILED"
  /**
   * Another operation on the files failed, or the log's own code (`cause` is no `DiskError` then, and is thrown
   * as an uncaught error too). The log is read-only from now on.
   */
  | "WAL_IO_FAILED"
  /** An earlier failure (see `cause`) made the log read-only. Nothing was done. */
  | "WAL_READ_ONLY"
  /** Bytes that must be there are not what was written. */
  | "WAL_DAMAGED";

/**
 * What an error says about the operation that it ended: `failed` means that it has not happened and never
 * will; `unknown` that it may turn out to have happened when the log is opened again.
 */
export type Outcome = "failed" | "unknown";

export class WalError extends SeedstormError {
  declare readonly code: WalErrorCode;
  readonly outcome: Outcome;

  constructor(code: WalErrorCode, parts: ErrorParts, outcome: Outcome, cause?: unknown) {
    super(code, parts);
    this.outcome = outcome;
    if (cause !== undefined) this.cause = cause;
  }
}

/** Damage, and where: no record is served from there, and nothing was dropped or changed. */
export class WalDamagedError extends WalError {
  /** The segment's file. */
  readonly segment: string;
  /** Offset in that file. */
  readonly offset: number;
  /** The record that should be there. Undefined where a segment's header can't tell. */
  readonly lsn: Lsn | undefined;

  constructor(
    place: { readonly segment: string; readonly offset: number; readonly lsn: Lsn | undefined },
    found: string,
    cause?: unknown,
  ) {
    const lsn = place.lsn === undefined ? "" : `, LSN ${place.lsn}`;
    super(
      "WAL_DAMAGED",
      {
        expected: place.lsn === undefined ? "a segment header" : "a valid batch",
        found,
        where: `${place.segment} offset ${place.offset}${lsn}`,
        todo: "check the device, and restore the file from a replica or a backup",
      },
      "failed",
      cause,
    );
    this.segment = place.segment;
    this.offset = place.offset;
    this.lsn = place.lsn;
  }
}

export function badArgument(expected: string, found: string, where: string): WalError {
  return new WalError("WAL_BAD_ARGUMENT", { expected, found, where, todo: "correct the call" }, "failed");
}

export function tooLarge(expected: string, payloadBytes: number, where: string, cause?: unknown): WalError {
  const parts = { expected, found: `${payloadBytes} bytes of records`, where, todo: "divide it" };
  return new WalError("WAL_TOO_LARGE", parts, "failed", cause);
}

export function noSpace(where: string, cause: unknown): WalError {
  const parts = { expected: "free space", found: "none", where, todo: "free some space and try again" };
  return new WalError("WAL_NO_SPACE", parts, "failed", cause);
}

export function syncFailed(where: string, cause: unknown, outcome: Outcome): WalError {
  const parts = { expected: "a sync", found: "an error of the device", where, todo: "open the log again" };
  return new WalError("WAL_SYNC_FAILED", parts, outcome, cause);
}

export function ioFailed(where: string, cause: unknown, outcome: Outcome): WalError {
  const parts = { expected: "a working device", found: "an error", where, todo: "open the log again" };
  return new WalError("WAL_IO_FAILED", parts, outcome, cause);
}

export function closed(where: string): WalError {
  const parts = { expected: "an open log", found: "a closed one", where, todo: "open it again" };
  return new WalError("WAL_CLOSED", parts, "failed");
}
