import { readFully, readU32, writeFully } from "../bytes/index.js";
import { assert, isDiskError, type File } from "../env/index.js";
import { StoreDamagedError } from "../store/index.js";
import type { Lsn } from "../wal/index.js";
import type { Telling } from "./events.js";
import { checkPage, readPageLsn, sealPage, STATE_PAGE, type PageId } from "./page/index.js";
import type { PageSource } from "./pool/index.js";
import { encodeSuperblock, type Superblock } from "./superblock.js";

const FIRST_KNOWN_PAGES = 256;
const UNREADABLE = "a place that can't be read";

/** What stands at a page's place. */
export type OnDisk = { readonly lsn: Lsn } | { readonly bad: string };

/**
 * The file that holds the pages. Every page that is read is checked against its checksum and against what is known of
 * it: a page that this incarnation wrote must come back as it was written; any other one must be as the checkpoint left
 * it that the store was opened from, since recovery writes all later ones again. So an older state of a page, as a lost
 * write leaves, is no good page.
 */
export class PageFile implements PageSource {
  readonly path: string;
  readonly pageBytes: number;
  readonly #file: File;
  readonly #tag: number;
  readonly #telling: Telling;
  /** Pages that no change since then has touched must be below it. */
  readonly #checkpointLsn: Lsn;
  /** The checksum that each page was last written with; 0 where it wasn't. */
  #written: Uint32Array = new Uint32Array(FIRST_KNOWN_PAGES);
  /** Pages of the file, as readers see it. */
  pageCount = 0;
  writtenBytes = 0;
  writtenSuperblocks = 0;
  readBytes = 0;

  constructor(file: File, superblock: Superblock, telling: Telling) {
    this.path = file.path;
    this.#file = file;
    this.pageBytes = superblock.pageBytes;
    this.#tag = superblock.tag;
    this.#checkpointLsn = superblock.checkpointLsn;
    this.#telling = telling;
  }

  /** For the superblocks. */
  get handle(): File {
    return this.#file;
  }

  /** Bytes in the file now. */
  get sizeBytes(): number {
    return this.#file.size();
  }

  /** Of the table of what was written. */
  get memoryBytes(): number {
    return this.#written.byteLength;
  }

  expect(id: PageId): void {
    if (id >= STATE_PAGE && id < this.pageCount) return;
    throw this.damage(id, `a page below ${this.pageCount}`, `a reference to page ${id}`);
  }

  async read(id: PageId): Promise<Uint8Array> {
    const bytes = await this.#readable(id);
    this.readBytes += bytes.length;
    const bad = this.#problem(id, bytes);
    if (bad !== undefined) throw this.damage(id, `page ${id}`, bad);
    return bytes;
  }

  /** Why the page can't be read as it should; undefined where it can. Throws `DiskError`. */
  async problem(id: PageId): Promise<string | undefined> {
    try {
      return this.#problem(id, await readFully(this.#file, id * this.pageBytes, this.pageBytes));
    } catch (error) {
      if (!isDiskError(error, "EIO")) throw error;
      return UNREADABLE;
    }
  }

  /** What stands there, without a claim on what should. A place that can't be read is bad. Throws `DiskError`. */
  async look(id: PageId): Promise<OnDisk> {
    try {
      const bytes = await readFully(this.#file, id * this.pageBytes, this.pageBytes);
      const bad = this.#unsound(id, bytes);
      return bad === undefined ? { lsn: readPageLsn(bytes) } : { bad };
    } catch (error) {
      if (!isDiskError(error, "EIO")) throw error;
      return { bad: UNREADABLE };
    }
  }

  write(id: PageId, bytes: Uint8Array): void {
    assert(bytes.length === this.pageBytes, "a page is written whole");
    sealPage(bytes, id, this.#tag);
    this.#writeAll(id * this.pageBytes, bytes);
    if (id >= this.#written.length) {
      const larger = new Uint32Array(Math.max(id + 1, 2 * this.#written.length));
      larger.set(this.#written);
      this.#written = larger;
    }
    this.#written[id] = readU32(bytes, 0);
  }

  /** Writes a superblock; durable only after the next `sync`. Throws `DiskError`. */
  writeSuperblock(superblock: Superblock, slot: 0 | 1): void {
    this.#writeAll(slot * this.pageBytes, encodeSuperblock(superblock, slot));
    this.writtenSuperblocks++;
  }

  /** Writers go on meanwhile. */
  sync(): Promise<void> {
    return this.#file.sync(true);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The damage of a page, which is told. */
  damage(id: PageId, expected: string, found: string, cause?: unknown): StoreDamagedError {
    const offset = id * this.pageBytes;
    this.#telling.observe({
      kind: "btree/damage",
      directory: this.#telling.directory,
      path: this.path,
      offset,
    });
    this.#telling.reached("btree/damage-refused");
    return new StoreDamagedError(this.path, offset, expected, found, cause);
  }

  /** A place that the device can't read is damage: to open the store again would not help. */
  async #readable(id: PageId): Promise<Uint8Array> {
    try {
      return await readFully(this.#file, id * this.pageBytes, this.pageBytes);
    } catch (error) {
      if (!isDiskError(error, "EIO")) throw error;
      throw this.damage(id, `page ${id}`, UNREADABLE, error);
    }
  }

  #writeAll(offset: number, bytes: Uint8Array): void {
    writeFully(this.#file, offset, bytes, () => this.#telling.reached("btree/short-write-continued"));
    this.writtenBytes += bytes.length;
  }

  #problem(id: PageId, bytes: Uint8Array): string | undefined {
    const unsound = this.#unsound(id, bytes);
    if (unsound !== undefined) return unsound;
    const written = this.#written[id] ?? 0;
    if (written !== 0) return readU32(bytes, 0) === written ? undefined : "an older state of it";
    const lsn = readPageLsn(bytes);
    return lsn < this.#checkpointLsn ? undefined : `a change of LSN ${lsn} that the log doesn't hold`;
  }

  #unsound(id: PageId, bytes: Uint8Array): string | undefined {
    if (bytes.length < this.pageBytes) return `${bytes.length} bytes`;
    return checkPage(bytes, id, this.#tag);
  }
}
