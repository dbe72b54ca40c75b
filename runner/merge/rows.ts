/** The rows of all shards, in the order of the whole batch. */
import { ReportNotRead } from "#reports/batch/field.js";
import { seedRows } from "#reports/batch/read-rows.js";
import type { SeedRow } from "#reports/csv.js";
import type { ShardResult } from "./shards.js";

/**
 * One row at a time: memory does not grow with the batch. Throws `ReportNotRead` where the rows are not those
 * that the summaries tell of.
 */
export function* rowsInOrder(shards: readonly ShardResult[]): Generator<SeedRow> {
  const all = shards.map(rowsOf);
  try {
    // Shard i has every n-th seed from the i-th on: they take turns.
    let open = all;
    while (open.length > 0) {
      const ended = new Set<Generator<SeedRow>>();
      for (const rows of open) {
        const next = rows.next();
        if (next.done === true) ended.add(rows);
        else yield next.value;
      }
      if (ended.size > 0) open = open.filter((rows) => !ended.has(rows));
    }
  } finally {
    for (const rows of all) rows.return(undefined);
  }
}

function* rowsOf(shard: ShardResult): Generator<SeedRow> {
  const { directory, facts, finished } = shard;
  const { first, stride } = facts.seeds;
  let least = first;
  let count = 0;
  for (const row of seedRows(directory, shard)) {
    if (row.seed < least || (row.seed - first) % stride !== 0) {
      throw new ReportNotRead(
        directory,
        `seeds from ${first} on, each ${stride} after the one before`,
        `seed ${row.seed} in row ${count + 1}`,
      );
    }
    least = row.seed + stride;
    count++;
    yield row;
  }
  if (count === finished) return;
  throw new ReportNotRead(directory, `${finished} seeds, as summary.json says`, `${count} in seeds.csv`);
}
