import { assert, type Env } from "../../env/index.js";
import {
  StoreDamagedError,
  StoreError,
  isPromise,
  type KeyValueStore,
  type MaybePromise,
  type StoreReport,
  type WriteOperation,
} from "../../store/index.js";
import { RaftError, badArgument } from "../errors.js";
import type { RaftEvent, RaftMark } from "../events.js";
import type { SessionCommand } from "../session-frames.js";
import { SessionTable, type Session } from "../session-table.js";
import { NOTHING_APPLIED, type Applied, type DurableMachine, type StateStream } from "../state-machine.js";
import type { LogIndex } from "../types.js";
import { Changes, operation, readState } from "./changes.js";
import { Homes, discard, type Home } from "./home.js";
import { settingsOf, type Settings, type StoreMachineOptions } from "./options.js";
import {
  FIRST_SESSION_KEY,
  FIRST_STATE_KEY,
  PLACE_KEY,
  STATE_KEY_PREFIX_BYTES,
  decodePlace,
  decodeSession,
  decodeSessionKey,
  encodeSession,
  sessionKey,
  stateKey,
} from "./rows.js";
import type { StateReader } from "./rules.js";
import { StoreStream, decodeRows } from "./stream.js";

/** A machine's state, for people. */
export interface StoreMachineInspection {
  readonly generation: number;
  /** What the store holds. */
  readonly at: Applied;
  readonly store: unknown;
}

/** What an open found. */
interface State {
  readonly home: Home;
  readonly at: Applied;
  readonly sessions: Map<number, Session>;
}

/** More than this is not kept unsealed, nor written at once while a state is restored. */
const SEAL_BYTES = 1024 * 1024;
/** A result is at most so much longer than a value, and with what else is in a session's row, twice as much. */
const RESULT_EXTRA_BYTES = 64;
const ROW_EXTRA_BYTES = 128;

/**
 * The state machine that its rules describe, behind sessions (commands come framed by `encodeSessionCommand`,
 * queries don't), in a `KeyValueStore`.
 *
 * `open` and everything else rejects with a `StoreError` where the store failed, and with a `DiskError` where
 * its directory can't be made. A store that is damaged is begun anew by the next `open`, as is one that its device
 * has failed twice.
 */
export class StoreMachine implements DurableMachine {
  readonly #env: Env;
  readonly #settings: Settings;
  readonly #homes: Homes;
  readonly #changes: Changes;
  readonly #sessions: SessionTable;
  /** What queries are answered from. */
  #home: Home | undefined;
  #at: Applied = NOTHING_APPLIED;
  /** A state that is new, until it is sealed. */
  #next: Home | undefined;
  #sealBytes = SEAL_BYTES;
  #reader: StateReader | undefined;

