/** Every set of pending metadata operations that a power loss may keep, and the names that it leaves. */
import type { Stream } from "../streams.js";
import type { DiskCore } from "./core.js";
import type { Inode } from "./inode.js";
import { dependencies, type MetadataOperation } from "./metadata-log.js";
import { Directory, type Node } from "./namespace.js";

/** Above this many closed subsets a sample is taken. */
const MOST_SUBSETS = 4096;

export type KeptOperations = ReadonlySet<MetadataOperation>;

export interface MetadataVariants {
  /** Nothing kept comes first, everything kept last. */
  readonly variants: readonly KeptOperations[];
  /** Whether there are more than these. */
  readonly sampled: boolean;
}

export function metadataVariants(core: DiskCore, stream: Stream): MetadataVariants {
  const { pending } = core.log;
  if (core.profile.metadata === "adversarial") return closedSubsets(pending, stream);
  return {
    variants: Array.from({ length: pending.length + 1 }, (_, count) => new Set(pending.slice(0, count))),
    sampled: false,
  };
}

function closedSubsets(pending: readonly MetadataOperation[], stream: Stream): MetadataVariants {
  const needs = dependencies(pending);
  const allowed = (kept: KeptOperations, operation: MetadataOperation): boolean =>
    needs.get(operation)!.every((earlier) => kept.has(earlier));
  let variants: Set<MetadataOperation>[] = [new Set()];
  for (const operation of pending) {
    const grown = variants
      .filter((kept) => allowed(kept, operation))
      .map((kept) => new Set([...kept, operation]));
    if (variants.length + grown.length > MOST_SUBSETS) return sampleSubsets(pending, allowed, stream);
    variants = [...variants, ...grown];
  }
  return { variants, sampled: false };
}

/** Nothing, all, each operation lost with what needs it, each kept with what it needs, and a random rest. */
function sampleSubsets(
  pending: readonly MetadataOperation[],
  allowed: (kept: KeptOperations, operation: MetadataOperation) => boolean,
  stream: Stream,
): MetadataVariants {
  const select = (wants: (operation: MetadataOperation) => boolean): KeptOperations => {
    const kept = new Set<MetadataOperation>();
    for (const operation of pending) if (wants(operation) && allowed(kept, operation)) kept.add(operation);
    return kept;
  };
  const variants = [select(() => false)];
  for (const lost of pending) variants.push(select((operation) => operation !== lost));
  for (let i = variants.length; i < MOST_SUBSETS - 1; i++) variants.push(select(() => stream.below(2) === 1));
  variants.push(select(() => true));
  return { variants, sampled: true };
}

export interface Shape {
  readonly directories: readonly string[];
  readonly files: readonly (readonly [path: string, inode: Inode])[];
}

/** The names of the platter with these operations on it. */
export function shapeWith(core: DiskCore, kept: KeptOperations): Shape {
  const changed = new Map<Directory, Map<string, Node>>();
  const namesOf = (directory: Directory): Map<string, Node> => {
    let names = changed.get(directory);
    if (names === undefined) changed.set(directory, (names = new Map(directory.durable)));
    return names;
  };
  for (const operation of core.log.pending) {
    if (operation.kind === "size" || !kept.has(operation)) continue;
    const { directory, name, node } = operation;
    if (operation.kind === "link") namesOf(directory).set(name, node);
    else namesOf(directory).delete(name);
    if (operation.kind === "rename") namesOf(operation.toDirectory).set(operation.toName, node);
  }
  const directories: string[] = [];
  const files: [string, Inode][] = [];
  const visit = (directory: Directory, prefix: string): void => {
    const names = [...(changed.get(directory) ?? directory.durable)].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, node] of names) {
      if (node instanceof Directory) {
        directories.push(prefix + name);
        visit(node, `${prefix}${name}/`);
      } else {
        files.push([prefix + name, node]);
      }
    }
  };
  visit(core.root, "");
  return { directories, files };
}

/** The size of a file with these operations on the platter. */
export function sizeWith(core: DiskCore, inode: Inode, kept: KeptOperations): number {
  let size = inode.durableSize;
  for (const operation of core.log.pending) {
    if (operation.kind === "size" && operation.inode === inode && kept.has(operation)) size = operation.size;
  }
  return size;
}
