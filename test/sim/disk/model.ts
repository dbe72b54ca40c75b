/**
 * What a power loss may leave, written from the definition and by brute force over the whole history. It shares
 * nothing with the implementation but the types of an image.
 */
import type { DiskImage, ImageFile, MetadataProfile } from "#sim/disk/index.js";

const PAGE = 4096;
const SECTOR = 512;

export type Step =
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "mkdir"; readonly path: string }
  | { readonly kind: "write"; readonly path: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "syncDir"; readonly path: string };

/** Something that happened to bytes. A cut is of the size change with its number. */
interface ByteEvent {
  readonly seq: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array | undefined;
  readonly cut: number;
}

interface FileHistory {
  readonly id: number;
  readonly events: ByteEvent[];
  size: number;
  durableSize: number;
  /** Byte events up to here are durable. */
  synced: number;
}

type Operation =
  | { readonly seq: number; readonly kind: "size"; readonly file: number; readonly size: number }
  | {
      readonly seq: number;
      readonly kind: "name";
      /** Each name that it touches, with what it had before and has after; undefined: nothing. */
      readonly changes: readonly { path: string; before: number | undefined; after: number | undefined }[];
    };

/** Which damage beyond lost versions is allowed. */
export interface Allowed {
  readonly torn: boolean;
  readonly garbage: boolean;
}

/** Directories are nodes with negative numbers. */
export class Model {
  readonly #profile: MetadataProfile;
  readonly #files: Map<number, FileHistory> = new Map();
  readonly names: Map<string, number> = new Map();
  #durableNames: Map<string, number> = new Map();
  #pending: Operation[] = [];
  readonly #durableCuts: Set<number> = new Set();
  #seq = 0;
  #nodes = 0;

  constructor(profile: MetadataProfile) {
    this.#profile = profile;
  }

  /** A model of what the disk is after it came back with this image. */
  static after(profile: MetadataProfile, image: DiskImage): Model {
    const model = new Model(profile);
    for (const path of image.directories) model.#durableNames.set(path, -++model.#nodes);
    for (const { path, size, bytes } of image.files) {
      const id = ++model.#nodes;
      const seq = ++model.#seq;
      const event = { seq, from: 0, to: bytes.length, bytes, cut: 0 };
      model.#files.set(id, { id, events: [event], size, durableSize: size, synced: seq });
      model.#durableNames.set(path, id);
    }
    for (const [path, id] of model.#durableNames) model.names.set(path, id);
    return model;
  }

  /** Whether the step does something; one that would fail is skipped. */
  possible(step: Step): boolean {
    const has = (path: string): boolean => (this.names.get(path) ?? 0) > 0;
    const parent = parentOf(step.path);
    if (parent !== "" && (this.names.get(parent) ?? 0) >= 0) return false;
    if (step.kind === "create" || step.kind === "mkdir") return !this.names.has(step.path);
    if (step.kind === "syncDir") return step.path === "" || (this.names.get(step.path) ?? 0) < 0;
    if (step.kind !== "rename") return has(step.path);
    const target = parentOf(step.to);
    const free = has(step.to) || !this.names.has(step.to);
    return (
      has(step.path) && free && step.to !== step.path && (target === "" || (this.names.get(target) ?? 0) < 0)
    );
  }

  run(step: Step): void {
    const seq = ++this.#seq;
    const id = this.names.get(step.path);
    switch (step.kind) {
      case "create":
      case "mkdir": {
        const node = ++this.#nodes * (step.kind === "create" ? 1 : -1);
        if (node > 0) this.#files.set(node, { id: node, events: [], size: 0, durableSize: 0, synced: 0 });
        return this.#change([{ path: step.path, before: undefined, after: node }]);
      }
      case "remove":
        return this.#change([{ path: step.path, before: id, after: undefined }]);
      case "rename":
        return this.#change([
          { path: step.path, before: id, after: undefined },
          { path: step.to, before: this.names.get(step.to), after: id },
        ]);
      case "write": {
        const file = this.#files.get(id!)!;
        const to = step.offset + step.bytes.length;
        file.events.push({ seq, from: step.offset, to, bytes: step.bytes, cut: 0 });
        if (to > file.size) this.#resize(file, to);
        return;
      }
      case "truncate": {
        const file = this.#files.get(id!)!;
        if (step.size === file.size) return;
        if (step.size < file.size) {
          file.events.push({ seq, from: step.size, to: file.size, bytes: undefined, cut: this.#seq + 1 });
        }
        return this.#resize(file, step.size);
      }
      case "sync": {
        const file = this.#files.get(id!)!;
        this.#commit((one) => this.#profile === "journaled" || (one.kind === "size" && one.file === file.id));
        file.synced = seq;
        return;
      }
      case "syncDir": {
        const closure = this.#closure(step.path);
        return this.#commit((one) => this.#profile === "journaled" || closure.has(one));
      }
    }
  }

  /** The bytes of a file as a reader sees them. */
  content(path: string): Uint8Array {
    const file = this.#files.get(this.names.get(path)!)!;
    return this.#bytes(file, 0, file.size, Number.MAX_SAFE_INTEGER, () => true);
  }

  /** Whether the directories above the name are there. */
  reachable(path: string): boolean {
    return reachable(this.names, path);
  }

  /** Whether the image is one that a power loss may leave now. */
  allows(image: DiskImage, allowed: Allowed): boolean {
    for (const kept of this.#keptSets()) {
      const names = this.#namesWith(kept);
      if (names === undefined || !sameNames(names, image)) continue;
      const fits = image.files.every((file) => {
        const history = this.#files.get(names.get(file.path)!)!;
        const sizes = this.#pending.filter((one) => one.kind === "size" && one.file === history.id);
        if (this.#profile === "journaled") {
          return this.#fileFits(
            history,
            sizes.filter((one) => kept.has(one)),
            file,
            allowed,
          );
        }
        return Array.from({ length: sizes.length + 1 }, (_, count) => sizes.slice(0, count)).some((prefix) =>
          this.#fileFits(history, prefix, file, allowed),
        );
      });
      if (fits) return true;
    }
    return false;
  }

