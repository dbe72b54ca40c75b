/** The process that is killed: opens the log on real files, says what it found, and appends until its end. */
import { nodeEnv } from "#engines/env/node/index.js";
import { recordDisk } from "#engines/env/recording-disk.js";
import type { WalEvent } from "#engines/wal/index.js";
import { beginLife, signal } from "../begin-life.js";
import { Journal } from "../journal.js";
import { touchAll } from "../touch-all.js";
import { Clients } from "./clients.js";
import type { LifeOrder, LogUnderTest, Note, OpenLog } from "./protocol.js";

beginLife(live);

async function live(order: LifeOrder): Promise<void> {
  const { openLog } = (await import(order.engine)) as { openLog: OpenLog };
  const journal = new Journal<Note>(order.journalPath);
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
  if (order.record)
    await touchAll(disk, order.plan.wal.directory, (op) => journal.write({ kind: "disk", op }));
  journal.write({ kind: "opening" });
  signal("opening");
  const log = await openLog(env, order.plan.wal);
  await reportRecovered(log, journal);
  await new Clients(env, log, order, journal, () => signal("reached")).run();
}

async function reportRecovered(log: LogUnderTest, journal: Journal<Note>): Promise<void> {
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
