import { RaftError } from "../errors.js";

/** What the bytes say; undefined where they are not what `decode` takes: a state machine never throws for that. */
export function understood<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof RaftError && error.code === "RAFT_BAD_FORMAT") return undefined;
    throw error;
  }
}
