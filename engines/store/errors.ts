import {
  DirectoryInUse,
  DiskError,
  SeedstormError,
  isDiskError,
  isDiskFull,
  type ErrorParts,
} from "../env/index.js";
import { WalDamagedError, WalError, type Outcome } from "../wal/index.js";

export type StoreErrorCode =
  /** An option or an argument makes no sense. Nothing was done. */
  | "STORE_BAD_ARGUMENT"
  /** A key, a value or a batch is longer than the store's limits. Nothing was done. */
  | "STORE_TOO_LARGE"
  /** `close` was called before. Nothing was done. */
  | "STORE_CLOSED"
  /** Another store has the directory open, in this process or in another one. Nothing was done. */
  | "STORE_IN_USE"
  /** The device or the quota is full. Nothing was done; try again when there is room. */
  | "STORE_NO_SPACE"
  /** The device failed. After a write, the store is read-only from now on. */
  | "STORE_IO_FAILED"
  /** An earlier failure (see `cause`) made the store read-only. Nothing was done. */
  | "STORE_READ_ONLY"
  /** The snapshot was closed, or the store gave it up to keep within its memory. */
  | "STORE_SNAPSHOT_GONE"
  /** Bytes that must be there are not what was written. */
  | "STORE_DAMAGED";

/** Codes after which the store goes on as before. */
const HARMLESS: readonly string[] = [
  "STORE_BAD_ARGUMENT",
  "STORE_TOO_LARGE",
  "STORE_CLOSED",
  "STORE_NO_SPACE",
  "STORE_SNAPSHOT_GONE",
];

/** `outcome` says what became of the write that ended with it; see `Outcome`. */
export class StoreError extends SeedstormError {
  declare readonly code: StoreErrorCode;
  readonly outcome: Outcome;

  constructor(code: StoreErrorCode, parts: ErrorParts, outcome: Outcome, cause?: unknown) {
    super(code, parts);
    this.outcome = outcome;
    if (cause !== undefined) this.cause = cause;
  }

  /** Whether the store goes on as if nothing had been asked. */
  get isHarmless(): boolean {
    return HARMLESS.includes(this.code);
  }
}

/** Damage, and where. Nothing is served from there, and nothing was dropped or changed for it. */
export class StoreDamagedError extends StoreError {
  readonly path: string;
  /** Offset in the file. */
  readonly offset: number;

  constructor(path: string, offset: number, expected: string, found: string, cause?: unknown) {
    const where = `${path} offset ${offset}`;
    const todo = "check the device, and restore the store from a replica or a backup";
    super("STORE_DAMAGED", { expected, found, where, todo }, "failed", cause);
    this.path = path;
    this.offset = offset;
  }
}

export function badArgument(expected: string, found: string, where: string): StoreError {
  return new StoreError("STORE_BAD_ARGUMENT", { expected, found, where, todo: "correct the call" }, "failed");
}

export function tooLarge(expected: string, found: string, where: string): StoreError {
  return new StoreError("STORE_TOO_LARGE", { expected, found, where, todo: "make it smaller" }, "failed");
}

export function closed(where: string): StoreError {
  const parts = { expected: "an open store", found: "a closed one", where, todo: "open it again" };
  return new StoreError("STORE_CLOSED", parts, "failed");
}

export function snapshotGone(found: string, where: string): StoreError {
  const parts = { expected: "an open snapshot", found, where, todo: "take another one" };
  return new StoreError("STORE_SNAPSHOT_GONE", parts, "failed");
}

export function readOnly(where: string, cause: StoreError): StoreError {
  const found = `one that failed with ${cause.code}`;
  const parts = { expected: "a writable store", found, where, todo: "close it, and open it again" };
  return new StoreError("STORE_READ_ONLY", parts, "failed", cause);
}

/**
 * The store's error for what its log or its files said. `outcome`: what that means for the operation, where a
 * `WalError` doesn't say it itself. What is no error of theirs comes back as it is.
 */
export function toStoreError(error: unknown, where: string, outcome: Outcome): unknown {
  if (error instanceof WalDamagedError) {
    return new StoreDamagedError(error.segment, error.offset, "a valid log", error.parts.found, error);
  }
  if (error instanceof WalError) return fromWalError(error, where);
  if (error instanceof DirectoryInUse) return new StoreError("STORE_IN_USE", error.parts, "failed", error);
  if (!isDiskError(error)) return error;
  if (isDiskFull(error) && outcome === "failed") return noSpace(where, error);
  return ioFailed(where, error, outcome);
}

function fromWalError(error: WalError, where: string): StoreError {
  const { code, outcome } = error;
  if (code === "WAL_NO_SPACE") return noSpace(where, error);
  if (code === "WAL_TOO_LARGE") return tooLarge(error.parts.expected, error.parts.found, where);
  if (code === "WAL_CLOSED") return closed(where);
  return ioFailed(where, error, outcome);
}

function noSpace(where: string, cause: unknown): StoreError {
  const parts = { expected: "free space", found: "none", where, todo: "free some space and try again" };
  return new StoreError("STORE_NO_SPACE", parts, "failed", cause);
}

/** Says what the disk said, and at which file: a path that is wrong looks like a device that fails, but for that. */
function ioFailed(where: string, cause: unknown, outcome: Outcome): StoreError {
  const disk = diskErrorIn(cause);
  const found = disk === undefined ? "an error" : `${disk.code} at ${disk.parts.where}`;
  // What never happened, on a device that works, can be put right and tried again.
  const isOfCall = disk !== undefined && disk.code !== "EIO" && outcome === "failed";
  const todo = isOfCall ? disk.parts.todo : "close the store, and open it again";
  return new StoreError(
    "STORE_IO_FAILED",
    { expected: "a working device", found, where, todo },
    outcome,
    cause,
  );
}

/** The disk's error at the end of a chain of causes. */
function diskErrorIn(error: unknown): DiskError | undefined {
  for (let each = error; each instanceof SeedstormError; each = each.cause) {
    if (each instanceof DiskError) return each;
  }
  return undefined;
}
