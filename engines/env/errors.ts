/** The typed errors that engines throw and that cross the environment. */

/** What an error says, in the order in which it is printed. */
export interface ErrorParts {
  readonly expected: string;
  readonly found: string;
  readonly where: string;
  /** What the reader can do about it. */
  readonly todo: string;
}

/** Base of every error of this project. `code` is stable and is what programs should look at. */
export class SeedstormError extends Error {
  readonly code: string;
  readonly parts: ErrorParts;

  constructor(code: string, parts: ErrorParts) {
    super(`${code}: expected ${parts.expected}, found ${parts.found}, at ${parts.where}; ${parts.todo}`);
    this.name = new.target.name;
    this.code = code;
    this.parts = parts;
  }
}

export type DiskErrorCode =
  "ENOENT" | "EEXIST" | "ENOTDIR" | "EISDIR" | "ENOTEMPTY" | "EBADF" | "EINVAL" | "EIO" | "ENOSPC" | "EDQUOT";

const DISK_ERROR_TEXT: Record<DiskErrorCode, { expected: string; found: string; todo: string }> = {
  ENOENT: { expected: "an existing name", found: "none", todo: "create it first" },
  EEXIST: { expected: "a free name", found: "one that is taken", todo: "open it or choose another" },
  ENOTDIR: { expected: "a directory", found: "a file", todo: "check the path" },
  EISDIR: { expected: "a file", found: "a directory", todo: "check the path" },
  ENOTEMPTY: { expected: "an empty directory", found: "entries in it", todo: "remove them first" },
  EBADF: { expected: "an open file", found: "a closed one", todo: "open it again" },
  EINVAL: { expected: "a valid argument", found: "another", todo: "check the call" },
  EIO: { expected: "a working device", found: "an I/O error", todo: "treat what was not synced as lost" },
  ENOSPC: { expected: "free space", found: "a full device", todo: "free some space and try again" },
  EDQUOT: { expected: "room within the quota", found: "none", todo: "raise the quota or free some space" },
};

/** An operation on files failed. The codes are those of POSIX. */
export class DiskError extends SeedstormError {
  declare readonly code: DiskErrorCode;

  /** `where` names the operation and the path, and the offset where there is one. */
  constructor(code: DiskErrorCode, where: string) {
    super(code, { ...DISK_ERROR_TEXT[code], where });
  }
}

/** Somebody else works in the directory that a node's files are in. Nothing was done; try again once they have closed it. */
export class DirectoryInUse extends SeedstormError {
  /** `found` says who has it. */
  constructor(where: string, found: string) {
    const expected = "a directory that nobody else has open";
    super("DIRECTORY_IN_USE", { expected, found, where, todo: "end that one, or use another directory" });
  }
}

/** True for a `DiskError` with one of the given codes; with none given, for any `DiskError`. */
export function isDiskError(error: unknown, ...codes: DiskErrorCode[]): error is DiskError {
  return error instanceof DiskError && (codes.length === 0 || codes.includes(error.code));
}

/** True where the device or the quota has no room: the one failure that passes by itself. */
export function isDiskFull(error: unknown): error is DiskError {
  return isDiskError(error, "ENOSPC", "EDQUOT");
}
