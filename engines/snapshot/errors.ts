import { SeedstormError, type ErrorParts } from "../env/index.js";

export type SnapshotErrorCode =
  /** An argument makes no sense, or the LSN is not above the latest snapshot's. Nothing was done. */
  | "SNAPSHOT_BAD_ARGUMENT"
  /** Another `save` is under way. Nothing was done. */
  | "SNAPSHOT_BUSY"
  /** There is no snapshot to load. */
  | "SNAPSHOT_NONE"
  /** The device or the quota is full. The snapshots are as before; try again when there is room. */
  | "SNAPSHOT_NO_SPACE"
  /** An operation on the files failed. */
  | "SNAPSHOT_IO_FAILED"
  /** An earlier save ended `unknown` (see `cause`). Nothing was done; open the store again. */
  | "SNAPSHOT_READ_ONLY"
  /** Bytes that must be there are not what was written. */
  | "SNAPSHOT_DAMAGED";

/**
 * `failed`: the snapshots are as before. `unknown`: the new snapshot may be found when the store is opened
 * again; the one before it is kept until then.
 */
export type Outcome = "failed" | "unknown";

export class SnapshotError extends SeedstormError {
  declare readonly code: SnapshotErrorCode;
  readonly outcome: Outcome;

  constructor(code: SnapshotErrorCode, parts: ErrorParts, outcome: Outcome, cause?: unknown) {
    super(code, parts);
    this.outcome = outcome;
    if (cause !== undefined) this.cause = cause;
  }
}

/** A snapshot under its final name is not what was saved. Nothing was deleted, and no older one is taken for it. */
export class SnapshotDamagedError extends SnapshotError {
  readonly path: string;
  readonly offset: number;

  constructor(path: string, offset: number, found: string, cause?: unknown) {
    const parts = {
      expected: "a whole snapshot",
      found,
      where: `${path} offset ${offset}`,
      todo: "check the device, and restore the file from a replica or a backup",
    };
    super("SNAPSHOT_DAMAGED", parts, "failed", cause);
    this.path = path;
    this.offset = offset;
  }
}

export function readOnly(where: string, cause: SnapshotError): SnapshotError {
  const found = `one whose last save ended ${cause.outcome}`;
  const parts = { expected: "a writable store", found, where, todo: "open it again" };
  return new SnapshotError("SNAPSHOT_READ_ONLY", parts, "failed", cause);
}

export function badArgument(expected: string, found: string, where: string): SnapshotError {
  return new SnapshotError(
    "SNAPSHOT_BAD_ARGUMENT",
    { expected, found, where, todo: "correct the call" },
    "failed",
  );
}

export function noSpace(where: string, cause: unknown): SnapshotError {
  const parts = { expected: "free space", found: "none", where, todo: "free some space and try again" };
  return new SnapshotError("SNAPSHOT_NO_SPACE", parts, "failed", cause);
}

export function ioFailed(where: string, cause: unknown, outcome: Outcome): SnapshotError {
  const todo = outcome === "failed" ? "try again" : "open the store again to see which it is";
  const parts = { expected: "a working device", found: "an error", where, todo };
  return new SnapshotError("SNAPSHOT_IO_FAILED", parts, outcome, cause);
}
