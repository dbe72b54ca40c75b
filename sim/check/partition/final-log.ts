/** The verdict on a partition as it is in the end, against all that was sent to it and seen in it. */
import { broken, type PartitionLedger, type Sent } from "./ledger.js";
import type { At, FinalLog, LogEntry, PartitionBroken } from "./types.js";

/** The first finding of each rule. */
export function judgeFinal(ledger: PartitionLedger, given: FinalLog): PartitionBroken[] {
  const log = given.hasRetention ? given : { ...given, start: 0 };
  const places = placesOf(log.entries);
  const found = [
    wrongEntry(ledger, log),
    duplicate(ledger, places),
    lost(ledger, log, places),
    changed(ledger, log),
    reordered(ledger, places),
  ];
  return found.filter((each) => each !== undefined);
}

function placesOf(entries: readonly LogEntry[]): Map<string, At[]> {
  const places = new Map<string, At[]>();
  for (const { offset, value } of entries) {
    const known = places.get(value);
    if (known === undefined) places.set(value, [offset]);
    else known.push(offset);
  }
  return places;
}

function wrongEntry(
  ledger: PartitionLedger,
  { entries, start, end, isCompacted }: FinalLog,
): PartitionBroken | undefined {
  let next = start;
  for (const { offset, value, key } of entries) {
    if (offset < next || offset >= end || (!isCompacted && offset !== next)) {
      return broken("read-wrong", `the log has ${ledger.at(offset)}, where ${next} was due`, []);
    }
    next = offset + 1;
    const wrong = ledger.checkEntry(offset, value, key, -1);
    if (wrong !== undefined) return wrong;
  }
  if (isCompacted || next === end) return undefined;
  return broken("read-wrong", `the log ends at ${ledger.at(end)}, but its last record is at ${next - 1}`, []);
}

function duplicate(
  ledger: PartitionLedger,
  places: ReadonlyMap<string, readonly At[]>,
): PartitionBroken | undefined {
  for (const [value, offsets] of places) {
    const sent = ledger.sentAs(value);
    if (sent?.input.isOnce !== true || offsets.length < 2) continue;
    return broken("duplicated", `${value} is at ${offsets.map((each) => ledger.at(each)).join(" and ")}`, [
      sent.operation.id,
    ]);
  }
  return undefined;
}

/** Something that was promised to stay. */
function lost(
  ledger: PartitionLedger,
  log: FinalLog,
  places: ReadonlyMap<string, readonly At[]>,
): PartitionBroken | undefined {
  const latest = log.isCompacted ? latestOf(ledger, log.entries) : new Map<string, At>();
  for (const sent of ledger.sent) {
    const { input, state, offset, operation } = sent;
    if (state !== "acknowledged" || !input.isPromised || places.has(input.value)) continue;
    if (offset !== undefined && offset < log.start) continue;
    // Where it was is not known: retention may have taken it.
    if (offset === undefined && log.start > 0) continue;
    const where = offset === undefined ? ledger.partition : ledger.at(offset);
    if (!log.isCompacted || input.key === undefined) {
      return broken("acknowledged-lost", `${input.value} was acknowledged, and is not at ${where}`, [
        operation.id,
      ]);
    }
    if (isReplaced(sent, latest.get(input.key))) continue;
    const message = `${input.value}, the latest of the key ${input.key}, is not at ${where}`;
    return broken("latest-lost", message, [operation.id]);
  }
  return undefined;
}

/** By key, the offset from which on records may replace others: tombstones did so, and may be gone themselves. */
function latestOf(ledger: PartitionLedger, entries: readonly LogEntry[]): Map<string, At> {
  const latest = new Map<string, At>();
  const meet = (key: string | undefined, offset: At): void => {
    if (key !== undefined) latest.set(key, Math.max(offset, latest.get(key) ?? 0));
  };
  for (const { key, offset } of entries) meet(key, offset);
  for (const { input, offset, state } of ledger.sent) {
    // One that was not acknowledged may have been anywhere.
    if (input.isTombstone === true && state !== "failed") meet(input.key, offset ?? Infinity);
  }
  return latest;
}

/** Whether a record may be gone: a later one of its key is there, or it is a tombstone, which goes in time. */
function isReplaced({ input, offset }: Sent, latest: At | undefined): boolean {
  if (input.isTombstone === true) return true;
  return latest !== undefined && (offset === undefined || latest > offset);
}

/** Something that was read is not what is there. */
function changed(ledger: PartitionLedger, log: FinalLog): PartitionBroken | undefined {
  const values = new Map(log.entries.map(({ offset, value }) => [offset, value]));
  for (const [offset, { value, by }] of ledger.seen) {
    if (offset < log.start) continue;
    const found = values.get(offset);
    if (found === value || (found === undefined && log.isCompacted && offset < log.end)) continue;
    const text = `${ledger.at(offset)} was read as ${value}, and is ${found ?? "nothing"}`;
    return broken("read-changed", text, [by]);
  }
  return undefined;
}

/** By producer, the records that are there have to be in the order in which it sent them. */
function reordered(
  ledger: PartitionLedger,
  places: ReadonlyMap<string, readonly At[]>,
): PartitionBroken | undefined {
  const last = new Map<number, { readonly sent: Sent; readonly at: At }>();
  for (const sent of ledger.sent) {
    const at = places.get(sent.input.value)?.[0];
    if (!sent.input.isOnce || at === undefined) continue;
    const { producer } = sent.input;
    const before = last.get(producer);
    if (before !== undefined && before.at > at) {
      const message = `${before.sent.input.value} was sent before ${sent.input.value}, but is at ${before.at}, behind ${ledger.at(at)}`;
      return broken("reordered", message, [before.sent.operation.id, sent.operation.id]);
    }
    last.set(producer, { sent, at });
  }
  return undefined;
}
