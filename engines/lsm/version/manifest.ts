import { isDiskFull, type Env, type File } from "../../env/index.js";
import { StoreError, toStoreError } from "../../store/index.js";
import { observe, reached } from "../events.js";
import { closeQuietly, discard, writeAll } from "../files.js";
import { CURRENT_NAME, CURRENT_TEMPORARY_NAME, manifestName } from "../names.js";
import { encodeEdit, type VersionEdit } from "./edit.js";
import {
  MANIFEST_HEADER_BYTES,
  encodeCurrent,
  encodeHeader,
  encodeRecord,
  type ManifestHeader,
} from "./manifest-format.js";

/** A manifest that has grown this much beyond its first edit is replaced: then each edit is written twice at most. */
const GROWN_FACTOR = 4;
const GROWN_BYTES = 4096;

/**
 * The log of edits, open for more. Its first edit makes the whole version out of nothing. What rejects with STORE_NO_SPACE
 * has not happened, and can be tried again; after any other error nobody knows which edits the file holds.
 */
export class Manifest {
  readonly header: ManifestHeader;
  readonly #env: Env;
  readonly #file: File;
  readonly #firstBytes: number;
  #endOffset: number;

  private constructor(env: Env, file: File, header: ManifestHeader, endOffset: number) {
    this.#env = env;
    this.#file = file;
    this.header = header;
    this.#firstBytes = endOffset;
    this.#endOffset = endOffset;
  }

  /**
   * Makes manifest `number` with `first`, the whole version, and then has CURRENT name it. The new one is durable, with
   * its name, before CURRENT changes; CURRENT is, before anything that only the old one needs may go.
   */
  static async begin(env: Env, directory: string, number: number, first: VersionEdit): Promise<Manifest> {
    const header = { number, tag: env.random.below(0xffff_ffff) + 1 };
    const path = `${directory}/${manifestName(number)}`;
    let file: File | undefined;
    try {
      file = await env.disk.open(path, "exclusive");
      writeAll(env, file, 0, encodeHeader(header));
      const record = encodeRecord(encodeEdit(first), header.tag, MANIFEST_HEADER_BYTES);
      writeAll(env, file, MANIFEST_HEADER_BYTES, record);
      await file.sync();
      await env.disk.syncDir(directory);
      const manifest = new Manifest(env, file, header, MANIFEST_HEADER_BYTES + record.length);
      await manifest.#renameCurrent(directory);
      await manifest.#publish(directory);
      return manifest;
    } catch (error) {
      if (isDiskFull(error)) {
        // CURRENT has not changed, so nothing names this file.
        reached(env, "lsm/enospc-manifest");
        await discard(env, file, path);
        throw toStoreError(error, path, "failed");
      }
      const known = toStoreError(error, path, "unknown");
      if (known instanceof StoreError) await closeQuietly(file);
      throw known;
    }
  }

  get sizeBytes(): number {
    return this.#endOffset;
  }

  /** Whether it should be replaced by a shorter one. */
  get isGrown(): boolean {
    return this.#endOffset > GROWN_FACTOR * this.#firstBytes + GROWN_BYTES;
  }

  /** Writes an edit and makes it durable. */
  async append(edit: VersionEdit): Promise<void> {
    const { path } = this.#file;
    const record = encodeRecord(encodeEdit(edit), this.header.tag, this.#endOffset);
    try {
      try {
        writeAll(this.#env, this.#file, this.#endOffset, record);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        // Another edit comes to this place, so this one must be gone for good before anybody hears that it failed.
        this.#file.truncate(this.#endOffset);
        await this.#file.sync();
        reached(this.#env, "lsm/enospc-manifest");
        throw toStoreError(error, path, "failed");
      }
      await this.#file.sync();
    } catch (error) {
      throw toStoreError(error, path, "unknown");
    }
    this.#endOffset += record.length;
  }

  async close(): Promise<void> {
    await closeQuietly(this.#file);
  }

  /** Throws what the disk throws; for want of space only where CURRENT is as it was. */
  async #renameCurrent(directory: string): Promise<void> {
    const env = this.#env;
    const temporaryPath = `${directory}/${CURRENT_TEMPORARY_NAME}`;
    let file: File | undefined;
    try {
      file = await env.disk.open(temporaryPath, "create");
      file.truncate(0);
      writeAll(env, file, 0, encodeCurrent({ ...this.header, durableBytes: this.#endOffset }));
      await file.sync();
      await file.close();
      await env.disk.rename(temporaryPath, `${directory}/${CURRENT_NAME}`);
    } catch (error) {
      if (isDiskFull(error)) await discard(env, file, temporaryPath);
      else await closeQuietly(file);
      throw error;
    }
  }

  /** Makes CURRENT's new content durable: whoever fails here does not know which manifest counts. */
  async #publish(directory: string): Promise<void> {
    try {
      await this.#env.disk.syncDir(directory);
    } catch (error) {
      throw toStoreError(error, directory, "unknown");
    }
    const { number } = this.header;
    observe(this.#env, { kind: "lsm/manifest-switched", directory, number });
  }
}
