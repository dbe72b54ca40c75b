/**
 * What the clients of a log will do in one run, drawn before it begins: operations are data, so that what one
 * of them is answered changes none of the others.
 */
import type { SyncPolicy, WalOptions } from "#engines/wal/index.js";
import type { Run } from "#sim/scenario.js";
import type { Stream } from "#sim/streams.js";
import { MIN_PAYLOAD_BYTES } from "./payload.js";

/** One append; of several records where it is atomic. */
export interface PlannedAppend {
  /** Key and size of each record. */
  readonly records: readonly { readonly key: number; readonly sizeBytes: number }[];
  /** How long the client thinks before it. */
  readonly thinkUs: number;
  /** What the client reads once it has its answer: from this part of the log on, one record or all. */
  readonly look?: { readonly kind: "read" | "scan"; readonly permille: number };
}

/** What happens to the log between two bursts of appends, while nobody writes. */
export type Maintenance =
  | { readonly kind: "none" }
  | { readonly kind: "sync" }
  /** Cuts this many records off the end. */
  | { readonly kind: "truncate-suffix"; readonly cutCount: number }
  /** Gives up all but this many records. */
  | { readonly kind: "truncate-prefix"; readonly keepCount: number };

export interface Burst {
  /** By client. */
  readonly appends: readonly (readonly PlannedAppend[])[];
  readonly after: Maintenance;
  /** How long everybody rests before the next burst. */
  readonly restUs: number;
}

export interface Plan {
  readonly wal: WalOptions;
  readonly bursts: readonly Burst[];
}

const KIB = 1024;
/** Room for a header and a few records. */
const MIN_SEGMENT_BYTES = 128;
/** Longer than any interval between two syncs, so that an idle log has to sync by itself. */
const REST_MAX_US = 100_000;

/** Counted up when the parts of a plan hold other values than before. */
export const WAL_PLAN_VERSION = 1;

/** Draws a plan with so many appends, of which a repro may hold another version. */
export function drawPlan(run: Run, operations: number = run.integer("operations")): Plan {
  return planned(run, draw(run, operations));
}

/** The plan as the parts of a repro, from which shrinking may have left some out. */
function planned(run: Run, drawn: Plan): Plan {
  const bursts = run.planned(
    "bursts",
    drawn.bursts.map(({ after, restUs }, burst) => ({ burst, after, restUs })),
  );
  const appends = run.planned(
    "appends",
    drawn.bursts.flatMap(({ appends: byClient }, burst) =>
      byClient.flatMap((ofClient, client) => ofClient.map((append) => ({ burst, client, ...append }))),
    ),
  );
  const clients = Math.max(0, ...appends.map(({ client }) => client + 1));
  const { segmentBytes: drawnBytes = MIN_SEGMENT_BYTES, ...others } = drawn.wal;
  // A part of its own, so that a log that has to roll does it sooner where it has less to hold.
  const segmentBytes = Math.max(MIN_SEGMENT_BYTES, run.planned("segmentBytes", drawnBytes));
  return {
    wal: { ...run.planned("wal", others), segmentBytes },
    bursts: bursts.map(({ burst, after, restUs }) => ({
      appends: Array.from({ length: clients }, (_, client) =>
        appends.filter((append) => append.burst === burst && append.client === client),
      ),
      after,
      restUs,
    })),
  };
}

function draw(run: Run, operations: number): Plan {
  const stream = run.workload;
  const wal = drawOptions(run, stream);
  const clients = run.integer("clients") || stream.between(1, 16);
  const bursts: Burst[] = [];
  // Records of one size put new batches exactly where old ones were: that is where stale bytes pass for new.
  const oneSize = stream.below(4) === 0 ? drawUsualSize(stream) : undefined;
  // With long pauses a segment lives long enough for what a policy promises in time.
  const maxThinkUs = stream.pick([2_000, 2_000, 2_000, 40_000]);
  let key = 0;
  let left = operations;
  while (left > 0) {
    const appends: PlannedAppend[][] = Array.from({ length: clients }, () => []);
    const size = Math.min(left, stream.between(10, 120));
    left -= size;
    for (let i = 0; i < size; i++) {
      const records = Array.from({ length: drawRecords(stream) }, () => ({
        key: key++,
        sizeBytes: oneSize ?? drawSize(stream, wal),
      }));
      const thinkUs = drawThink(stream, maxThinkUs);
      appends[stream.below(clients)]!.push({ records, thinkUs, ...drawLook(stream) });
    }
    const restUs = stream.below(4) === 0 ? stream.below(REST_MAX_US) : 0;
    bursts.push({ appends, after: drawMaintenance(stream), restUs });
  }
  return { wal, bursts };
}

function drawOptions(run: Run, stream: Stream): WalOptions {
  return {
    directory: "wal",
    policy: drawPolicy(run.choice("policy"), stream),
    // Small, so that every run rolls segments, and some records outgrow one.
    segmentBytes: stream.between(2, 16) * KIB,
    maxBatchBytes: stream.pick([256, 4 * KIB, 64 * KIB]),
    preallocate: stream.below(2) === 1,
    indexEveryBytes: stream.pick([64, 512, 4 * KIB]),
    readChunkBytes: stream.pick([KIB, 8 * KIB, 64 * KIB]),
  };
}

/** The policy that was chosen, or any. */
export function drawPolicy(choice: string, stream: Stream): SyncPolicy {
  const drawn = stream.pick(["each", "group", "group", "interval", "none"]);
  const parameter = stream.between(1, 20) * 1_000;
  switch (choice === "any" ? drawn : choice) {
    case "each":
      return { kind: "each" };
    case "interval":
      return { kind: "interval", intervalUs: parameter };
    case "none":
      return { kind: "none" };
    default:
      return { kind: "group", maxDelayUs: parameter % 3_000 };
  }
}

function drawRecords(stream: Stream): number {
  return stream.below(8) === 0 ? stream.between(2, 6) : 1;
}

function drawSize(stream: Stream, wal: WalOptions): number {
  const dice = stream.below(1_000);
  if (dice < 1) return MIN_PAYLOAD_BYTES + stream.below(2 * wal.segmentBytes!);
  if (dice < 12) return MIN_PAYLOAD_BYTES + stream.below(3 * KIB);
  return drawUsualSize(stream);
}

function drawUsualSize(stream: Stream): number {
  return MIN_PAYLOAD_BYTES + stream.below(100);
}

function drawThink(stream: Stream, maxThinkUs: number): number {
  return stream.below(2) === 0 ? 0 : stream.below(maxThinkUs);
}

function drawLook(stream: Stream): Pick<PlannedAppend, "look"> {
  const dice = stream.below(60);
  if (dice > 2) return {};
  return { look: { kind: dice === 0 ? "scan" : "read", permille: stream.below(1_000) } };
}

function drawMaintenance(stream: Stream): Maintenance {
  switch (stream.below(8)) {
    case 0:
      return { kind: "sync" };
    case 3:
      return { kind: "truncate-suffix", cutCount: stream.below(40) };
    case 4:
    case 5:
      return { kind: "truncate-prefix", keepCount: stream.below(120) };
    default:
      return { kind: "none" };
  }
}
