/** The process that is killed: opens a store on real files, says what it found, and writes until its end. */
import { nodeEnv } from "#engines/env/node/index.js";
import { recordDisk } from "#engines/env/recording-disk.js";
import { loadStore } from "../../stores/index.js";
import { beginLife, signal } from "../begin-life.js";
import { Journal } from "../journal.js";
import { touchAll } from "../touch-all.js";
import { StoreClients } from "./clients.js";
import type { StoreNote, StoreOrder } from "./protocol.js";
import { openAndLook } from "./recover.js";

beginLife(live);

async function live(order: StoreOrder): Promise<void> {
  const open = await loadStore(order.engine);
  const journal = new Journal<StoreNote>(order.journalPath);
  const real = await nodeEnv({ node: "n1", root: order.root });
  const disk = order.record ? recordDisk(real.disk, (op) => journal.write({ kind: "disk", op })) : real.disk;
  const env = { ...real, disk };
  const { directory } = order.settings;
  if (order.record) await touchAll(disk, directory, (op) => journal.write({ kind: "disk", op }));
  journal.write({ kind: "opening" });
  signal("opening");
  const { store, recovered } = await openAndLook(open, env, order.settings);
  journal.write({ kind: "recovered", ...recovered });
  await new StoreClients(store, order, journal, () => signal("reached")).run();
}
