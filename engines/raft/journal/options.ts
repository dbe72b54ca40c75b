import type { WalOptions } from "../../wal/index.js";
import { LATEST_FORMAT, type FormatVersion } from "../codec/index.js";
import { badArgument } from "../errors.js";

export interface JournalOptions {
  /** Generation g lives in the directory `<directory>-<g>`; its parent must be there. Default "raft". */
  readonly directory?: string;
  /** How the log is kept; see `WalOptions`. */
  readonly wal?: Omit<WalOptions, "directory" | "policy">;
  /** Whether `persist` waits until a later record proves the record durable (FORMAT.md). Default true. */
  readonly proveTail?: boolean;
  /** The version of the records that are written. Default: the latest. */
  readonly formatVersion?: FormatVersion;
}

/** The options with all defaults filled in. */
export type Settings = Required<JournalOptions>;

/** Throws RAFT_BAD_ARGUMENT. */
export function settingsOf(options: JournalOptions): Settings {
  const { directory = "raft", wal = {}, proveTail = true, formatVersion = LATEST_FORMAT } = options;
  if (directory === "" || directory.endsWith("/")) {
    throw badArgument("a name below the root", `"${directory}"`, "option directory");
  }
  return { directory, wal, proveTail, formatVersion };
}
