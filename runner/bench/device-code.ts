import { DiskError } from "#engines/env/index.js";

/** What the file system said (`ENOSPC`...) where that is behind `error`; undefined where it isn't. */
export function deviceCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DiskError || "syscall" in cause)
      return String((cause as NodeJS.ErrnoException).code);
  }
  return undefined;
}