  /** Touches nothing before `open`. Throws RAFT_BAD_ARGUMENT. */
  constructor(env: Env, options: StoreMachineOptions) {
    const settings = settingsOf(options);
    const { directory, openStore, limits, maxSessions } = settings;
    this.#env = env;
    this.#settings = settings;
    this.#homes = new Homes(env, directory, openStore);
    this.#changes = new Changes(limits);
    this.#sessions = new SessionTable(
      maxSessions === undefined ? { env } : { env, maxSessions },
      (session, row) => this.#changes.setSession(session, row),
    );
  }

  /** Rejects also with RAFT_BAD_ARGUMENT where the store's limits leave no room for the state's. */
  async open(): Promise<Applied> {
    assert(this.#home === undefined, "a machine is opened once");
    let found = await this.#openWhole(() => this.#homes.openLatest());
    while (found === undefined) found = await this.#openWhole(() => this.#homes.openNext());
    this.#use(found.home, found.at);
    this.#sessions.replace(found.sessions);
    await this.#homes.removeBelow(found.home.generation);
    return found.at;
  }

  get isFull(): boolean {
    return this.#changes.sizeBytes >= this.#sealBytes;
  }

  apply(bytes: Uint8Array, index: LogIndex): MaybePromise<Uint8Array> {
    const due = this.#sessions.take(bytes, index);
    if (due instanceof Uint8Array) return due;
    try {
      const result = this.#settings.rules.apply(due.command, this.#changes, index);
      if (!isPromise(result)) return this.#applied(due, result, index);
      return result.then(
        (each) => this.#applied(due, each, index),
        (error: unknown) => this.#onFailure(this.#opened(), error),
      );
    } catch (error) {
      return this.#onFailure(this.#opened(), error);
    }
  }

  async seal(at: Applied): Promise<void> {
    const home = this.#next ?? this.#opened();
    try {
      await home.store.write(this.#changes.toBatch(at));
    } catch (error) {
      await this.#onFailure(home, error);
    }
    this.#changes.clear();
    this.#at = at;
    if (this.#next !== undefined) await this.#changeHome(this.#next, at);
  }

  query(query: Uint8Array): MaybePromise<Uint8Array> {
    try {
      const answer = this.#settings.rules.query(query, this.#reader!);
      return isPromise(answer)
        ? answer.catch((error: unknown) => this.#onFailure(this.#opened(), error))
        : answer;
    } catch (error) {
      return this.#onFailure(this.#opened(), error);
    }
  }

  snapshot(): StateStream {
    assert(this.#changes.sizeBytes === 0 && this.#next === undefined, "a snapshot is of what is sealed");
    const { store } = this.#opened();
    return new StoreStream(store, this.#sessions.toChunks(), (error) =>
      this.#onFailure(this.#opened(), error),
    );
  }

  async restore(chunks: readonly Uint8Array[] | undefined): Promise<void> {
    assert(this.#next === undefined, "one state after the other is restored");
    // All of it is read before anything is changed.
    const { sessions, taken } =
      chunks === undefined ? { sessions: new Map<number, Session>(), taken: 0 } : this.#sessions.read(chunks);
    const rows = chunks === undefined ? [] : decodeRows(chunks, taken);
    const next = await this.#homes.openNext();
    this.#next = next;
    this.#changes.clear();
    this.#changes.store = next.store;
    this.#sessions.replace(sessions);
    const batchBytes = this.#env.buggify("raft/machine-restores-row-by-row") ? 1 : this.#sealBytes;
    await writeAll(next.store, batchBytes, function* operations() {
      for (const [session, row] of sessions) yield operation(sessionKey(session), encodeSession(row));
      for (const { key, value } of rows) yield operation(stateKey(key), value);
    });
  }

  /** Looks whether all that the store promises of its files holds. Changes nothing. */
  verify(): Promise<StoreReport> {
    return this.#opened().store.verify();
  }

  inspect(): StoreMachineInspection {
    const { generation, store } = this.#opened();
    return { generation, at: this.#at, store: store.inspect() };
  }

  async close(): Promise<void> {
    if (this.#next !== undefined) await discard(this.#next.store);
    await this.#home?.store.close();
  }

  #opened(): Home {
    assert(this.#home !== undefined, "a machine is opened before it is used");
    return this.#home;
  }

  #applied(due: SessionCommand, result: Uint8Array, index: LogIndex): Uint8Array {
    const { valueBytes } = this.#settings.limits;
    assert(result.length <= valueBytes + RESULT_EXTRA_BYTES, "a result is hardly longer than a value");
    return this.#sessions.applied(due, result, index);
  }

  #use(home: Home, at: Applied): void {
    const { limits } = this.#settings;
    this.#home = home;
    this.#at = at;
    this.#changes.store = home.store;
    this.#reader = { limits, get: (key) => readState(home.store, limits, key) };
  }

  /** The new state is whole: it takes the old one's place. */
  async #changeHome(next: Home, at: Applied): Promise<void> {
    const old = this.#opened();
    this.#next = undefined;
    this.#use(next, at);
    await discard(old.store);
    await this.#homes.removeBelow(next.generation);
  }

  /** Opens a state; undefined where it is damaged, was never whole, or is given up. */
  async #openWhole(open: () => Promise<Home>): Promise<State | undefined> {
    try {
      return await this.#tryOpen(open);
    } catch (error) {
      if (!isIoFailure(error) || !(await this.#homes.noteFailure(this.#homes.latest))) throw error;
      this.#reached("raft/machine-condemned");
      return undefined;
    }
  }

  async #tryOpen(open: () => Promise<Home>): Promise<State | undefined> {
    let home: Home | undefined;
    try {
      home = await open();
      this.#checkLimits(home.store);
      const place = await home.store.get(PLACE_KEY);
      if (place !== undefined) {
        return { home, at: decodePlace(place), sessions: await readSessions(home.store) };
      }
      if (await isEmpty(home.store)) return { home, at: NOTHING_APPLIED, sessions: new Map() };
    } catch (error) {
      if (home !== undefined) await discard(home.store);
      if (!isDamage(error)) throw error;
      const event: RaftEvent = { kind: "raft/machine-damaged", reason: error.message };
      this.#env.observe(event);
      return undefined;
    }
    // A restore did not come to its end.
    this.#reached("raft/machine-half-restored");
    await discard(home.store);
    return undefined;
  }

  #checkLimits({ limits }: KeyValueStore): void {
    const { keyBytes, valueBytes } = this.#settings.limits;
    // The last command before a seal may change a value and have one as its result.
    const room = limits.batchBytes - 2 * (valueBytes + ROW_EXTRA_BYTES) - limits.keyBytes;
    const isRoom =
      keyBytes + STATE_KEY_PREFIX_BYTES <= limits.keyBytes &&
      valueBytes + ROW_EXTRA_BYTES <= limits.valueBytes &&
      room > 0;
    if (!isRoom) {
      const { keyBytes: key, valueBytes: value, batchBytes: batch } = limits;
      const found = `keys of ${key}, values of ${value} and batches of ${batch} bytes`;
      throw badArgument("a store with room for the state's keys and values", found, "option limits");
    }
    this.#sealBytes = Math.min(SEAL_BYTES, room);
  }

  /**
   * Throws the error on. A store that is damaged is begun anew by the next open. So is one that its device fails
   * for the second time: it may be a moment's failure, or a place that fails each time the store comes to it.
   */
  async #onFailure({ generation }: Home, error: unknown): Promise<never> {
    if (isDamage(error) || (isIoFailure(error) && (await this.#homes.noteFailure(generation)))) {
      this.#reached("raft/machine-condemned");
      await this.#homes.condemn(generation);
    }
    throw error;
  }

  #reached(mark: RaftMark): void {
    this.#env.reached(mark);
  }
}

async function readSessions(store: KeyValueStore): Promise<Map<number, Session>> {
  const rows: [number, Session][] = [];
  const iterator = store.iterate({ gte: FIRST_SESSION_KEY, lt: FIRST_STATE_KEY });
  try {
    while (await iterator.next()) rows.push([decodeSessionKey(iterator.key), decodeSession(iterator.value)]);
  } finally {
    iterator.close();
  }
  return new Map(rows.toSorted(([, a], [, b]) => a.usedAt - b.usedAt));
}

async function isEmpty(store: KeyValueStore): Promise<boolean> {
  const iterator = store.iterate();
  try {
    return !(await iterator.next());
  } finally {
    iterator.close();
  }
}

/** In batches of about so many bytes. */
async function writeAll(
  store: KeyValueStore,
  batchBytes: number,
  operations: () => Iterable<WriteOperation>,
): Promise<void> {
  let batch: WriteOperation[] = [];
  let sizeBytes = 0;
  for (const each of operations()) {
    batch.push(each);
    sizeBytes += each.key.length + (each.type === "put" ? each.value.length : 0);
    if (sizeBytes < batchBytes) continue;
    await store.write(batch);
    batch = [];
    sizeBytes = 0;
  }
  if (batch.length > 0) await store.write(batch);
}

/** Whether the device failed, now or before. */
function isIoFailure(error: unknown): boolean {
  return (
    error instanceof StoreError && (error.code === "STORE_IO_FAILED" || error.code === "STORE_READ_ONLY")
  );
}

/** Whether bytes in the store's files are not what was written, itself or as the cause of what it says. */
function isDamage(error: unknown): error is Error {
  if (error instanceof StoreDamagedError) return true;
  // CRCs were right: the rows are not ours.
  if (error instanceof RaftError) return error.code === "RAFT_BAD_FORMAT";
  return error instanceof StoreError && isDamage(error.cause);
}
