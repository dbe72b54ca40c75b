import { badArgument } from "./errors.js";
import { MAX_BATCH_BYTES, SEGMENT_HEADER_BYTES } from "./format.js";

/**
 * When an append is acknowledged, and so what its acknowledgement promises. Whatever the policy, a crash
 * leaves a prefix of what was appended, and an atomic append whole or not at all.
 *
 * - `each`: every append is synced alone before it is acknowledged. An acknowledged record survives a crash of
 *   the process and of the machine.
 * - `group`: the same promise. Appends that arrive together, or while a sync is under way, share the next
 *   batch and its sync. With `maxDelayUs` above 0 a batch that is not full waits that long for company.
 * - `interval`: acknowledged once written, synced every `intervalUs` while there is something to sync. A crash
 *   of the process loses nothing acknowledged; a crash of the machine may lose what was acknowledged since the
 *   last sync, which is `intervalUs` and the duration of a sync.
 * - `none`: acknowledged once written; synced by `sync()`, at a segment's end and by `close()`. A crash of the
 *   process loses nothing acknowledged; a crash of the machine may lose all that came after the last of those.
 *
 * Under the last two, a sync that fails may lose what it was to cover, as a crash of the machine would.
 */
export type SyncPolicy =
  | { readonly kind: "each" }
  | { readonly kind: "group"; readonly maxDelayUs?: number }
  | { readonly kind: "interval"; readonly intervalUs: number }
  | { readonly kind: "none" };

export interface WalOptions {
  /** The log's own directory; made where it is missing, its parent must be there. */
  readonly directory: string;
  /** Default: `group` without a delay. */
  readonly policy?: SyncPolicy;
  /** A new segment begins before this size is exceeded. Only an atomic append that is larger makes a larger one. Default 16 MiB. */
  readonly segmentBytes?: number;
  /** Appends that queue are joined up to this many bytes a batch, and never beyond a segment. Default 1 MiB. */
  readonly maxBatchBytes?: number;
  /**
   * Fill a new segment with zeros, so that an append changes neither the file's size nor its blocks: faster
   * syncs on file systems that journal metadata, for one more write of each byte at a segment's start.
   * Default false.
   */
  readonly preallocate?: boolean;
  /** Distance of the entries of a segment's offset index. Smaller: faster `read`, more memory. Default 16 KiB. */
  readonly indexEveryBytes?: number;
  /** How much recovery and scans read at once. Default 256 KiB. */
  readonly readChunkBytes?: number;
}

/** The options with all defaults filled in. */
export type Settings = Required<WalOptions>;

const KIB = 1024;
const POLICY_KINDS: readonly SyncPolicy["kind"][] = ["each", "group", "interval", "none"];
const SMALLEST_CHUNK_BYTES = 64;

/** Throws WAL_BAD_ARGUMENT. */
export function settingsOf(options: WalOptions): Settings {
  const settings: Settings = {
    directory: options.directory,
    policy: options.policy ?? { kind: "group" },
    segmentBytes: options.segmentBytes ?? 16 * KIB * KIB,
    maxBatchBytes: options.maxBatchBytes ?? KIB * KIB,
    preallocate: options.preallocate ?? false,
    indexEveryBytes: options.indexEveryBytes ?? 16 * KIB,
    readChunkBytes: options.readChunkBytes ?? 256 * KIB,
  };
  inRange("segmentBytes", settings.segmentBytes, 2 * SEGMENT_HEADER_BYTES, MAX_BATCH_BYTES);
  inRange("maxBatchBytes", settings.maxBatchBytes, 1, MAX_BATCH_BYTES);
  inRange("indexEveryBytes", settings.indexEveryBytes, 1, MAX_BATCH_BYTES);
  inRange("readChunkBytes", settings.readChunkBytes, SMALLEST_CHUNK_BYTES, MAX_BATCH_BYTES);
  if (settings.directory === "") throw badArgument("a directory below the root", "the root", "directory");
  const policy = settings.policy;
  if (!POLICY_KINDS.includes(policy.kind)) {
    // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- plain JavaScript gives anything
    throw badArgument(`one of ${POLICY_KINDS.join(", ")}`, String(policy.kind), "option policy");
  }
  if (policy.kind === "group") inRange("maxDelayUs", policy.maxDelayUs ?? 0, 0, Number.MAX_SAFE_INTEGER);
  if (policy.kind === "interval") inRange("intervalUs", policy.intervalUs, 1, Number.MAX_SAFE_INTEGER);
  return settings;
}

function inRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw badArgument(`an integer from ${min} to ${max}`, String(value), `option ${name}`);
  }
}
