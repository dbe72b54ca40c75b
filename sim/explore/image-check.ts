/**
 * Feeds recorded disk operations to a bare disk and, between any two of them, recovers from every canonical
 * image that a power loss could leave there, and from what the death of the process alone leaves. The operations may come from a simulation or from real files.
 */
import type { DiskOp } from "#engines/env/recording-disk.js";
import { SimDisk, type DiskImage, type DiskProfile } from "../disk/index.js";
import type { Host } from "../host.js";
import type { Program } from "../process.js";
import { Streams, type Stream } from "../streams.js";
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
  /** Asked after each point, and within a long one every 64 recoveries; true ends the exploration. */
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
  /** 0 where the process alone had died, so that the page cache was still there. */
  readonly imageHash: number;
  readonly finding: Finding;
}

const MAX_FINDINGS = 20;
const ASK_EVERY_RECOVERIES = 64;

/** Checks every point of the run. Gives at most 20 findings, and stops there. */
export async function checkImages(
  run: RecordedRun,
  check: ImageCheck,
): Promise<{ readonly counts: ImageCounts; readonly findings: readonly CrashPointFinding[] }> {
  const points = new PointCheck(run, check);
  for (let point = run.foundOps ?? 0; point <= run.ops.length; point++) {
    await points.check(point);
    if (points.isOver || (check.onPoint?.(points.counts) ?? false)) break;
  }
  return points;
}

/** What a machine is left with: an image on its platter, or all that these operations have done to its disk. */
type Leftover = { readonly image: DiskImage } | { readonly ops: readonly DiskOp[] };

/** The points of one run, to be checked in order. */
class PointCheck {
  readonly counts: ImageCounts = { points: 0, pointsSampled: 0, distinct: 0, checked: 0 };
  readonly findings: CrashPointFinding[] = [];
  readonly #run: RecordedRun;
  readonly #check: ImageCheck;
  readonly #disk: SimDisk;
  readonly #stream: Stream;
  readonly #distinct: Set<number> = new Set();
  #applied = 0;
  #stopped = false;
  /** What was found good under a promise is good under the same promise at the next point. */
  #good: Set<number> = new Set();
  #goodPosition = -1;

  constructor(run: RecordedRun, check: ImageCheck) {
    this.#run = run;
    this.#check = check;
    this.#disk = new SimDisk({ node: { name: "n1", index: 0 }, profile: check.profile });
    this.#stream = new Streams(check.seed).get("crash-points");
  }

  get isOver(): boolean {
    return this.#stopped || this.findings.length >= MAX_FINDINGS;
  }

  /** What a power loss, or the death of the process alone, could leave after so many operations. */
  async check(point: number): Promise<void> {
    const { ops, positions } = this.#run;
    while (this.#applied < point) this.#disk.apply(ops[this.#applied++]!);
    const position = positions[point]!;
    if (position !== this.#goodPosition) this.#good = new Set();
    this.#goodPosition = position;
    const set = this.#disk.images(this.#check.imagesPerPoint, this.#stream);
    this.counts.points++;
    if (set.sampled) this.counts.pointsSampled++;
    for (const image of set.images) {
      this.#distinct.add(image.hash);
      if (this.#good.has(image.hash)) continue;
      this.#good.add(image.hash);
      await this.#recover(point, image.hash, { image });
      if (this.isOver) break;
    }
    this.counts.distinct = this.#distinct.size;
    if (this.#stopped) return;
    // The page cache survives the process alone; what recovery finds in it is not yet durable.
    await this.#recover(point, 0, { ops: ops.slice(0, point) });
  }

  async #recover(point: number, imageHash: number, from: Leftover): Promise<void> {
    if (++this.counts.checked % ASK_EVERY_RECOVERIES === 0) {
      this.counts.distinct = this.#distinct.size;
      this.#stopped = this.#check.onPoint?.(this.counts) ?? false;
      if (this.#stopped) return;
    }
    const finding = await recoverTwice(from, this.#check, this.#run.positions[point]!);
    if (finding === undefined) return;
    const operation = point === 0 ? "the beginning" : describe(this.#run.ops[point - 1]!);
    this.findings.push({ point, operation, imageHash, finding });
  }
}

/** The second time only with what the first made durable: an open engine must have made safe what it shows. */
async function recoverTwice(
  from: Leftover,
  check: ImageCheck,
  position: number,
): Promise<Finding | undefined> {
  const world = new World({ seed: check.seed, host: check.host, swarm: new Map() });
  const first = world.addNode("n1", check.profile, from);
  await world.run(async () => {
    const program = check.recover(world, position);
    await world.boot(first, program).exited;
    const second = world.addNode("n2", check.profile, { image: first.disk.durableImage() });
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
