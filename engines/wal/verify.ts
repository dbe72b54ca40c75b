import type { Env } from "../env/index.js";
import type { WalDamagedError } from "./errors.js";
import type { Lsn, SegmentKind } from "./format.js";
import { settingsOf } from "./options.js";
import type { Segment } from "./segment.js";
import { surveyLog } from "./survey.js";

/** One segment, as `Wal.inspect` and `verify` show it. */
export interface SegmentReport {
  readonly path: string;
  readonly number: number;
  readonly kind: SegmentKind;
  readonly firstLsn: Lsn;
  /** One less than `firstLsn` where it holds no record that counts. */
  readonly lastLsn: Lsn;
  /** Where its batches end. */
  readonly endOffset: number;
}

/** What `verify` found. `problems` empty means that the log opens and that every record in it can be read. */
export interface WalReport {
  readonly problems: readonly WalDamagedError[];
  /** The segments that count, in order. */
  readonly segments: readonly SegmentReport[];
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  /** Every record up to this one is known to be durable by what the files say. */
  readonly provenLsn: Lsn;
  /** Bytes behind the last record that an honest crash leaves and recovery gives up. */
  readonly tornBytes: number;
  /** Files that recovery removes: temporary ones, and segments that later ones supersede. */
  readonly leftovers: readonly string[];
  /** Files that are not the log's. */
  readonly foreign: readonly string[];
}

export function reportSegment(segment: Segment): SegmentReport {
  const { path, header, firstLsn, lastLsn, endOffset } = segment;
  return { path, number: header.number, kind: header.kind, firstLsn, lastLsn, endOffset };
}

/**
 * Checks all files of the log in `directory`, which nobody may have open, and reports all that it finds. Changes
 * nothing. Throws `DiskError` where the directory or a file in it can't be opened.
 */
export async function verify(env: Env, directory: string): Promise<WalReport> {
  const survey = await surveyLog({ env, settings: settingsOf({ directory }) });
  const segments = [...survey.live, ...survey.superseded];
  for (const segment of segments) await segment.retire();
  const lastLsn = survey.tail?.segment.lastLsn ?? 0;
  return {
    problems: survey.problems,
    segments: survey.live.map(reportSegment),
    firstLsn: survey.live[0]?.firstLsn ?? 1,
    lastLsn,
    provenLsn: Math.min(lastLsn, survey.tail?.provenLsn ?? 0),
    tornBytes: survey.tail?.tornBytes ?? 0,
    leftovers: [...survey.temporaryPaths, ...survey.superseded.map((segment) => segment.path)],
    foreign: survey.foreignPaths,
  };
}
