import { isDiskError, type Env } from "../env/index.js";
import { observe, reached } from "./events.js";
import { discard } from "./files.js";
import type { Health } from "./health.js";
import { tableName } from "./names.js";
import { Task } from "./task.js";
import type { TableFile } from "./version/version.js";

/**
 * Closes and removes what went out of use, one after the other, beside everything else. What can't be removed stays:
 * opening the store removes it.
 */
export class Reaper {
  readonly #env: Env;
  readonly #directory: string;
  readonly #queue: (() => Promise<void>)[] = [];
  readonly #kept: Set<string> = new Set();
  readonly #task: Task;
  #mayRemove = true;

  constructor(env: Env, directory: string, health: Health) {
    this.#env = env;
    this.#directory = directory;
    this.#task = new Task(
      () => this.#work(),
      (error) => health.fail(error),
    );
  }

  /** Names of files that the manifest doesn't name and that are still there. */
  get remains(): ReadonlySet<string> {
    return this.#kept;
  }

  /** The manifest doesn't name the table any more, but versions that are read from may still have it. */
  outlive(file: TableFile): void {
    file.isObsolete = true;
    this.#kept.add(tableName(file.meta.number));
  }

  /** No version has the table any more: closes it, and removes it where the manifest doesn't name it either. */
  retire(file: TableFile): void {
    const { number } = file.meta;
    this.#do(async () => {
      await this.#close(file);
      if (!file.isObsolete || !(await this.#remove(tableName(number)))) return;
      observe(this.#env, { kind: "lsm/table-removed", directory: this.#directory, number });
    });
  }

  removeLater(name: string): void {
    this.#kept.add(name);
    this.#do(async () => void (await this.#remove(name)));
  }

  /** From now on nothing is removed: the directory may belong to another store soon. */
  stopRemoving(): void {
    this.#mayRemove = false;
  }

  /** Resolves once all that went out of use so far is closed. */
  idle(): Promise<void> {
    return this.#task.idle();
  }

  #do(step: () => Promise<void>): void {
    this.#queue.push(step);
    this.#task.start();
  }

  async #work(): Promise<void> {
    for (let step = this.#queue.shift(); step !== undefined; step = this.#queue.shift()) await step();
  }

  async #close(file: TableFile): Promise<void> {
    try {
      await file.table.close();
    } catch (error) {
      if (!isDiskError(error)) throw error;
      reached(this.#env, "lsm/removal-failed");
    }
  }

  async #remove(name: string): Promise<boolean> {
    if (!this.#mayRemove || !(await discard(this.#env, undefined, `${this.#directory}/${name}`)))
      return false;
    this.#kept.delete(name);
    return true;
  }
}
