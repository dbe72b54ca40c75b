/** What a wrong answer is called, and which operations show that it is wrong. */
import type { Era, Write } from "./era.js";
import { isSame, type FoundState } from "./explain.js";
import { nameOfKey } from "./key-text.js";
import type { Ledger, WrittenValue } from "./ledger.js";
import type { StoreBroken, StoreRule } from "./types.js";

/** Where a state was seen: by a recovery's look at everything, by a read of a snapshot, or of what was there then. */
export type Occasion = "recovery" | "snapshot" | "now";

export interface Wrong {
  readonly era: Era;
  readonly sequence: number;
  readonly state: FoundState;
  /** The one whose value is wrong. */
  readonly key: string;
  readonly occasion: Occasion;
  readonly ledger: Ledger;
}

export function blame(wrong: Wrong): StoreBroken {
  const { era, sequence, state, key, ledger } = wrong;
  const found = state.entries.get(key);
  const last = era.lastWriteOf(key, sequence);
  const source = found === undefined ? undefined : ledger.claimed(found);
  const rule =
    (found === undefined ? undefined : ruleOfValue(wrong, found, source)) ??
    ruleOfBatch(wrong, source?.write, last) ??
    ruleOfState(wrong, found);
  return describe(wrong, rule, found, last, source);
}

/** What is wrong with a value that nobody may see now. */
function ruleOfValue(
  { era, sequence, key, occasion }: Wrong,
  found: Uint8Array,
  source: WrittenValue | undefined,
): StoreRule | undefined {
  if (source === undefined) return "invented";
  if (source.key !== key || !isSame(source.bytes, found)) return "acknowledged-changed";
  const { write } = source;
  if (write.operation.outcome === "failed") return "failed-yet-there";
  // A change that a later one of its own batch replaces is never there.
  if (!isSame(write.changes.get(key), found)) return "torn-batch";
  if (write.era !== era) return isSame(era.base.get(key), found) ? undefined : "resurrected";
  const isAbove = write.sequence > sequence || (write.sequence === 0 && write.after >= sequence);
  if (!isAbove) return undefined;
  if (occasion === "recovery") return "hole";
  return occasion === "snapshot" ? "snapshot-changed" : "future-read";
}

/** A batch of which one change is there and another one should be, but isn't. */
function ruleOfBatch(
  wrong: Wrong,
  source: Write | undefined,
  last: Write | undefined,
): StoreRule | undefined {
  const { era, sequence, state } = wrong;
  for (const write of [source, last]) {
    if (write === undefined || write.changes.size < 2) continue;
    // What came later may have replaced a part of it.
    const at = write.sequence === 0 ? write.after : write.sequence;
    let isShown = false;
    let isMissing = false;
    for (const [key, value] of write.changes) {
      if (!state.covers(key)) continue;
      const isThere = isSame(state.entries.get(key), value);
      if (isThere && value !== undefined) isShown = true;
      const isReplaced = (era.lastWriteOf(key, sequence)?.sequence ?? 0) > at;
      if (!isThere && !isReplaced) isMissing = true;
    }
    if (isShown && isMissing) return "torn-batch";
  }
  return undefined;
}

/** The state is one of another time. */
function ruleOfState({ era, sequence, key, occasion }: Wrong, found: Uint8Array | undefined): StoreRule {
  if (occasion === "snapshot") return "snapshot-changed";
  const wasDeleted = era.valueAt(key, sequence) === undefined;
  if (found !== undefined && wasDeleted) return "resurrected";
  if (occasion === "recovery") return "acknowledged-lost";
  const isOfBase = era.lastWriteOf(key, sequence) === undefined;
  return isOfBase ? "acknowledged-lost" : "stale-read";
}

function describe(
  { era, sequence, key, occasion }: Wrong,
  rule: StoreRule,
  found: Uint8Array | undefined,
  last: Write | undefined,
  source: WrittenValue | undefined,
): StoreBroken {
  const expected = era.valueAt(key, sequence);
  const where =
    occasion === "recovery" ? `after recovery, at sequence ${sequence}` : `read at sequence ${sequence}`;
  const by = last === undefined ? "found when the store was opened" : nameOf(last);
  const from = source === undefined ? "" : `, of ${nameOf(source.write)}`;
  const message =
    `key ${nameOfKey(key)}, ${where}, is ${valueText(found)}${from}; ` +
    `acknowledged is ${valueText(expected)}, ${by}`;
  const writes = new Set([last, source?.write].filter((write) => write !== undefined));
  return { rule, message, operations: [...writes].map(({ operation }) => operation.id) };
}

function valueText(value: Uint8Array | undefined): string {
  return value === undefined ? "absent" : `a value of ${value.length} bytes`;
}

export function nameOf({ operation, sequence }: Write): string {
  const at = sequence === 0 ? operation.outcome : `sequence ${sequence}`;
  return `write ${operation.id} of client ${operation.client} (${at})`;
}
