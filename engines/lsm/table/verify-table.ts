import type { Env } from "../../env/index.js";
import { StoreDamagedError, compareBytes, compareKeys, type StoreProblem } from "../../store/index.js";
import { TOMBSTONE } from "../cursor.js";
import { BlockCursor } from "./block-cursor.js";
import type { BloomFilter } from "./bloom.js";
import type { DataBlock } from "./data-block.js";
import { EntryReader } from "./entry-reader.js";
import type { TableProperties } from "./properties.js";
import { ScanBlocks } from "./table-blocks.js";
import type { TableFile } from "./table-file.js";
import type { TableIndex } from "./table-index.js";

/** Read at once; and what is handled before others have their turn. */
const PIECE_BYTES = 256 * 1024;

type TableRule = "table-damaged" | "table-order" | "table-index" | "table-filter" | "table-properties";

/** Checks all of a table's file. One problem for each block at most. Rejects with `DiskError`. */
export async function verifyTable(env: Env, file: TableFile): Promise<StoreProblem[]> {
  const problems: StoreProblem[] = [];
  const report = (rule: TableRule, offset: number, message: string): void => {
    problems.push({ rule, where: `${file.path} offset ${offset}`, message });
  };
  const description = await orDamage(file.describe(), report);
  if (description === undefined) return problems;
  const { layout, properties } = description;
  compareProperties(file.properties, properties, (message) =>
    report("table-properties", layout.propertiesOffset, `${message} since it was opened`),
  );
  const filter = file.hasFilter ? await orDamage(file.readFilter(), report) : undefined;
  const index = await orDamage(file.readIndex(), report);
  if (index === undefined) return problems;
  const check = new EntryCheck(index, filter);
  const blocks = new ScanBlocks(file, PIECE_BYTES);
  let sinceTurnBytes = 0;
  for (let block = 0; block < index.count; block++) {
    const offset = index.offsetOf(block);
    const data = await orDamage(readBlock(blocks, index, block), report);
    const problem = data === undefined ? undefined : check.block(data, block);
    if (problem !== undefined) report(problem.rule, offset, problem.message);
    sinceTurnBytes += index.sizeOf(block);
    if (sinceTurnBytes < PIECE_BYTES) continue;
    sinceTurnBytes = 0;
    await env.clock.sleep(0);
  }
  // Totals of a part say nothing.
  if (problems.length > 0) return problems;
  compareProperties(properties, check.totals(properties), (message) =>
    report("table-properties", layout.propertiesOffset, `${message} by the entries`),
  );
  return problems;
}

async function readBlock(blocks: ScanBlocks, index: TableIndex, block: number): Promise<DataBlock> {
  return blocks.data(index, block);
}

/** What `reading` gives; undefined, and reported, where that is damaged. */
async function orDamage<T>(
  reading: Promise<T>,
  report: (rule: TableRule, offset: number, message: string) => void,
): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof StoreDamagedError)) throw error;
    report("table-damaged", error.offset, error.message);
    return undefined;
  }
}

function compareProperties(
  said: TableProperties,
  found: TableProperties,
  differ: (message: string) => void,
): void {
  for (const name of Object.keys(said) as (keyof TableProperties)[]) {
    const [a, b] = [said[name], found[name]];
    const isSame = a instanceof Uint8Array && b instanceof Uint8Array ? compareKeys(a, b) === 0 : a === b;
    if (!isSame) differ(`${name} was ${String(a)} and is ${String(b)}`);
  }
}

/** Looks at the entries of all blocks, in order, and counts them. */
class EntryCheck extends BlockCursor {
  readonly #index: TableIndex;
  readonly #filter: BloomFilter | undefined;
  readonly #entry: EntryReader = new EntryReader();
  /** The entry before. */
  #lastKey: Uint8Array | undefined;
  #lastSequence = 0;
  #firstKey: Uint8Array = new Uint8Array(0);
  #entries = 0;
  #tombstones = 0;
  #rawKeyBytes = 0;
  #rawValueBytes = 0;
  #smallestSequence: number = Number.MAX_SAFE_INTEGER;
  #largestSequence = 0;

  constructor(index: TableIndex, filter: BloomFilter | undefined) {
    super();
    this.#index = index;
    this.#filter = filter;
  }

  /** The first problem of a block's entries. */
  block(data: DataBlock, block: number): { rule: TableRule; message: string } | undefined {
    this.enterBlock(data);
    try {
      this.firstInBlock();
      do {
        const problem = this.#present(data, block);
        if (problem !== undefined) return problem;
      } while (this.nextInBlock());
      return undefined;
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error;
      return { rule: "table-damaged", message: error.message };
    }
  }

  /** The properties as they should be; `said` for what entries don't tell. */
  totals(said: TableProperties): TableProperties {
    return {
      ...said,
      entries: this.#entries,
      tombstones: this.#tombstones,
      rawKeyBytes: this.#rawKeyBytes,
      rawValueBytes: this.#rawValueBytes,
      smallestSequence: this.#smallestSequence,
      largestSequence: this.#largestSequence,
      smallestKey: this.#firstKey,
      largestKey: this.#lastKey ?? new Uint8Array(0),
    };
  }

  #present(data: DataBlock, block: number): { rule: TableRule; message: string } | undefined {
    const key = this.keyBytes.slice(this.keyStart, this.keyEnd);
    const { sequence, kind } = this;
    const entry = this.#entries;
    if (this.#lastKey !== undefined && !isBehind(key, sequence, this.#lastKey, this.#lastSequence)) {
      return { rule: "table-order", message: `entry ${entry} is not behind the one before it` };
    }
    if (this.#index.find(key, sequence) !== block) {
      return { rule: "table-index", message: `entry ${entry} is in block ${block}, the index says another` };
    }
    const found = data.get(key, sequence, this.#entry);
    const isFound = found !== undefined && found.sequence === sequence && found.kind === kind;
    if (!isFound || !this.#isValue(found.value)) {
      return { rule: "table-order", message: `entry ${entry} is not what a look-up finds` };
    }
    if (this.#filter !== undefined && !this.#filter.mayContain(key, 0, key.length)) {
      return { rule: "table-filter", message: `the filter denies the key of entry ${entry}` };
    }
    this.#count(key);
    return undefined;
  }

  #isValue(value: Uint8Array): boolean {
    return compareBytes(value, 0, value.length, this.valueBytes, this.valueStart, this.valueEnd) === 0;
  }

  #count(key: Uint8Array): void {
    if (this.#lastKey === undefined) this.#firstKey = key;
    this.#lastKey = key;
    this.#lastSequence = this.sequence;
    this.#entries++;
    if (this.kind === TOMBSTONE) this.#tombstones++;
    this.#rawKeyBytes += key.length;
    this.#rawValueBytes += this.valueEnd - this.valueStart;
    this.#smallestSequence = Math.min(this.#smallestSequence, this.sequence);
    this.#largestSequence = Math.max(this.#largestSequence, this.sequence);
  }
}

function isBehind(key: Uint8Array, sequence: number, lastKey: Uint8Array, lastSequence: number): boolean {
  const order = compareKeys(key, lastKey);
  return order > 0 || (order === 0 && sequence < lastSequence);
}
