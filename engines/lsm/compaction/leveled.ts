import { compareKeys } from "../../store/index.js";
import type { Settings } from "../options.js";
import type { Pointer } from "../version/edit.js";
import { bytesOf, overlaps, rangeOf, type KeyRange } from "../version/levels.js";
import type { TableFile, Version } from "../version/version.js";
import type { Compaction, CompactionInput, CompactionStrategy } from "./strategy.js";

/** A level that is as full as it may be. */
const FULL_SCORE = 1000;

/**
 * LevelDB's: each level but L0 holds disjoint tables and may be so many times larger than the one before. From the level
 * that is fullest, some tables are merged with those of the next level whose keys overlap; which ones goes round the
 * keys. L0 is judged by its number of tables, since each look-up has to ask all of them.
 */
export class LeveledStrategy implements CompactionStrategy {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  pick(version: Version, pointers: readonly Pointer[]): Compaction | undefined {
    let fullest = 0;
    let score = 0;
    // The last level has nowhere to go.
    for (let level = 0; level < version.levels.length - 1; level++) {
      const its = this.#score(version, level);
      if (its > score) [fullest, score] = [level, its];
    }
    if (score < FULL_SCORE) return undefined;
    const files = version.levels[fullest]!;
    if (fullest === 0) return this.#compaction(version, 0, overlappingInLevel0(files), undefined);
    const pointer = pointers.find(({ level }) => level === fullest);
    const file = nextBehind(files, pointer?.key);
    return this.#compaction(version, fullest, [file], { level: fullest, key: file.meta.largestKey });
  }

  pickLevel(version: Version, level: number): Compaction | undefined {
    const files = version.levels[level] ?? [];
    if (files.length === 0 || level + 1 >= version.levels.length) return undefined;
    return this.#compaction(version, level, files, undefined);
  }

  backlog(version: Version): number {
    return version.levels[0]!.length;
  }

  #score(version: Version, level: number): number {
    const files = version.levels[level]!;
    const { level0Files, level1Bytes, levelFactor } = this.#settings;
    if (level === 0) return Math.floor((files.length * FULL_SCORE) / level0Files);
    let limitBytes = level1Bytes;
    for (let each = 1; each < level; each++) limitBytes *= levelFactor;
    return Math.floor((bytesOf(files) * FULL_SCORE) / limitBytes);
  }

  #compaction(
    version: Version,
    level: number,
    files: readonly TableFile[],
    pointer: Pointer | undefined,
  ): Compaction {
    const outputLevel = level + 1;
    const range = rangeOf(files);
    const met = version.levels[outputLevel]!.filter(({ meta }) => overlaps(meta, range));
    const inputs: CompactionInput[] = [{ level, files }];
    if (met.length > 0) inputs.push({ level: outputLevel, files: met });
    const older = version.levels.slice(outputLevel + 1).filter((tables) => tables.length > 0);
    const isMove = files.length === 1 && met.length === 0;
    return { inputs, outputLevel, outputBytes: this.#settings.tableBytes, older, isMove, pointer };
  }
}

/**
 * The oldest table of L0, all whose keys overlap with it, all whose keys overlap with those, and so on. A newer one that
 * went down alone would hide behind an older one that stayed.
 */
function overlappingInLevel0(files: readonly TableFile[]): readonly TableFile[] {
  let taken: readonly TableFile[] = files.slice(-1);
  for (;;) {
    const range: KeyRange = rangeOf(taken);
    const more = files.filter(({ meta }) => overlaps(meta, range));
    if (more.length === taken.length) return taken;
    taken = more;
  }
}

/** The first table that begins behind `key`; behind the last one, the first of all. */
function nextBehind(files: readonly TableFile[], key: Uint8Array | undefined): TableFile {
  const behind = files.find(({ meta }) => key === undefined || compareKeys(meta.smallestKey, key) > 0);
  return behind ?? files[0]!;
}
