import { DiskError, type DiskErrorCode } from "../errors.js";

const CODES: ReadonlyMap<string, DiskErrorCode> = new Map(
  (
    [
      "ENOENT",
      "EEXIST",
      "ENOTDIR",
      "EISDIR",
      "ENOTEMPTY",
      "EBADF",
      "EINVAL",
      "EIO",
      "ENOSPC",
      "EDQUOT",
    ] as const
  ).map((code) => [code, code]),
);

/**
 * The `DiskError` for what a `node:fs` call threw, with that as its `cause`. A code that the seam doesn't
 * know (EACCES, EMFILE, EROFS...) becomes EIO, the one that engines treat with the greatest care; the
 * original code stands in `where`.
 */
export function toDiskError(error: unknown, where: string): DiskError {
  const errno = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const code = CODES.get(errno);
  const mapped =
    code === undefined ? new DiskError("EIO", `${where} (${errno})`) : new DiskError(code, where);
  mapped.cause = error;
  return mapped;
}