  /** Every image without torn pages and garbage. Only for small cases. */
  allImages(): Map<string, ImageFile[]> {
    const found = new Map<string, ImageFile[]>();
    for (const kept of this.#keptSets()) {
      const names = this.#namesWith(kept);
      if (names === undefined) continue;
      const files = [...names]
        .filter(([path, node]) => node > 0 && reachable(names, path))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      let images: ImageFile[][] = [[]];
      for (const [path, node] of files) {
        const variants = this.#fileImages(this.#files.get(node)!, path, kept);
        images = images.flatMap((image) => variants.map((variant) => [...image, variant]));
      }
      const directories = [...names]
        .filter(([path, node]) => node < 0 && reachable(names, path))
        .map(([path]) => path);
      for (const image of images) found.set(imageKey(directories, image), image);
    }
    return found;
  }

  #fileImages(file: FileHistory, path: string, kept: ReadonlySet<Operation>): ImageFile[] {
    const sizes = this.#pending.filter((one) => one.kind === "size" && one.file === file.id);
    const prefixes =
      this.#profile === "journaled"
        ? [sizes.filter((one) => kept.has(one))]
        : Array.from({ length: sizes.length + 1 }, (_, count) => sizes.slice(0, count));
    return prefixes.flatMap((prefix) => {
      const size = sizeOf(prefix, file.durableSize);
      let contents: Uint8Array[] = [new Uint8Array(0)];
      for (let base = 0; base < size; base += PAGE) {
        const end = Math.min(base + PAGE, size);
        const keeps = this.#keeper(prefix);
        const variants = this.#choices(file, base, keeps).map((upTo) =>
          this.#bytes(file, base, end, upTo, keeps),
        );
        contents = contents.flatMap((content) => variants.map((variant) => concat(content, variant)));
      }
      return contents.map((bytes) => ({ path, size, bytes }));
    });
  }

  #fileFits(file: FileHistory, sizes: readonly Operation[], image: ImageFile, allowed: Allowed): boolean {
    if (sizeOf(sizes, file.durableSize) !== image.size) return false;
    const keeps = this.#keeper(sizes);
    for (let base = 0; base < image.size; base += PAGE) {
      const end = Math.min(base + PAGE, image.size);
      const variants = this.#choices(file, base, keeps).map((upTo) =>
        this.#bytes(file, base, end, upTo, keeps),
      );
      const free = allowed.garbage ? this.#touched(file, base, end, keeps) : new Set<number>();
      const grain = allowed.torn ? SECTOR : PAGE;
      for (let from = base; from < end; from += grain) {
        const to = Math.min(from + grain, end);
        const fits = variants.some((variant) => {
          for (let i = from; i < to; i++) {
            if (!free.has(i) && (image.bytes[i] ?? 0) !== variant[i - base]) return false;
          }
          return true;
        });
        if (!fits) return false;
      }
    }
    return true;
  }

  /** Up to which event the page at `base` may have been written. */
  #choices(file: FileHistory, base: number, keeps: (cut: number) => boolean): number[] {
    const choices = [file.synced];
    for (const event of file.events) {
      if (event.seq <= file.synced || event.from >= base + PAGE || event.to <= base) continue;
      // The blocks behind a cut that is not kept are not the file's.
      if (event.bytes === undefined && event.from <= base && !keeps(event.cut)) break;
      choices.push(event.seq);
    }
    return choices;
  }

  #bytes(
    file: FileHistory,
    from: number,
    to: number,
    upTo: number,
    keeps: (cut: number) => boolean,
  ): Uint8Array {
    const bytes = new Uint8Array(to - from);
    for (const event of file.events) {
      const start = Math.max(from, event.from);
      const end = Math.min(to, event.to);
      if (start >= end) continue;
      if (event.bytes === undefined) {
        if (event.seq <= upTo || keeps(event.cut)) bytes.fill(0, start - from, end - from);
      } else if (event.seq <= upTo) {
        bytes.set(event.bytes.subarray(start - event.from, end - event.from), start - from);
      }
    }
    return bytes;
  }

  /** Bytes that were being written. */
  #touched(file: FileHistory, from: number, to: number, keeps: (cut: number) => boolean): Set<number> {
    const touched = new Set<number>();
    const choices = this.#choices(file, from - (from % PAGE), keeps);
    const last = choices[choices.length - 1]!;
    for (const event of file.events) {
      if (event.seq <= file.synced) continue;
      for (let i = Math.max(from, event.from); i < Math.min(to, event.to); i++) {
        if (event.bytes !== undefined && event.seq <= last) touched.add(i);
        else if (event.bytes === undefined && keeps(event.cut)) touched.delete(i);
      }
    }
    return touched;
  }

  #keeper(kept: readonly Operation[]): (cut: number) => boolean {
    const seqs = new Set(kept.map((one) => one.seq));
    return (cut) => seqs.has(cut) || this.#durableCuts.has(cut);
  }

  /** In the adversarial profile of names alone: sizes are looked at file by file. */
  *#keptSets(): Generator<ReadonlySet<Operation>> {
    if (this.#profile === "journaled") {
      for (let count = 0; count <= this.#pending.length; count++)
        yield new Set(this.#pending.slice(0, count));
      return;
    }
    const names = this.#pending.filter((one) => one.kind === "name");
    for (let mask = 0; mask < 1 << names.length; mask++) {
      yield new Set(names.filter((_, index) => (mask & (1 << index)) !== 0));
    }
  }

  /**
   * The names with these operations on the platter; undefined where one of them can't be: each name that it
   * touches must be there as it was when the operation was carried out.
   */
  #namesWith(kept: ReadonlySet<Operation>): Map<string, number> | undefined {
    const names = new Map(this.#durableNames);
    for (const operation of this.#pending) {
      if (operation.kind === "size" || !kept.has(operation)) continue;
      for (const { path, before } of operation.changes) if (names.get(path) !== before) return undefined;
      apply(names, operation);
    }
    return names;
  }

  /** The operations on names in a directory, with all earlier ones on names that those touch. */
  #closure(directory: string): ReadonlySet<Operation> {
    const closure = new Set<Operation>();
    const wanted = new Set<string>();
    for (const operation of this.#pending.toReversed()) {
      if (operation.kind === "size") continue;
      const paths = operation.changes.map(({ path }) => path);
      if (!paths.some((path) => parentOf(path) === directory || wanted.has(path))) continue;
      closure.add(operation);
      for (const path of paths) wanted.add(path);
    }
    return closure;
  }

  #change(changes: { path: string; before: number | undefined; after: number | undefined }[]): void {
    const operation: Operation = { seq: this.#seq, kind: "name", changes };
    this.#pending.push(operation);
    apply(this.names, operation);
  }

  #resize(file: FileHistory, size: number): void {
    this.#pending.push({ seq: ++this.#seq, kind: "size", file: file.id, size });
    file.size = size;
  }

  #commit(chosen: (operation: Operation) => boolean): void {
    for (const operation of this.#pending) {
      if (!chosen(operation)) continue;
      if (operation.kind === "name") apply(this.#durableNames, operation);
      else {
        this.#files.get(operation.file)!.durableSize = operation.size;
        this.#durableCuts.add(operation.seq);
      }
    }
    this.#pending = this.#pending.filter((one) => !chosen(one));
  }

  get pendingNames(): number {
    return this.#pending.filter((one) => one.kind === "name").length;
  }
}

