/** Files as an engine sees them: a small POSIX in which only awaiting `sync` makes anything durable. */

/**
 * How `open` treats the name: `existing` fails with ENOENT where there is none, `create` makes an empty file
 * where there is none, `exclusive` makes a new one and fails with EEXIST where there is one.
 */
export type OpenMode = "existing" | "create" | "exclusive";

/**
 * A tree of directories and files below a root that belongs to this node alone. Paths are relative to it,
 * their parts divided by `/`, none of them empty, `.` or `..`; the root is `""`. Any other path is EINVAL.
 *
 * Creating, renaming and removing take effect atomically at some moment between the call and its resolution,
 * and every later call sees it; calls that don't wait for each other may take effect in any order. They
 * survive a power loss only once a `syncDir` of the directory that holds the name, called after they
 * resolved, has resolved.
 *
 * Every promise may reject with a `DiskError`; but for EIO, nothing has changed then. Common to all paths:
 * ENOENT where a directory on the way is missing, ENOTDIR where it is a file. Until the first `open`, `rename`, `remove`
 * or `mkdir` has succeeded, these may reject with `DirectoryInUse`, where the disk is one that can be shared by mistake.
 */
export interface Disk {
  /** Opens a file for reading and writing. EISDIR where the name is a directory's (EEXIST if `exclusive`). */
  open(path: string, mode: OpenMode): Promise<File>;
  /**
   * Gives the file a new name, replacing the file that has it; handles on either go on working. ENOENT where
   * `from` is missing, EISDIR where either name is a directory's. No effect where the names are the same.
   */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. ENOENT where it is missing, EISDIR for a directory. Open handles go on working. */
  remove(path: string): Promise<void>;
  /** Makes one directory. EEXIST where the name is taken, ENOENT where its parent is missing. */
  mkdir(path: string): Promise<void>;
  /**
   * The names of the files and directories in a directory, sorted by code unit. ENOENT where it is missing,
   * ENOTDIR for a file.
   */
  list(path: string): Promise<string[]>;
  /**
   * Resolves once every create, rename and remove in this directory that had resolved before the call is
   * durable. ENOENT where it is missing, ENOTDIR for a file.
   */
  syncDir(path: string): Promise<void>;
}

/**
 * An open file. The same file opened twice gives two handles on the same bytes. Once `close` has been called
 * every other call fails with EBADF; those made before it complete. An offset, size or length that is not a
 * whole number from 0 on is EINVAL.
 */
export interface File {
  /** The path it was opened by; a rename doesn't change it. */
  readonly path: string;
  /** Bytes in the file now, whether durable or not. */
  size(): number;
  /**
   * Writes into the page cache; a gap past the end reads as zeros. Returns how many bytes were taken, which
   * may be fewer than given but at least one (a caller goes on with the rest); given none, it returns 0 and
   * changes nothing. Throws ENOSPC, EDQUOT or EIO, and then any prefix may have been taken. The bytes are
   * copied before it returns.
   */
  write(offset: number, bytes: Uint8Array): number;
  /** Cuts the file, or extends it with zeros. Throws ENOSPC, EDQUOT or EIO, and then it has its old size. */
  truncate(size: number): void;
  /**
   * Reads up to `length` bytes from `offset`; fewer at the end of the file, none past it, and perhaps fewer
   * elsewhere, but at least one (a caller goes on with the rest). It sees every write made before the call;
   * of one made while it runs it may see any part. The array belongs to the caller.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Resolves once every byte written, and every change of size made, before the call and through whichever
   * handle, is durable; the name is not, see `Disk`. After it has rejected nobody knows which bytes are: a
   * later success says nothing about them (see PostgreSQL's
   * "PANIC on fsync() failure" and Rebello et al., ATC'20).
   *
   * `isBusyMeanwhile`: the caller has work for the meantime. It changes nothing of the promise, only where the call
   * may run.
   */
  sync(isBusyMeanwhile?: boolean): Promise<void>;
  /**
   * Gives the handle back, after the calls that still run. Makes nothing durable. A second close has no
   * effect.
   */
  close(): Promise<void>;
}
