/**
 * `node dist/runner/real-files/main.js`: see `USAGE`. Exit code 0: all held; 1: something did not; 2: bad usage;
 * 130: interrupted, with what is known printed.
 *
 * The kills prove that the death of a process loses nothing acknowledged, and no more than that: the page cache
 * outlives the process, so that even a log that never syncs would pass. What a loss of power does is judged by
 * the images, on a simulated platter.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { plural, thousands } from "#reports/format.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { interruptible } from "../interrupt.js";
import { inTemporaryDirectory } from "../temporary-directory.js";
import { killRounds, type KillReport } from "./kill-rounds.js";
import { logSeries } from "./log/series.js";
import { USAGE, parseOptions, type RealFilesOptions } from "./options.js";
import { recordedImages, type ImagesReport } from "./recorded-images.js";
import type { MakeSeries, RealFilesFinding } from "./series.js";
import { storeSeries } from "./store/series.js";
import { processes } from "./words.js";

/** Operations in a plan. A power loss has some thousand images for each operation on the disk. */
const KILL_OPERATIONS = 300;
const RECORDED_OPERATIONS = 60;

/** Gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (!options.help) {
      return await interruptible((signal) =>
        inTemporaryDirectory(options.dir, "--dir", (directory) => runAll(options, directory, signal)),
      );
    }
    console.log(USAGE);
    return EXIT.held;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.line);
    return EXIT.usage;
  }
}

async function runAll(options: RealFilesOptions, directory: string, signal: AbortSignal): Promise<number> {
  const { seed, engine } = options;
  const makeSeries: MakeSeries = engine === "wal" ? logSeries : storeSeries(engine);
  const findings: RealFilesFinding[] = [];
  const killed = join(directory, "killed");
  mkdirSync(killed);
  const kills = await killRounds(makeSeries, {
    rounds: options.rounds,
    seed,
    directory: killed,
    operations: KILL_OPERATIONS,
    signal,
  });
  console.log(killsLine(kills));
  if (kills.finding !== undefined) findings.push(kills.finding);
  if (!signal.aborted) {
    const images = await recordedImages(makeSeries, {
      runs: options.recorded,
      seed,
      directory,
      operations: RECORDED_OPERATIONS,
      imagesPerPoint: options.images,
      signal,
    });
    for (const line of imagesLines(images)) console.log(line);
    findings.push(...images.findings);
  }
  for (const { rule, message } of findings) console.log(`FAIL  ${rule}  ${message}`);
  if (findings.length > 0) return EXIT.broken;
  if (signal.aborted) return EXIT.interrupted;
  console.log("all held");
  return EXIT.held;
}

function killsLine({ rounds, kills, words }: KillReport): string {
  const round = `killed: ${plural(rounds, "round")} (${thousands(kills.killedOpening)} while opening)`;
  return [round, ...words].join("; ");
}

function imagesLines({ lives, operations, profiles }: ImagesReport): string[] {
  return profiles.map(({ profile, points, pointsSampled, distinct, checked }) =>
    [
      `images, ${profile}: ${processes(lives)}, ${thousands(operations)} disk operations`,
      `${plural(points, "point")} (${thousands(pointsSampled)} sampled)`,
      `${thousands(distinct)} distinct images, ${thousands(checked)} checked`,
    ].join("; "),
  );
}

process.exitCode = await main(process.argv.slice(2));
