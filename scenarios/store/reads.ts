/** Reads of a store by a client, each told to the oracle with the sequence of the state that it has to show. */
import {
  compareKeys,
  isPromise,
  type KeyValueStore,
  type Snapshot,
  type StoreIterator,
} from "#engines/store/index.js";
import type { KeyRange, StoreBroken, StoreEntry, StoreOperation, StoreOracle } from "#sim/check/index.js";
import type { PlannedRead } from "./plan.js";

/** What a read needs of the process that makes it. */
export interface Reading {
  readonly store: KeyValueStore;
  readonly oracle: StoreOracle;
  /** Whether what the store shows is promised to survive a power loss. */
  readonly isShownDurable: boolean;
  /** There are not so many keys: an iterator that gives so many goes in circles. */
  readonly tooManyEntries: number;
  readonly keyOf: (index: number) => Uint8Array;
  /** How many states that were being read the store has given up so far. */
  statesGivenUp(): number;
  /** Throws where the process is dead: what it still computes reaches nobody. */
  enter(): void;
  sleep(durationUs: number): Promise<void>;
  /** Notes a rule that is broken. */
  broken(broken: StoreBroken | undefined): void;
  /** A read that ended with this error; throws it again where that is none a store may give. */
  refused(operation: StoreOperation, error: unknown): void;
  count(figure: string, by?: number): void;
}

/** The state that is there now, as a snapshot that is held only to learn its sequence. */
export function presentSequence(reading: Reading): number {
  const snapshot = reading.store.snapshot();
  const { sequence } = snapshot;
  snapshot.close();
  reading.broken(reading.oracle.shown(sequence, reading.isShownDurable));
  return sequence;
}

/** Reads of the snapshot or, without one, of the state that is there now. */
export async function read(
  reading: Reading,
  client: number,
  planned: PlannedRead,
  snapshot?: Snapshot,
): Promise<void> {
  reading.enter();
  const sequence = snapshot?.sequence ?? presentSequence(reading);
  const view = { client, sequence, snapshot };
  if (planned.kind === "get") await get(reading, view, reading.keyOf(planned.key));
  else await scan(reading, view, planned);
}

interface View {
  readonly client: number;
  readonly sequence: number;
  readonly snapshot: Snapshot | undefined;
}

export async function get(reading: Reading, view: View, key: Uint8Array): Promise<void> {
  const { sequence, snapshot, client } = view;
  const isSnapshot = snapshot !== undefined;
  const givenUp = reading.statesGivenUp();
  const operation = reading.oracle.asked(client, { kind: "get", key, sequence, isSnapshot });
  try {
    const answer = reading.store.get(key, isSnapshot ? { snapshot } : {});
    const isAsync = isPromise(answer);
    const value = isAsync ? await answer : answer;
    reading.enter();
    reading.count("gets");
    if (isAsync) reading.count("getsFromDisk");
    if (!isSnapshot && reading.statesGivenUp() !== givenUp) {
      const latest = presentSequence(reading);
      reading.broken(reading.oracle.gotLater(operation, value, latest));
    } else reading.broken(reading.oracle.got(operation, value));
  } catch (error) {
    reading.enter();
    reading.refused(operation, error);
  }
}

async function scan(
  reading: Reading,
  view: View,
  planned: Extract<PlannedRead, { kind: "scan" }>,
): Promise<void> {
  const range = rangeOf(planned, reading);
  const limitCount = Math.min(planned.limitCount, reading.tooManyEntries);
  const walk = Walk.begin(reading, view, range, limitCount, planned.restUs);
  if (walk === undefined) return;
  const wentWell = await walk.over(range);
  if (wentWell && planned.seek !== -1) {
    reading.enter();
    const key = reading.keyOf(planned.seek);
    await walk.over(startingAt(range, key), key);
  }
  walk.end();
}

