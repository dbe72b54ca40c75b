/** The process that is killed: opens the log on real files, says what it found, and appends until its end. */
import { isDiskError, type Disk } from "#engines/env/index.js";
import { nodeEnv } from "#engines/env/node/index.js";
import { recordDisk } from "#engines/env/recording-disk.js";
import type { WalEvent } from "#engines/wal/index.js";
import { Clients } from "./clients.js";
import { Journal } from "./journal.js";
import type { LifeOrder, LogUnderTest, OpenLog, Signal } from "./protocol.js";

// The terminal sends Ctrl-C to the whole group; the parent decides what becomes of this process.
process.on("SIGINT", () => {});
// Also what keeps it alive when its plan is through.
process.on("disconnect", () => process.exit(1));
process.once("message", (order: LifeOrder) => {
  live(order).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});

async function live(order: LifeOrder): Promise<void> {
  const { openLog } = (await import(order.engine)) as { openLog: OpenLog };
  const journal = new Journal(order.journalPath);
  const real = await nodeEnv({
    node: "n1",
    root: order.root,
    onObserve: (event) => {
      const walEvent = event as WalEvent;
      if (walEvent.kind === "wal/persisted") journal.write({ kind: "durable", lsn: walEvent.lsn });
    },
  });
  const disk = order.record ? recordDisk(real.disk, (op) => journal.write({ kind: "disk", op })) : real.disk;
  const env = { ...real, disk };
  if (order.record) await reportFound(disk, order.plan.wal.directory, journal);
  journal.write({ kind: "opening" });
  signal("opening");
  const log = await openLog(env, order.plan.wal);
  await reportRecovered(log, journal);
  await new Clients(env, log, order, journal, () => signal("reached")).run();
}

/** Touches every file, so that the recording begins with all of them. */
async function reportFound(disk: Disk, directory: string, journal: Journal): Promise<void> {
  let names: string[];
  try {
    names = await disk.list(directory);
  } catch (error) {
    if (!isDiskError(error, "ENOENT")) throw error;
    return;
  }
  journal.write({ kind: "disk", op: { kind: "mkdir", path: directory } });
  await disk.syncDir("");
  for (const name of names) await (await disk.open(`${directory}/${name}`, "existing")).close();
}

async function reportRecovered(log: LogUnderTest, journal: Journal): Promise<void> {
  const { lastLsn } = log;
  let firstLsn = lastLsn + 1;
  const records: Uint8Array[] = [];
  for await (const chunk of log.scan()) {
    if (records.length === 0) firstLsn = chunk.firstLsn;
    if (chunk.firstLsn !== firstLsn + records.length) throw new Error("the scan left records out");
    records.push(...chunk.records);
  }
  journal.write({ kind: "recovered", firstLsn, lastLsn, records });
}

function signal(name: Signal): void {
  process.send!(name);
}
