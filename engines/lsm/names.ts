/** The names in a store's directory. */
import { DIRECTORY_MARKS } from "../store/index.js";

const NUMBER_DIGITS = 6;
const TABLE_SUFFIX = ".sst";
const MANIFEST_PREFIX = "MANIFEST-";

export const CURRENT_NAME: string = DIRECTORY_MARKS.lsm;
export const CURRENT_TEMPORARY_NAME = "CURRENT.tmp";
export const LOG_NAME = "wal";

export function tableName(number: number): string {
  return digits(number) + TABLE_SUFFIX;
}

export function manifestName(number: number): string {
  return MANIFEST_PREFIX + digits(number);
}

/** What the files in a directory are. What is none of the store's is not in it. */
export interface Listing {
  readonly hasCurrent: boolean;
  readonly hasTemporary: boolean;
  readonly hasLog: boolean;
  /** Numbers, as the names give them. */
  readonly tables: readonly number[];
  readonly manifests: readonly number[];
}

export function classify(names: readonly string[]): Listing {
  const tables: number[] = [];
  const manifests: number[] = [];
  for (const name of names) {
    if (name.endsWith(TABLE_SUFFIX)) addNumber(tables, name.slice(0, -TABLE_SUFFIX.length), name, tableName);
    else if (name.startsWith(MANIFEST_PREFIX)) {
      addNumber(manifests, name.slice(MANIFEST_PREFIX.length), name, manifestName);
    }
  }
  return {
    hasCurrent: names.includes(CURRENT_NAME),
    hasTemporary: names.includes(CURRENT_TEMPORARY_NAME),
    hasLog: names.includes(LOG_NAME),
    tables,
    manifests,
  };
}

/** A name that the store would not have given is not its own. */
function addNumber(numbers: number[], text: string, name: string, nameOf: (number: number) => string): void {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1 && nameOf(number) === name) numbers.push(number);
}

function digits(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, "0");
}
