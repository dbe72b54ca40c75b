import type { Env } from "../../env/index.js";
import type { KeyValueStore } from "../../store/index.js";
import { badArgument } from "../errors.js";
import type { StateLimits, StoreRules } from "./rules.js";

export interface StoreMachineOptions {
  /**
   * Opens the store in a directory that is there, or makes a new one where it is empty. Throws `StoreError`;
   * with STORE_DAMAGED the store is given up. Its sync policy may be any: the log makes up for what a crash
   * takes. Its limits must leave room for those of the state (see `limits`).
   */
  readonly openStore: (env: Env, directory: string) => Promise<KeyValueStore>;
  readonly rules: StoreRules;
  /** Generation g of the store lives in `<directory>-<g>`; its parent must be there. Default "machine". */
  readonly directory?: string;
  /**
   * The longest keys and values. The same on every server. The store must take keys a byte longer, values 128
   * bytes longer, and two such values in a batch. Default: 1 KiB and 1 MiB.
   */
  readonly limits?: StateLimits;
  /** See `SessionOptions`. */
  readonly maxSessions?: number;
}

export interface Settings extends Omit<Required<StoreMachineOptions>, "maxSessions"> {
  readonly maxSessions: number | undefined;
}

const KIB = 1024;

/** Throws RAFT_BAD_ARGUMENT. */
export function settingsOf(options: StoreMachineOptions): Settings {
  const settings: Settings = {
    directory: "machine",
    limits: { keyBytes: KIB, valueBytes: KIB * KIB },
    maxSessions: undefined,
    ...options,
  };
  const { directory, limits } = settings;
  if (directory === "" || directory.endsWith("/")) {
    throw badArgument("a name below the root", `"${directory}"`, "option directory");
  }
  for (const bytes of [limits.keyBytes, limits.valueBytes]) {
    if (!Number.isSafeInteger(bytes) || bytes < 1)
      throw badArgument("a size from 1 on", `${bytes}`, "option limits");
  }
  return settings;
}
