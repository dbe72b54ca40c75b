/**
 * Where the stores of a machine live: a directory for each time that a state began anew. Only the latest counts,
 * and only once its place is written. So what is damaged, or half restored, needs no repair: the next one begins
 * beside it, and it is removed once that is whole.
 */
import { isDiskError, SeedstormError, type Env } from "../../env/index.js";
import type { KeyValueStore } from "../../store/index.js";
import { generationPath, listGenerations, makeGeneration, parentOf } from "../journal/generations.js";

type OpenStore = (env: Env, directory: string) => Promise<KeyValueStore>;

export interface Home {
  readonly generation: number;
  readonly store: KeyValueStore;
}

export class Homes {
  readonly #env: Env;
  readonly #directory: string;
  readonly #openStore: OpenStore;
  #latest = 0;
  /** Where the device failed in this life: one failure brings others. */
  readonly #noted: Set<number> = new Set();

  constructor(env: Env, directory: string, openStore: OpenStore) {
    this.#env = env;
    this.#directory = directory;
    this.#openStore = openStore;
  }

  /** The latest that was begun; 0 before the first open. */
  get latest(): number {
    return this.#latest;
  }

  /** Finds the latest, or begins the first. Throws what the disk and the store throw. */
  async openLatest(): Promise<Home> {
    this.#latest = (await listGenerations(this.#env, this.#directory)).at(-1) ?? 1;
    return this.#open(this.#latest);
  }

  /** Begins the next: with nothing in it. */
  openNext(): Promise<Home> {
    return this.#open(++this.#latest);
  }

  /** The next open begins anew. Where the disk fails it won't, and meets the same damage again. */
  async condemn(generation: number): Promise<void> {
    if (generation < this.#latest) return;
    try {
      await makeGeneration(this.#env, this.#directory, generation + 1);
    } catch (error) {
      if (!isDiskError(error)) throw error;
    }
  }

  /** Notes, for good, that the device failed in this one. True where it had in an earlier life of the process. */
  async noteFailure(generation: number): Promise<boolean> {
    const { disk } = this.#env;
    if (this.#noted.has(generation)) return false;
    this.#noted.add(generation);
    try {
      const note = await disk.open(this.#notePath(generation), "exclusive");
      await note.close();
      await disk.syncDir(parentOf(this.#directory));
      return false;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      // A device on which nothing works is not the store's fault.
      return error.code === "EEXIST";
    }
  }

  /** Removes the files of those below. The empty directories stay; what can't be removed goes another time. */
  async removeBelow(generation: number): Promise<void> {
    try {
      for (const older of await listGenerations(this.#env, this.#directory)) {
        if (older < generation) await this.#remove(older);
      }
    } catch (error) {
      if (!isDiskError(error)) throw error;
    }
  }

  async #open(generation: number): Promise<Home> {
    await makeGeneration(this.#env, this.#directory, generation);
    const store = await this.#openStore(this.#env, generationPath(this.#directory, generation));
    return { generation, store };
  }

  async #remove(generation: number): Promise<void> {
    await this.#removeFiles(generationPath(this.#directory, generation));
    try {
      await this.#env.disk.remove(this.#notePath(generation));
    } catch (error) {
      if (!isDiskError(error, "ENOENT")) throw error;
    }
  }

  #notePath(generation: number): string {
    return `${generationPath(this.#directory, generation)}.failed`;
  }

  async #removeFiles(directory: string): Promise<void> {
    const { disk } = this.#env;
    const names = await disk.list(directory);
    for (const name of names) {
      const path = `${directory}/${name}`;
      try {
        await disk.remove(path);
      } catch (error) {
        if (!isDiskError(error, "EISDIR")) throw error;
        await this.#removeFiles(path);
      }
    }
    if (names.length > 0) await disk.syncDir(directory);
  }
}

/** Closes a store that nobody needs any more: what it says of that makes no difference. */
export async function discard(store: KeyValueStore): Promise<void> {
  try {
    await store.close();
  } catch (error) {
    if (!(error instanceof SeedstormError) || error.code === "ASSERTION_FAILED") throw error;
  }
}
