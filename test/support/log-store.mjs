// A store as simple as can be: a log of batches, replayed into a map when it is opened. What runners do with stores
// is tried on it. `forgets`: it acknowledges and means to write later, and never gets there.
import { boundsOf, compareKeys, isAboveLower, isBelowUpper } from "#engines/store/index.js";
import { Wal } from "#engines/wal/index.js";

export async function openLogStore(env, { directory, policy }, { forgets = false } = {}) {
  await env.disk.mkdir(directory).catch((error) => {
    if (error.code !== "EEXIST") throw error;
  });
  const wal = await Wal.open(env, { directory: `${directory}/wal`, policy });
  const store = new LogStore(wal, forgets);
  for await (const { records } of wal.scan()) {
    for (const record of records) store.apply(decode(record));
  }
  return store;
}

/** A module of a store, as `runner/stores` has them. */
export const openStore = (env, settings) => openLogStore(env, settings);

class LogStore {
  limits = { keyBytes: 1_024, valueBytes: 65_536, batchBytes: 1_048_576 };
  #wal;
  #forgets;
  #entries = new Map();
  #sequence;
  #stats = { userBytes: 0, batches: 0, operations: 0, logBytes: 0, gets: 0, steps: 0, lookups: 0 };

  constructor(wal, forgets) {
    this.#wal = wal;
    this.#forgets = forgets;
    this.#sequence = wal.lastLsn;
  }

  apply(batch) {
    for (const { type, key, value } of batch) {
      const name = nameOf(key);
      if (type === "put") this.#entries.set(name, { key, value });
      else this.#entries.delete(name);
    }
  }

  get(key, { snapshot } = {}) {
    this.#stats.gets++;
    this.#stats.lookups++;
    return (snapshot?.entries ?? this.#entries).get(nameOf(key))?.value.slice();
  }

  put(key, value) {
    return this.write([{ type: "put", key, value }]);
  }

  delete(key) {
    return this.write([{ type: "delete", key }]);
  }

  async write(batch) {
    const record = encode(batch);
    const stats = this.#stats;
    stats.batches++;
    stats.operations += batch.length;
    stats.logBytes += record.length;
    for (const { key, value } of batch) stats.userBytes += key.length + (value?.length ?? 0);
    const sequence = this.#forgets ? this.#sequence + 1 : await this.#wal.append(record);
    this.apply(decode(record));
    this.#sequence = sequence;
    return sequence;
  }

  snapshot() {
    return { sequence: this.#sequence, entries: new Map(this.#entries), close() {} };
  }

  iterate(range = {}) {
    const bounds = boundsOf(range, "iterate");
    const isWithin = ({ key }) => isAboveLower(bounds, key) && isBelowUpper(bounds, key);
    const all = range.snapshot?.entries ?? this.#entries;
    const entries = [...all.values()].filter(isWithin).sort((a, b) => compareKeys(a.key, b.key));
    if (bounds.isReverse) entries.reverse();
    const stats = this.#stats;
    let at = -1;
    return {
      next: () => {
        stats.steps++;
        return ++at < entries.length;
      },
      get key() {
        return entries[at].key;
      },
      get value() {
        return entries[at].value;
      },
      close() {},
    };
  }

  async flush() {
    await this.#wal.sync();
  }

  verify() {
    return Promise.resolve({ problems: [], entries: this.#entries.size, checked: 0 });
  }

  stats() {
    const rest = {
      cacheHits: 0,
      cacheMisses: 0,
      readBytes: 0,
      memoryBytes: 0,
      slowedWrites: 0,
      stalledWrites: 0,
    };
    const { logBytes } = this.#stats;
    return { ...this.#stats, ...rest, storedBytes: 0, fileBytes: logBytes, levels: [] };
  }

  inspect() {
    return { sequence: this.#sequence };
  }

  close() {
    return this.#wal.close();
  }
}

function nameOf(key) {
  return Buffer.from(key).toString("latin1");
}

function encode(batch) {
  const plain = batch.map(({ type, key, value }) => [type, nameOf(key), value && nameOf(value)]);
  return new Uint8Array(Buffer.from(JSON.stringify(plain), "latin1"));
}

function decode(record) {
  const bytes = (text) => text && new Uint8Array(Buffer.from(text, "latin1"));
  const plain = JSON.parse(Buffer.from(record).toString("latin1"));
  return plain.map(([type, key, value]) => ({
    type,
    key: bytes(key),
    value: bytes(value) ?? new Uint8Array(),
  }));
}
