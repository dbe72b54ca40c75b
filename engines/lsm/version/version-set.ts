import { assert, type Env } from "../../env/index.js";
import type { Sequence } from "../../store/index.js";
import type { Context } from "../context.js";
import { reached } from "../events.js";
import { manifestName } from "../names.js";
import type { Pointer, VersionEdit } from "./edit.js";
import { editLevels, editPointers, type Levels } from "./levels.js";
import { Manifest } from "./manifest.js";
import type { Recorded } from "./manifest-reader.js";
import { Version, type TableFile } from "./version.js";

/** What a flush or a compaction does to the store's files. */
export interface Change {
  /** Where the log begins from then on. Default: where it began before. */
  readonly logStart?: Sequence;
  readonly removed: readonly PlacedFile[];
  readonly added: readonly PlacedFile[];
  readonly pointer?: Pointer;
}

export interface PlacedFile {
  readonly level: number;
  readonly file: TableFile;
}

/** What a store begins with: its tables, open, and what else its manifest said. */
export interface Start extends Omit<Recorded, "levels"> {
  readonly levels: Levels<TableFile>;
}

/** The present version and the manifest that says so. One change at a time. */
export class VersionSet {
  readonly #env: Env;
  readonly #context: Context;
  #manifest: Manifest;
  #current: Version;
  #pointers: readonly Pointer[];
  #nextNumber: number;
  #logStart: Sequence;
  #changes = 0;
  #isChanging = false;

  private constructor(context: Context, start: Start, manifest: Manifest) {
    this.#context = context;
    this.#env = context.env;
    this.#manifest = manifest;
    this.#pointers = start.pointers;
    this.#nextNumber = start.nextNumber;
    this.#logStart = start.logStart;
    this.#current = this.#versionOf(start.levels);
  }

  /** Writes a manifest of its own: nothing is ever written behind one that a crash may have cut off. */
  static async begin(context: Context, start: Start): Promise<VersionSet> {
    const number = start.nextNumber;
    const levels = padded(start.levels, context.settings.maxLevels);
    const begun = { ...start, levels, nextNumber: number + 1 };
    const manifest = await Manifest.begin(context.env, context.settings.directory, number, wholeEdit(begun));
    return new VersionSet(context, begun, manifest);
  }

  get current(): Version {
    return this.#current;
  }

  get pointers(): readonly Pointer[] {
    return this.#pointers;
  }

  /** Everything below is in tables, and durable there. */
  get logStart(): Sequence {
    return this.#logStart;
  }

  get nextNumber(): number {
    return this.#nextNumber;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Whether a change is on its way to the manifest. */
  get isChanging(): boolean {
    return this.#isChanging;
  }

  /** How often the version has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** A file number that nothing had before. */
  allocate(): number {
    return this.#nextNumber++;
  }

  /**
   * Makes the change durable, then takes it over and runs `onInstalled` in the same step, so that no read sees the one
   * without the other. Rejects with STORE_NO_SPACE where nothing has happened; after any other error the manifest may
   * have the change or not.
   */
  async commit(change: Change, onInstalled: () => void): Promise<void> {
    assert(!this.#isChanging, "versions change one at a time");
    this.#isChanging = true;
    const { added, removed } = change;
    try {
      const { next, edit } = this.#prepare(change);
      await this.#write(next, edit);
      this.#logStart = next.logStart;
      this.#pointers = next.pointers;
      const old = this.#current;
      this.#current = this.#versionOf(next.levels);
      this.#changes++;
      for (const { file } of removed) {
        const isMoved = added.some((each) => each.file === file);
        if (!isMoved) this.#context.reaper.outlive(file);
      }
      onInstalled();
      if (old.hasReaders && removed.length > 0) reached(this.#env, "lsm/table-kept-for-reader");
      old.release();
    } finally {
      this.#isChanging = false;
    }
  }

  /** Gives the version back and closes the manifest. */
  async close(): Promise<void> {
    await this.#manifest.close();
    this.#current.release();
  }

  #prepare(change: Change): { readonly next: Start; readonly edit: VersionEdit } {
    const { added, removed } = change;
    const logStart = change.logStart ?? this.#logStart;
    assert(logStart >= this.#logStart, "the log's beginning doesn't go back");
    const edit: VersionEdit = {
      nextNumber: this.#nextNumber,
      logStart,
      removed: removed.map(({ level, file }) => ({ level, number: file.meta.number })),
      added: added.map(({ level, file }) => ({ level, meta: file.meta })),
      pointers: change.pointer === undefined ? [] : [change.pointer],
    };
    const placed = added.map(({ level, file }) => ({ level, table: file }));
    const levels = editLevels<TableFile>(this.#current.levels, edit, placed);
    if ("rule" in levels) assert(false, `a change keeps the rules of levels: ${levels.message}`);
    const pointers = editPointers(this.#pointers, edit);
    return { next: { levels, pointers, nextNumber: this.#nextNumber, logStart }, edit };
  }

  async #write(next: Start, edit: VersionEdit): Promise<void> {
    const { counters } = this.#context;
    const beforeBytes = this.#manifest.sizeBytes;
    if (this.#manifest.isGrown || this.#env.buggify("lsm/switch-manifest-early")) {
      await this.#replaceManifest(next);
      counters.manifestBytes += this.#manifest.sizeBytes;
    } else {
      await this.#manifest.append(edit);
      counters.manifestBytes += this.#manifest.sizeBytes - beforeBytes;
    }
  }

  async #replaceManifest(next: Start): Promise<void> {
    const { directory } = this.#context.settings;
    const number = this.allocate();
    const first = wholeEdit({ ...next, nextNumber: this.#nextNumber });
    const old = this.#manifest;
    this.#manifest = await Manifest.begin(this.#env, directory, number, first);
    reached(this.#env, "lsm/manifest-switched-while-open");
    await old.close();
    this.#context.reaper.removeLater(manifestName(old.header.number));
  }

  #versionOf(levels: Levels<TableFile>): Version {
    return new Version(levels, (file) => this.#context.reaper.retire(file));
  }
}

function wholeEdit({ levels, pointers, nextNumber, logStart }: Start): VersionEdit {
  const added = levels.flatMap((tables, level) => tables.map(({ meta }) => ({ level, meta })));
  return { nextNumber, logStart, removed: [], added, pointers };
}

function padded(levels: Levels<TableFile>, count: number): Levels<TableFile> {
  const missing = Array.from({ length: Math.max(0, count - levels.length) }, () => []);
  return [...levels, ...missing];
}