/** All entries of the state, in this direction, told to the oracle as a read. */
export async function scanAll(reading: Reading, view: View, reverse: boolean): Promise<void> {
  const range = { reverse };
  const walk = Walk.begin(reading, view, range, reading.tooManyEntries, 0);
  if (walk === undefined) return;
  await walk.over(range);
  walk.end();
}

/** An iterator, of which each stretch that it walks is told to the oracle as a read. */
class Walk {
  readonly #reading: Reading;
  readonly #view: View;
  readonly #iterator: StoreIterator;
  readonly #limitCount: number;
  readonly #restUs: number;

  private constructor(
    reading: Reading,
    view: View,
    iterator: StoreIterator,
    limitCount: number,
    restUs: number,
  ) {
    this.#reading = reading;
    this.#view = view;
    this.#iterator = iterator;
    this.#limitCount = limitCount;
    this.#restUs = restUs;
  }

  /** Undefined where the store refuses. */
  static begin(
    reading: Reading,
    view: View,
    range: KeyRange,
    limitCount: number,
    restUs: number,
  ): Walk | undefined {
    const { snapshot } = view;
    try {
      const iterator = reading.store.iterate(snapshot === undefined ? range : { ...range, snapshot });
      return new Walk(reading, view, iterator, limitCount, restUs);
    } catch (error) {
      reading.refused(asked(reading, view, range), error);
      return undefined;
    }
  }

  /**
   * Takes the entries from where the iterator stands, or from a key to seek, which are those of this range. Whether
   * nothing failed.
   */
  async over(range: KeyRange, seek?: Uint8Array): Promise<boolean> {
    const iterator = this.#iterator;
    const operation = asked(this.#reading, this.#view, range);
    const entries: StoreEntry[] = [];
    let isWhole = false;
    try {
      if (seek !== undefined) iterator.seek(seek);
      while (!isWhole && entries.length < this.#limitCount) {
        const step = iterator.next();
        const isThere = isPromise(step) ? await step : step;
        if (isThere) entries.push({ key: iterator.key.slice(), value: iterator.value.slice() });
        else isWhole = true;
        if (this.#restUs > 0) await this.#reading.sleep(this.#restUs);
      }
      this.#reading.enter();
      this.#reading.count("scans");
      this.#reading.count("entriesScanned", entries.length);
      this.#reading.broken(this.#reading.oracle.scanned(operation, entries, isWhole));
      return true;
    } catch (error) {
      this.#reading.enter();
      this.#reading.refused(operation, error);
      return false;
    }
  }

  end(): void {
    this.#iterator.close();
  }
}

function asked({ oracle }: Reading, { client, sequence, snapshot }: View, range: KeyRange): StoreOperation {
  return oracle.asked(client, { kind: "scan", range, sequence, isSnapshot: snapshot !== undefined });
}

function rangeOf(planned: Extract<PlannedRead, { kind: "scan" }>, { keyOf }: Reading): KeyRange {
  const { from, to, isFromOpen, isToOpen, isReverse } = planned;
  const lower = from === -1 ? {} : isFromOpen ? { gt: keyOf(from) } : { gte: keyOf(from) };
  const upper = to === -1 ? {} : isToOpen ? { lt: keyOf(to) } : { lte: keyOf(to) };
  return { ...lower, ...upper, reverse: isReverse };
}

/** What is left of the range from this key on, in its direction. */
function startingAt(range: KeyRange, key: Uint8Array): KeyRange {
  const { gte, gt, lt, lte, reverse } = range;
  if (reverse === true) {
    const upper = lt ?? lte;
    if (upper !== undefined && compareKeys(upper, key) <= 0) return range;
    const lower = gte === undefined ? (gt === undefined ? {} : { gt }) : { gte };
    return { ...lower, lte: key, reverse };
  }
  const lower = gt ?? gte;
  if (lower !== undefined && compareKeys(lower, key) >= 0) return range;
  const upper = lte === undefined ? (lt === undefined ? {} : { lt }) : { lte };
  return { ...upper, gte: key };
}
