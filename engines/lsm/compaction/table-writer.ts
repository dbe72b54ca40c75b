import { assert, type File } from "../../env/index.js";
import { StoreError, toStoreError } from "../../store/index.js";
import type { Context } from "../context.js";
import type { Cursor } from "../cursor.js";
import { closeQuietly, discard } from "../files.js";
import { tableName } from "../names.js";
import { isSynced } from "../options.js";
import { Table, TableBuilder, type TableProperties } from "../table/index.js";
import { metaOf } from "../version/meta.js";
import { TableFile } from "../version/version.js";
import type { Retention } from "./retention.js";

/**
 * Handled between two pauses: about a millisecond of work, for which writers give up a turn now and then. Where each
 * write waits for the device, some 60 us: as much as goes on beside a sync without putting off its answer.
 */
const SLICE_BYTES = 256 * 1024;
const SYNCED_SLICE_BYTES = 16 * 1024;
/** Counted for each entry beside its key and value: even a tombstone costs some work. */
const ENTRY_COST_BYTES = 32;

/** What tables are made of, and how. */
export interface TableJob {
  readonly cursor: Cursor;
  readonly retention: Retention;
  readonly level: number;
  readonly outputBytes: number;
  /** Called between slices of work, and between tables; false: give it up. */
  readonly pause: () => Promise<boolean>;
  readonly allocate: () => number;
}

interface Unopened {
  readonly number: number;
  readonly properties: TableProperties;
}

/**
 * Writes what the job keeps to new tables, durable with their names, and opens them. Undefined where it was given up.
 * Then, and where it rejects with a `StoreError`, nothing is left of them that the next open doesn't remove; with
 * STORE_NO_SPACE it can be tried again.
 */
export async function writeTables(
  context: Context,
  job: TableJob,
): Promise<readonly TableFile[] | undefined> {
  const writer = new TableWriter(context, job);
  try {
    if (await writer.takeAll()) return await writer.open();
    await writer.discard();
    return undefined;
  } catch (error) {
    const known = toStoreError(error, context.settings.directory, "failed");
    if (known instanceof StoreError) await writer.discard();
    throw known;
  }
}

/** Gives up tables that no version has. `isNamed`: the manifest may name them, so their files have to stay. */
export async function discardTables(
  { env, settings }: Context,
  files: readonly TableFile[],
  isNamed: boolean,
): Promise<void> {
  for (const { table, meta } of files) {
    await closeQuietly(table);
    if (!isNamed) await discard(env, undefined, `${settings.directory}/${tableName(meta.number)}`);
  }
}

class TableWriter {
  readonly #context: Context;
  readonly #job: TableJob;
  /** The numbers of all tables that were begun. */
  readonly #begun: number[] = [];
  readonly #finished: Unopened[] = [];
  readonly #opened: TableFile[] = [];
  #file: File | undefined;
  #builder: TableBuilder | undefined;

  constructor(context: Context, job: TableJob) {
    this.#context = context;
    this.#job = job;
  }

  /** False where it was given up. */
  async takeAll(): Promise<boolean> {
    const { cursor, retention, pause } = this.#job;
    const begun = cursor.first();
    if (begun !== undefined) await begun;
    const sliceBytes = isSynced(this.#context.settings) ? SYNCED_SLICE_BYTES : SLICE_BYTES;
    let handledBytes = 0;
    while (cursor.isValid) {
      handledBytes +=
        ENTRY_COST_BYTES + cursor.keyEnd - cursor.keyStart + cursor.valueEnd - cursor.valueStart;
      if (retention.keeps(cursor)) {
        const isBorder = this.#isAtBorder(retention.isNewKey);
        if (isBorder && (await this.#begin()) && !(await pause())) return false;
        this.#builder!.addFrom(cursor);
      }
      const pending = cursor.next();
      if (pending !== undefined) await pending;
      if (handledBytes < sliceBytes) continue;
      handledBytes = 0;
      if (!(await pause())) return false;
    }
    await this.#finish();
    return true;
  }

  /** The tables, whose names are durable then. */
  async open(): Promise<readonly TableFile[]> {
    const { env, settings, cache, counters } = this.#context;
    if (this.#finished.length > 0) await env.disk.syncDir(settings.directory);
    for (const { number, properties } of this.#finished) {
      const table = await Table.open(env, this.#pathOf(number), number, cache);
      assert(table.properties.tag === properties.tag, "what was written is what is read");
      this.#opened.push(new TableFile(metaOf(number, properties), table));
      counters.writtenBytes[this.#job.level]! += properties.fileBytes;
    }
    return this.#opened;
  }

  async discard(): Promise<void> {
    const { env } = this.#context;
    await closeQuietly(this.#file);
    for (const { table } of this.#opened) await closeQuietly(table);
    for (const number of this.#begun) await discard(env, undefined, this.#pathOf(number));
  }

  /** Whether the next entry goes to a new table. The versions of one key never stand in two tables. */
  #isAtBorder(isNewKey: boolean): boolean {
    if (this.#builder === undefined) return true;
    return isNewKey && this.#builder.estimatedBytes >= this.#job.outputBytes;
  }

  /** True where it is not the first one. */
  async #begin(): Promise<boolean> {
    await this.#finish();
    const { env, settings } = this.#context;
    const number = this.#job.allocate();
    this.#begun.push(number);
    this.#file = await env.disk.open(this.#pathOf(number), "exclusive");
    this.#builder = new TableBuilder(env, this.#file, number, settings.table);
    return this.#begun.length > 1;
  }

  /** Ends the present table, where there is one. It is durable then, its name is not. */
  async #finish(): Promise<void> {
    if (this.#builder === undefined) return;
    const properties = this.#builder.finish();
    this.#builder = undefined;
    // Writers go on meanwhile.
    await this.#file!.sync(true);
    await this.#file!.close();
    this.#finished.push({ number: this.#begun.at(-1)!, properties });
  }

  #pathOf(number: number): string {
    return `${this.#context.settings.directory}/${tableName(number)}`;
  }
}
