/**
 * Every canonical image that a power loss could leave now, as ALICE (Pillai et al., OSDI 2014) and CrashMonkey
 * (Mohan et al., OSDI 2018) enumerate crash states: each set of metadata operations that may be kept, with each
 * combination of the pages' variants.
 */
import { assert } from "#engines/env/index.js";
import type { Stream } from "../streams.js";
import type { DiskCore } from "./core.js";
import { compose, composeHashes, fileVariants, type FileVariants } from "./file-variants.js";
import { hashImage, type DiskImage, type ImageFile } from "./image.js";
import type { Inode } from "./inode.js";
import {
  metadataVariants,
  shapeWith,
  sizeWith,
  type KeptOperations,
  type Shape,
} from "./metadata-variants.js";
import type { KeepsCut } from "./outcome.js";

export interface ImageSet {
  /**
   * How many combinations there are, equal images counted each time; at most 2^53 - 1, and a lower bound where
   * the metadata subsets are over 4096.
   */
  readonly total: number;
  /** Whether `images` leaves some of them out. */
  readonly sampled: boolean;
  /**
   * Distinct images, made as they are asked for; to be iterated once. The disk must not change meanwhile. In a sample the extremes
   * come first: all kept, nothing kept, each single page lost, each single page kept, and each set of metadata
   * operations with all pages kept and with none; the rest is drawn from the stream.
   */
  readonly images: Iterable<DiskImage>;
}

/** One set of kept metadata operations, and what the pages may be beside it. */
interface Branch {
  readonly shape: Shape;
  readonly sizes: readonly number[];
  readonly files: readonly FileVariants[];
  /** Distinct contents of each page, over all files in order. */
  readonly radices: readonly number[];
  /** The choice that keeps everything. */
  readonly full: readonly number[];
  readonly total: number;
}

/** At most `limit` distinct images of the disk as it is now. */
export function enumerateImages(core: DiskCore, limit: number, stream: Stream): ImageSet {
  assert(limit >= 1, "at least one image is wanted");
  const { variants, sampled: fewerVariants } = metadataVariants(core, stream);
  const branches = branchesOf(core, variants);
  const total = branches.reduce((sum, branch) => Math.min(sum + branch.total, Number.MAX_SAFE_INTEGER), 0);
  const sampled = fewerVariants || total > limit;
  return {
    total,
    sampled,
    images: distinct(sampled ? sample(branches, limit, stream) : all(branches), limit),
  };
}

function branchesOf(core: DiskCore, variants: readonly KeptOperations[]): Branch[] {
  const memo = new Map<Inode, Map<string, FileVariants>>();
  return variants.map((kept) => {
    const keeps: KeepsCut = (cut) => cut.durable || kept.has(cut);
    const shape = shapeWith(core, kept);
    const sizes = shape.files.map(([, inode]) => sizeWith(core, inode, kept));
    const files = shape.files.map(([, inode], index) => {
      const size = sizes[index]!;
      const key = [size, ...cutsOf(inode, keeps)].join();
      let known = memo.get(inode);
      if (known === undefined) memo.set(inode, (known = new Map()));
      let variant = known.get(key);
      if (variant === undefined) known.set(key, (variant = fileVariants(inode, size, keeps)));
      return variant;
    });
    const pages = files.flatMap((file) => file.pages);
    const radices = pages.map(({ contents }) => contents.length);
    const total = radices.reduce((product, radix) => Math.min(product * radix, Number.MAX_SAFE_INTEGER), 1);
    return { shape, sizes, files, radices, full: pages.map(({ full }) => full), total };
  });
}

/** The truncations of the file that are kept. */
function cutsOf(inode: Inode, keeps: KeepsCut): number[] {
  const orders = new Set<number>();
  for (const page of inode.pages) {
    for (const delta of [...(page?.versions ?? []), ...(page?.ghosts ?? [])]) {
      if (delta.cut !== undefined && keeps(delta.cut)) orders.add(delta.cut.order);
    }
  }
  return [...orders];
}

function* distinct(choices: Iterable<[Branch, readonly number[]]>, limit: number): Generator<DiskImage> {
  const seen = new Set<number>();
  for (const [branch, choice] of choices) {
    const hash = hashOf(branch, choice);
    if (seen.has(hash)) continue;
    seen.add(hash);
    yield { hash, directories: branch.shape.directories, files: filesOf(branch, choice) };
    if (seen.size === limit) return;
  }
}

/** The hash alone: most of what a random draw gives was seen before, and needs no bytes. */
function hashOf(branch: Branch, choice: readonly number[]): number {
  const pages = perFile(branch, choice, composeHashes);
  const files = branch.shape.files.map(([path], index) => ({
    path,
    size: branch.sizes[index]!,
    pages: pages[index]!,
  }));
  return hashImage(branch.shape.directories, files);
}

function filesOf(branch: Branch, choice: readonly number[]): ImageFile[] {
  const contents = perFile(branch, choice, compose);
  return branch.shape.files.map(([path], index) => ({
    path,
    size: branch.sizes[index]!,
    bytes: contents[index]!,
  }));
}

/** Hands each file its part of the choices. */
function perFile<T>(
  { files }: Branch,
  choice: readonly number[],
  compute: (file: FileVariants, choices: readonly number[]) => T,
): T[] {
  let page = 0;
  return files.map((file) => {
    const from = page;
    page += file.pages.length;
    return compute(file, choice.slice(from, page));
  });
}

/** Every combination, as numbers with one digit a page. */
function* all(branches: readonly Branch[]): Generator<[Branch, readonly number[]]> {
  for (const branch of branches) {
    const { radices } = branch;
    const choice = radices.map(() => 0);
    for (;;) {
      yield [branch, choice];
      let digit = 0;
      while (digit < radices.length && ++choice[digit]! === radices[digit]) choice[digit++] = 0;
      if (digit === radices.length) break;
    }
  }
}

function* sample(
  branches: readonly Branch[],
  limit: number,
  stream: Stream,
): Generator<[Branch, readonly number[]]> {
  const none = branches[0]!;
  const last = branches[branches.length - 1]!;
  const zeros = (branch: Branch): number[] => branch.radices.map(() => 0);
  yield [last, last.full];
  yield [none, zeros(none)];
  for (let page = 0; page < last.radices.length; page++) {
    yield [last, last.full.map((choice, index) => (index === page ? 0 : choice))];
    yield [last, last.full.map((choice, index) => (index === page ? choice : 0))];
  }
  for (const branch of branches) {
    yield [branch, branch.full];
    yield [branch, zeros(branch)];
  }
  // Where nearly every draw gives an image that was seen, there are no more to be found.
  for (let draws = 0; draws < 8 * limit; draws++) {
    const branch = branches[stream.below(branches.length)]!;
    yield [branch, branch.radices.map((radix) => stream.below(radix))];
  }
}
