/** The verdict on groups that read, transform and write: of each record that they have passed, what it was made into once. */
import { broken, placeOf, type Sent, type TransactionLedger } from "./ledger.js";
import type { FinalTransactions, GroupPosition, TransactionBroken, TransactionRule } from "./types.js";

/** The first finding of each rule. */
export function judgePipelines(
  ledger: TransactionLedger,
  { logs, positions }: FinalTransactions,
): TransactionBroken[] {
  const made = madeOf(ledger, { logs, positions });
  const committed = new Map(logs.map((log) => [log.partition, log.committed.map(({ offset }) => offset)]));
  const found = new Map<TransactionRule, TransactionBroken>();
  const note = (rule: TransactionRule, message: string, sent: readonly Sent[]): void => {
    const ids = sent.map(({ operation }) => operation.id);
    if (!found.has(rule)) found.set(rule, broken(rule, message, ids));
  };
  for (const position of positions) {
    const { group, partition, offset: next } = position;
    const isInput = new Set(committed.get(partition));
    for (const [offset, sent] of madeBy(made, position)) {
      const from = `${placeOf(partition, offset)}, by group ${group}`;
      const names = sent.map(({ input }) => input.value).join(" and ");
      if (!isInput.has(offset))
        note("source-uncommitted", `${names} was made of ${from}, which is not committed`, sent);
      if (sent.length > 1) note("source-twice", `${names} were made of ${from}`, sent);
      if (offset >= next) note("position-behind", `${names} was made of ${from}, which is at ${next}`, sent);
    }
    for (const offset of isInput) {
      if (offset >= next || madeBy(made, position).has(offset)) continue;
      note(
        "source-lost",
        `nothing was made of ${placeOf(partition, offset)}, and group ${group} is at ${next}`,
        [],
      );
    }
    judgePassed(ledger, position, note);
  }
  return [...found.values()];
}

/** The positions of a transaction that was committed count: nobody may be before them. */
function judgePassed(
  ledger: TransactionLedger,
  { group, partition, offset }: GroupPosition,
  note: (rule: TransactionRule, message: string, sent: readonly Sent[]) => void,
): void {
  for (const { id, state, positions } of ledger.transactions) {
    if (state !== "committed") continue;
    for (const given of positions) {
      if (given.group !== group || given.partition !== partition || given.offset <= offset) continue;
      const text = `transaction ${id} gave group ${group} the position ${placeOf(partition, given.offset)}, and it is at ${offset}`;
      note("position-behind", text, []);
    }
  }
}

type Made = ReadonlyMap<string, ReadonlyMap<number, readonly Sent[]>>;

/** What is readable as committed and was made of other records, by group and partition and then by their offsets. */
function madeOf(ledger: TransactionLedger, { logs }: FinalTransactions): Made {
  const made = new Map<string, Map<number, Sent[]>>();
  for (const { partition, committed } of logs) {
    for (const { value } of committed) {
      const sent = ledger.sentAs(value, partition);
      const source = sent?.input.source;
      if (sent === undefined || source === undefined) continue;
      const key = keyOf(source);
      const ofPartition = made.get(key) ?? new Map<number, Sent[]>();
      made.set(key, ofPartition);
      ofPartition.set(source.offset, [...(ofPartition.get(source.offset) ?? []), sent]);
    }
  }
  return made;
}

function madeBy(made: Made, position: GroupPosition): ReadonlyMap<number, readonly Sent[]> {
  return made.get(keyOf(position)) ?? new Map<number, readonly Sent[]>();
}

function keyOf({ group, partition }: { readonly group: string; readonly partition: string }): string {
  return `${group} ${partition}`;
}
