/** The verdict on the logs as they are in the end, against all that was sent to them and seen in them. */
import type { At, LogEntry } from "../partition/types.js";
import {
  broken,
  judgeCommitted,
  placeOf,
  type Sent,
  type Transaction,
  type TransactionLedger,
} from "./ledger.js";
import type { TransactionBroken, TransactionLog } from "./types.js";

/** The first finding of each rule that only the end can show. */
export function judgeLogs(ledger: TransactionLedger, logs: readonly TransactionLog[]): TransactionBroken[] {
  const found = [
    first(logs, (log) => wrongEntry(ledger, log)),
    first(logs, (log) => duplicate(ledger, log)),
    first(logs, (log) => wronglyCommitted(ledger, log)),
    notWhole(ledger, logs),
    first(logs, (log) => reordered(ledger, log)),
    first(logs, (log) => changed(ledger, log)),
    skipped(ledger, logs),
    first(logs, hanging),
  ];
  return found.filter((each) => each !== undefined);
}

function first<T>(
  of: readonly T[],
  judge: (each: T) => TransactionBroken | undefined,
): TransactionBroken | undefined {
  for (const each of of) {
    const found = judge(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function wrongEntry(
  ledger: TransactionLedger,
  { partition, all, committed, end }: TransactionLog,
): TransactionBroken | undefined {
  const values = valuesOf(all);
  for (const { offset, value } of committed) {
    if (values.get(offset) === value) continue;
    const text = `${placeOf(partition, offset)} is ${value} to readers of committed records, and ${values.get(offset) ?? "nothing"} to others`;
    return broken("read-wrong", text, []);
  }
  let next = 0;
  for (const { offset, value } of all) {
    const at = placeOf(partition, offset);
    if (offset < next || offset >= end) return broken("read-wrong", `${at} came where ${next} was due`, []);
    next = offset + 1;
    if (ledger.sentAs(value, partition) !== undefined) continue;
    return broken("never-sent", `${at} is ${value}, which nobody sent there`, []);
  }
  return undefined;
}

function duplicate(
  ledger: TransactionLedger,
  { partition, all }: TransactionLog,
): TransactionBroken | undefined {
  const places = new Map<string, At>();
  for (const { offset, value } of all) {
    const before = places.get(value);
    places.set(value, offset);
    if (before === undefined) continue;
    const message = `${value} is at ${placeOf(partition, before)} and at ${placeOf(partition, offset)}`;
    return broken("duplicated", message, idsOf(ledger.sentAs(value, partition)));
  }
  return undefined;
}

function wronglyCommitted(
  ledger: TransactionLedger,
  { partition, committed }: TransactionLog,
): TransactionBroken | undefined {
  return first(committed, ({ offset, value }) => {
    const sent = ledger.sentAs(value, partition);
    return sent === undefined ? undefined : judgeCommitted(sent, placeOf(partition, offset));
  });
}

/** A transaction is there as a whole, and one whose commit was acknowledged is there. */
function notWhole(ledger: TransactionLedger, logs: readonly TransactionLog[]): TransactionBroken | undefined {
  const values = new Map(
    logs.map(({ partition, committed }) => [partition, new Set(committed.map(({ value }) => value))]),
  );
  const isThere = ({ input }: Sent): boolean => values.get(input.partition)?.has(input.value) === true;
  return first(ledger.transactions, (transaction) => judgeWhole(transaction, isThere));
}

function judgeWhole(
  { id, state, sent }: Transaction,
  isThere: (sent: Sent) => boolean,
): TransactionBroken | undefined {
  const missing = sent.find((each) => !isThere(each));
  if (missing === undefined) return undefined;
  const text = `${missing.input.value} of transaction ${id} is not readable in ${missing.input.partition}`;
  if (state === "committed")
    return broken("committed-lost", `${text}, but its commit was acknowledged`, idsOf(missing));
  const there = sent.find(isThere);
  if (there === undefined) return undefined;
  const message = `${text}, but ${there.input.value} is in ${there.input.partition}`;
  return broken("partial", message, [...idsOf(missing), ...idsOf(there)]);
}

/** By producer, the records that are there have to be in the order in which it sent them. */
function reordered(
  ledger: TransactionLedger,
  { partition, all }: TransactionLog,
): TransactionBroken | undefined {
  const places = new Map(all.map(({ offset, value }) => [value, offset]));
  const last = new Map<number, { readonly sent: Sent; readonly at: At }>();
  for (const sent of ledger.sent) {
    const at = sent.input.partition === partition ? places.get(sent.input.value) : undefined;
    if (at === undefined) continue;
    const { producer } = sent.transaction;
    const before = last.get(producer);
    if (before !== undefined && before.at > at) {
      const message = `${before.sent.input.value} was sent before ${sent.input.value}, but is at ${before.at}, behind ${placeOf(partition, at)}`;
      return broken("reordered", message, [...idsOf(before.sent), ...idsOf(sent)]);
    }
    last.set(producer, { sent, at });
  }
  return undefined;
}

/** Something that was read is not what is there. */
function changed(ledger: TransactionLedger, log: TransactionLog): TransactionBroken | undefined {
  const { partition } = log;
  const [all, committed] = [valuesOf(log.all), valuesOf(log.committed)];
  for (const [offset, { value, by, committedBy }] of ledger.seenIn(partition)) {
    const found = (committedBy === undefined ? all : committed).get(offset);
    if (found === value) continue;
    const text = `${placeOf(partition, offset)} was read as ${value}, and is ${found ?? "nothing"}`;
    return broken("read-changed", text, [committedBy ?? by]);
  }
  return undefined;
}

/** A reader has gone past something that is there for it, and was then, as it read behind it. */
function skipped(ledger: TransactionLedger, logs: readonly TransactionLog[]): TransactionBroken | undefined {
  const byPartition = new Map(logs.map((log) => [log.partition, log]));
  return first(ledger.passages, ({ operation, partition, isCommitted, from, to, offsets }) => {
    const log = byPartition.get(partition);
    const entries = isCommitted ? log?.committed : log?.all;
    const missed = entries?.find(({ offset }) => offset >= from && offset < to && !offsets.has(offset));
    if (missed === undefined) return undefined;
    const text = `a read of ${partition} from ${from} to ${to} left out ${missed.value} at ${missed.offset}`;
    return broken("skipped", text, [operation.id]);
  });
}

function hanging({ partition, stable, end }: TransactionLog): TransactionBroken | undefined {
  if (stable === end) return undefined;
  return broken(
    "hanging",
    `${partition} ends at ${end}, but a transaction in it from ${stable} on has not ended`,
    [],
  );
}

function valuesOf(entries: readonly LogEntry[]): ReadonlyMap<At, string> {
  return new Map(entries.map(({ offset, value }) => [offset, value]));
}

function idsOf(sent: Sent | undefined): readonly number[] {
  return sent === undefined ? [] : [sent.operation.id];
}
