import {
  isPromise,
  type KeyValueStore,
  type Range,
  type Snapshot,
  type StoreIterator,
  type WriteOperation,
} from "#engines/store/index.js";
import { makePayload } from "#scenarios/wal/payload.js";
import type { StoreEntry, StoreQuery } from "#sim/check/index.js";
import type { Journal } from "../journal.js";
import type { PlannedChange, PlannedStep } from "./plan.js";
import type { StoreNote, StoreOrder } from "./protocol.js";

/**
 * The clients of a store, burst by burst. Everything is noted: what they are about to do, before it begins, and what
 * they were answered, as soon as they know. A store that refuses anything ends the process with its error: on a sound
 * disk there is no reason to.
 */
export class StoreClients {
  readonly #store: KeyValueStore;
  readonly #order: StoreOrder;
  readonly #journal: Journal<StoreNote>;
  readonly #onReached: () => void;
  #writes = 0;
  #reads = 0;
  #acknowledged = 0;

  constructor(store: KeyValueStore, order: StoreOrder, journal: Journal<StoreNote>, onReached: () => void) {
    this.#store = store;
    this.#order = order;
    this.#journal = journal;
    this.#onReached = onReached;
  }

  /** The whole plan. */
  async run(): Promise<void> {
    for (const { clients, flush } of this.#order.plan.bursts) {
      await Promise.all(clients.map((steps, client) => this.#client(client, steps)));
      if (flush) await this.#store.flush();
    }
  }

  async #client(client: number, steps: readonly PlannedStep[]): Promise<void> {
    for (const step of steps) {
      if (step.kind === "write") await this.#write(client, step.changes);
      else await this.#read(client, step);
    }
  }

  async #write(client: number, changes: readonly PlannedChange[]): Promise<void> {
    const write = this.#writes++;
    const batch = changes.map(operationOf);
    const noted = batch.map(({ key, ...rest }) => ({
      key,
      ...("value" in rest ? { value: rest.value } : {}),
    }));
    this.#journal.write({ kind: "sent", write, client, changes: noted });
    const sequence = await this.#store.write(batch);
    this.#journal.write({ kind: "acknowledged", write, sequence });
    if (++this.#acknowledged === this.#order.reachAfter) this.#onReached();
  }

  /** Of a snapshot: only of that is it known which state was read. */
  async #read(client: number, step: Exclude<PlannedStep, { kind: "write" }>): Promise<void> {
    const snapshot = this.#store.snapshot();
    const { sequence } = snapshot;
    const read = this.#reads++;
    const asked = (query: StoreQuery): void => this.#journal.write({ kind: "asked", read, client, query });
    try {
      if (step.kind === "get") {
        const key = keyOf(step.key);
        asked({ kind: "get", key, sequence, isSnapshot: true });
        const value = await this.#store.get(key, { snapshot });
        this.#journal.write({ kind: "got", read, ...(value === undefined ? {} : { value }) });
        return;
      }
      const range = { gte: keyOf(step.from), lte: keyOf(step.to), reverse: step.reverse };
      asked({ kind: "scan", range, sequence, isSnapshot: true });
      const entries = await this.#scan(range, snapshot, step.most);
      this.#journal.write({ kind: "scanned", read, entries, isWhole: entries.length < step.most });
    } finally {
      snapshot.close();
    }
  }

  async #scan(range: Range, snapshot: Snapshot, most: number): Promise<StoreEntry[]> {
    const iterator = this.#store.iterate({ ...range, snapshot });
    try {
      return await entriesOf(iterator, most);
    } finally {
      iterator.close();
    }
  }
}

/** What the iterator gives, up to so many. */
export async function entriesOf(iterator: StoreIterator, most: number = Infinity): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  while (entries.length < most) {
    const isThere = iterator.next();
    if (!(isPromise(isThere) ? await isThere : isThere)) break;
    entries.push({ key: iterator.key.slice(), value: iterator.value.slice() });
  }
  return entries;
}

function operationOf({ key, value }: PlannedChange): WriteOperation {
  if (value === undefined) return { type: "delete", key: keyOf(key) };
  return { type: "put", key: keyOf(key), value: makePayload(value.id, value.sizeBytes) };
}

/** Of several lengths, and with beginnings that many share. */
function keyOf(number: number): Uint8Array {
  const text = `key-${String(number).padStart(3, "0")}${"-long".repeat(number % 4)}`;
  return new Uint8Array(Buffer.from(text));
}
