import { encodeWith, type ByteReader, type Sink } from "../../bytes/index.js";
import type { Env } from "../../env/index.js";
import type { Offset } from "../types.js";
import { decodeChecked, readChecked, replaceChecked, unreadable } from "./checked-file.js";
import { STATE_FILE } from "./names.js";

const VERSION = 1;

/** What the files of a log do not say by themselves. Kafka keeps these in three checkpoints a broker. */
export interface LogState {
  /** Reads begin here. Durable before any file below it goes. */
  readonly logStartOffset: Offset;
  /** Everything below was durable when this was written, and is since: never ahead, often behind. */
  readonly recoveryPoint: Offset;
  /** A recovery point from elsewhere that is not above this may be from before a truncation. */
  readonly distrusted: Offset;
  /** Compaction has gone through everything below. */
  readonly firstDirtyOffset: Offset;
  /** `restartAt` had begun: all segments are to go, and the log to begin at `logStartOffset`. */
  readonly isRestarting: boolean;
}

export const NEW_STATE: LogState = {
  logStartOffset: 0,
  recoveryPoint: 0,
  distrusted: 0,
  firstDirtyOffset: 0,
  isRestarting: false,
};

export async function readState(env: Env, directory: string): Promise<LogState | undefined> {
  const content = await readChecked(env, `${directory}/${STATE_FILE}`);
  return decodeChecked(content, STATE_FILE, getState);
}

/** Durable once it resolves. */
export function writeState(env: Env, directory: string, state: LogState): Promise<void> {
  return replaceChecked(env, directory, STATE_FILE, encodeWith(putState, state, unreadable));
}

function putState(sink: Sink, state: LogState): void {
  sink.integer(VERSION);
  sink.integer(state.logStartOffset);
  sink.integer(state.recoveryPoint);
  sink.integer(state.distrusted);
  sink.integer(state.firstDirtyOffset);
  sink.byte(state.isRestarting ? 1 : 0);
}

function getState(reader: ByteReader): LogState {
  if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
  return {
    logStartOffset: reader.integer(),
    recoveryPoint: reader.integer(),
    distrusted: reader.integer(),
    firstDirtyOffset: reader.integer(),
    isRestarting: reader.flags(1) === 1,
  };
}