export function imageKey(directories: readonly string[], files: readonly ImageFile[]): string {
  const parts = [...directories].sort();
  for (const { path, size, bytes } of files) {
    const padded = new Uint8Array(size);
    padded.set(bytes.subarray(0, size));
    parts.push(`${path}:${size}:${[...padded].map((byte) => String.fromCharCode(byte)).join("")}`);
  }
  return parts.join("|");
}

function apply(names: Map<string, number>, operation: Operation & { kind: "name" }): void {
  for (const { path, after } of operation.changes) {
    if (after === undefined) names.delete(path);
    else names.set(path, after);
  }
}

function sameNames(names: ReadonlyMap<string, number>, image: DiskImage): boolean {
  const files = image.files.map(({ path }) => path);
  for (const [path, node] of names) {
    const there = node > 0 ? files.includes(path) : image.directories.includes(path);
    if (reachable(names, path) !== there) return false;
  }
  return [...files, ...image.directories].every((path) => names.has(path));
}

function reachable(names: ReadonlyMap<string, number>, path: string): boolean {
  const parent = parentOf(path);
  return parent === "" || (names.has(parent) && reachable(names, parent));
}

function sizeOf(kept: readonly Operation[], durable: number): number {
  const last = kept.at(-1);
  return last === undefined || last.kind !== "size" ? durable : last.size;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
