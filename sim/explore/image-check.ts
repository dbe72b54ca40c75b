/**
 * Feeds recorded disk operations to a bare disk and, between any two of them, recovers from every canonical
 * image that a power loss could leave there. The operations may come from a simulation or from real files.
 */
import type { DiskOp } from "#engines/env/recording-disk.js";
import { SimDisk, type DiskImage, type DiskProfile } from "../disk/index.js";
import type { Host } from "../host.js";
import type { Program } from "../process.js";
import { Streams } from "../streams.js";
import { World, type Finding } from "../world.js";

/** What was done to a disk, and how much was promised meanwhile. */
export interface RecordedRun {
  readonly ops: readonly DiskOp[];
  /** How far promises had come before each operation, and after the last: one entry more than operations. */
  readonly positions: readonly number[];
  /** So many operations, the first ones, only tell of what was there before: no power loss strikes among them. */
  readonly foundOps?: number;
}

export interface ImageCheck {
  readonly seed: number;
  readonly host: Host;
  readonly profile: DiskProfile;
  /** At most so many images at one point; more are sampled by the seed. */
  readonly imagesPerPoint: number;
  /**
   * Opens what is on the disk and compares it with what was promised up to `position`; what is wrong it tells
   * the world. Made anew for each image; run twice on it, the second time on what the first made durable.
   */
  readonly recover: (world: World, position: number) => Program;
  /** Asked after each point; true ends the exploration. */
  readonly onPoint?: (progress: ImageCounts) => boolean;
}

export interface ImageCounts {
  /** Points between two operations, the ends included. */
  points: number;
  /** Points with more images than were looked at. */
  pointsSampled: number;
  /** Distinct images, over all points. */
  distinct: number;
  /** Recoveries that were checked: an image is checked again where more had been promised. */
  checked: number;
}

/** A recovery that went wrong, and where. */
export interface CrashPointFinding {
  /** The power went after so many operations. */
  readonly point: number;
  /** The last operation before it. */
  readonly operation: string;
  readonly imageHash: number;
  readonly finding: Finding;
}

const MAX_FINDINGS = 20;

/** Checks every point of the run. Stops at the first findings, of which it gives at most 20. */
export async function checkImages(
  run: RecordedRun,
  check: ImageCheck,
): Promise<{ readonly counts: ImageCounts; readonly findings: readonly CrashPointFinding[] }> {
  const node = { name: "n1", index: 0 };
  const disk = new SimDisk({ node, profile: check.profile });
  const stream = new Streams(check.seed).get("crash-points");
  const counts: ImageCounts = { points: 0, pointsSampled: 0, distinct: 0, checked: 0 };
  const findings: CrashPointFinding[] = [];
  const distinct = new Set<number>();
  // What was found good under a promise is good under the same promise at the next point.
  let good = new Set<number>();
  let goodPosition = -1;
  const firstPoint = run.foundOps ?? 0;
  for (const op of run.ops.slice(0, firstPoint)) disk.apply(op);
  for (let point = firstPoint; point <= run.ops.length; point++) {
    const position = run.positions[point]!;
    if (position !== goodPosition) good = new Set();
    goodPosition = position;
    const set = disk.images(check.imagesPerPoint, stream);
    counts.points++;
    if (set.sampled) counts.pointsSampled++;
    for (const image of set.images) {
      distinct.add(image.hash);
      if (good.has(image.hash)) continue;
      good.add(image.hash);
      counts.checked++;
      const finding = await recoverTwice(image, check, position);
      if (finding === undefined) continue;
      const operation = point === 0 ? "the beginning" : describe(run.ops[point - 1]!);
      findings.push({ point, operation, imageHash: image.hash, finding });
      if (findings.length >= MAX_FINDINGS) break;
    }
    counts.distinct = distinct.size;
    const next = run.ops[point];
    if (next === undefined || findings.length >= MAX_FINDINGS || (check.onPoint?.(counts) ?? false)) break;
    disk.apply(next);
  }
  return { counts, findings };
}

/** The second time only with what the first made durable: an open engine must have made safe what it shows. */
async function recoverTwice(
  image: DiskImage,
  check: ImageCheck,
  position: number,
): Promise<Finding | undefined> {
  const world = new World({ seed: check.seed, host: check.host, swarm: new Map() });
  const first = world.addNode("n1", check.profile, image);
  await world.run(async () => {
    const program = check.recover(world, position);
    await world.boot(first, program).exited;
    const second = world.addNode("n2", check.profile, first.disk.durableImage());
    await world.boot(second, program).exited;
  });
  return world.findings[0];
}

function describe(op: DiskOp): string {
  if (op.kind === "rename") return `rename ${op.from} to ${op.to}`;
  if (op.kind === "truncate") return `truncate of file ${op.file} to ${op.sizeBytes}`;
  if ("bytes" in op && "offset" in op)
    return `${op.kind} of ${op.bytes.length} bytes at ${op.offset} to file ${op.file}`;
  return "path" in op ? `${op.kind} ${op.path}` : `${op.kind} of file ${op.file}`;
}
