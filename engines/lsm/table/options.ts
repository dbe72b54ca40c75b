import { checkInteger } from "../../store/index.js";

/** How a table is written. A reader needs none of it: files written with other options are read all the same. */
export interface TableOptions {
  /** A data block is ended before it grows beyond this. Only an entry that is larger makes a larger one. Default 4096. */
  readonly blockBytes: number;
  /** Every so many entries the whole key is stored, for the binary search. Default 16. */
  readonly restartInterval: number;
  /** Bits of the Bloom filter for each key; 0: no filter. 10 lets about 1 % of absent keys pass. Default 10. */
  readonly bloomBitsPerKey: number;
}

const MAX_BLOCK_BYTES = 0x100_0000;
const MAX_RESTART_INTERVAL = 0x1_0000;

/** The options with all defaults filled in. Throws STORE_BAD_ARGUMENT. */
export function tableOptionsOf(options: Partial<TableOptions>): TableOptions {
  const all: TableOptions = {
    blockBytes: options.blockBytes ?? 4096,
    restartInterval: options.restartInterval ?? 16,
    bloomBitsPerKey: options.bloomBitsPerKey ?? 10,
  };
  checkInteger("table.blockBytes", all.blockBytes, 64, MAX_BLOCK_BYTES);
  checkInteger("table.restartInterval", all.restartInterval, 1, MAX_RESTART_INTERVAL);
  checkInteger("table.bloomBitsPerKey", all.bloomBitsPerKey, 0, 32);
  return all;
}
