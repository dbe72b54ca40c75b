/** A directory of its own for work that leaves nothing behind. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "./errors.js";

/**
 * Runs `work` with a new directory below `parent` (default: the system's place for temporary files), which is
 * removed however the work ends: with an error, or by a second Ctrl-C. Throws `UsageError` where `parent` can't
 * be used; `where` names the option that it came from.
 */
export async function inTemporaryDirectory<T>(
  parent: string | undefined,
  where: string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const path = makeDirectory(parent ?? tmpdir(), where);
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    return await work(path);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function makeDirectory(parent: string, where: string): string {
  try {
    return mkdtempSync(join(parent, "seedstorm-"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(where, "a directory to write to", `${parent} (${code})`, "name another one");
  }
}
