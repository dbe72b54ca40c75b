import type { Env } from "../../env/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import { reached } from "../observe.js";
import { putList, readList } from "../protocol/fields.js";
import type { Offset } from "../types.js";
import { readWhole, replaceFile } from "./small-file.js";

/** Up to where each log was durable. */
export const RECOVERY_POINTS = "recovery-point-checkpoint";
/** Up to where each partition was committed. */
export const HIGH_WATERMARKS = "replication-offset-checkpoint";

type Entry = readonly [string, Offset];

const ENTRIES: RpcCodec<readonly Entry[]> = fieldsCodec<readonly Entry[]>("a checkpoint", 1, {
  put: (sink, entries) =>
    putList(sink, entries, (to, [name, offset]) => {
      to.text(name);
      to.integer(offset);
    }),
  read: (reader) => readList(reader, (from): Entry => [from.text(), from.integer()]),
});

/** One offset of each partition, written down: what it was once, and may have risen above since. */
export class OffsetCheckpoint {
  readonly #env: Env;
  readonly #directory: string;
  readonly #name: string;
  readonly #current: () => Iterable<Entry>;
  /** Of partitions whose logs are not open yet. */
  readonly #found: Map<string, Offset>;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(
    env: Env,
    directory: string,
    name: string,
    found: readonly Entry[],
    current: () => Iterable<Entry>,
  ) {
    this.#env = env;
    this.#directory = directory;
    this.#name = name;
    this.#found = new Map(found);
    this.#current = current;
  }

  /** `current`: of the partitions whose logs are open. Throws `DiskError`. */
  static async open(
    env: Env,
    directory: string,
    name: string,
    current: () => Iterable<Entry>,
  ): Promise<OffsetCheckpoint> {
    const body = await readWhole(env.disk, directory, name);
    // They only spare some reading: without them nothing is lost.
    if (body === "damaged") reached(env, "broker/checkpoint-damaged");
    const isThere = body !== undefined && body !== "damaged";
    return new OffsetCheckpoint(env, directory, name, isThere ? ENTRIES.decode(body) : [], current);
  }

  /** 0 where nothing is known. */
  of(name: string): Offset {
    return this.#found.get(name) ?? 0;
  }

  /** Its log is open, or gone: what was found on the disk does not count any more. */
  forget(name: string): void {
    this.#found.delete(name);
  }

  /** They are durable, as of this call or later, when it resolves. Throws `DiskError`. */
  write(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#running.then(() => {
      this.#next = undefined;
      const entries = [...this.#found, ...this.#current()];
      return replaceFile(this.#env.disk, this.#directory, this.#name, ENTRIES.encode(entries));
    });
    this.#next = next;
    this.#running = next.catch(() => undefined);
    return next;
  }
}
