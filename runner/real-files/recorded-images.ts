/**
 * Power loss on what real files were told: the disk operations of processes that were killed go to a simulated
 * platter, and the engine is recovered from every image that a power loss could have left at any point of them.
 */
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { HONEST_PROFILE, ADVERSARIAL_PROFILE, type DiskProfile } from "#sim/disk/index.js";
import { checkImages } from "#sim/explore/index.js";
import { Streams } from "#sim/streams.js";
import { nodeHost } from "../host.js";
import type { MakeSeries, RealFilesFinding, Series, SeriesOptions } from "./series.js";

export interface ImagesOptions extends SeriesOptions {
  readonly runs: number;
  /** At most so many images at each point; more are sampled by the seed. */
  readonly imagesPerPoint: number;
}

/** Sums over all lives. */
export interface ImagesCounts {
  readonly profile: DiskProfile["metadata"];
  points: number;
  pointsSampled: number;
  /** Distinct within a life. */
  distinct: number;
  checked: number;
}

export interface ImagesReport {
  lives: number;
  operations: number;
  readonly profiles: readonly ImagesCounts[];
  readonly findings: RealFilesFinding[];
}

/** One that begins with nothing, and one that finds what a kill has left: its operations begin with a recovery. */
const LIVES_PER_RUN = 2;
const PROFILES: readonly DiskProfile[] = [HONEST_PROFILE, ADVERSARIAL_PROFILE];

/** Ends at the first life with findings, and where the signal says so. */
export async function recordedImages(makeSeries: MakeSeries, options: ImagesOptions): Promise<ImagesReport> {
  const stream = new Streams(options.seed).get("recorded-images");
  const profiles = PROFILES.map(({ metadata }) => ({
    profile: metadata,
    points: 0,
    pointsSampled: 0,
    distinct: 0,
    checked: 0,
  }));
  const report: ImagesReport = { lives: 0, operations: 0, profiles, findings: [] };
  for (let run = 0; run < options.runs; run++) {
    const directory = join(options.directory, `recorded-${run}`);
    mkdirSync(directory);
    const series = makeSeries({ ...options, directory, seed: stream.uint32() });
    for (let life = 0; life < LIVES_PER_RUN; life++) {
      const finding = await series.live({ record: true, mayDieOpening: false });
      if (finding !== undefined) report.findings.push(finding);
      else await checkLife(series, options, report);
      if (report.findings.length > 0 || options.signal?.aborted === true) return report;
    }
  }
  return report;
}

/** Every point of the latest life, under both profiles. */
async function checkLife(series: Series, options: ImagesOptions, report: ImagesReport): Promise<void> {
  const run = series.recorded;
  report.lives++;
  report.operations += run.ops.length - (run.foundOps ?? 0);
  for (const [index, profile] of PROFILES.entries()) {
    const { counts, findings } = await checkImages(run, {
      seed: options.seed,
      host: nodeHost(),
      profile,
      imagesPerPoint: options.imagesPerPoint,
      recover: (world, position) => series.recover(world, position),
      onPoint: () => options.signal?.aborted ?? false,
    });
    const sums = report.profiles[index]!;
    sums.points += counts.points;
    sums.pointsSampled += counts.pointsSampled;
    sums.distinct += counts.distinct;
    sums.checked += counts.checked;
    for (const { point, operation, finding } of findings) {
      const where = `${profile.metadata}, after ${point} operations (${operation})`;
      report.findings.push({ rule: finding.invariant, message: `${where}: ${finding.message}` });
    }
  }
}
