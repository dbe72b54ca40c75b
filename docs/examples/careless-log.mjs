// A scenario of one's own: a log that acknowledges what it has written, but not synced. Seedstorm finds out.
//
//   npx seedstorm run docs/examples/careless-log.mjs --count 100
import { LogOracle } from "seedstorm";

/** Each record is 8 bytes: its number, and the number once more to see that it is whole. */
const RECORD_BYTES = 8;
const RECORDS = 50;

function record(key) {
  const bytes = new Uint8Array(RECORD_BYTES);
  new DataView(bytes.buffer).setUint32(0, key);
  new DataView(bytes.buffer).setUint32(4, key);
  return bytes;
}

function keyOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** The engine: reads the whole records of its file, and appends behind them. */
async function openLog(env) {
  const file = await env.disk.open("log", "create");
  await env.disk.syncDir("");
  const bytes = await file.read(0, file.size());
  const records = [];
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const [key, again] = [keyOf(bytes.subarray(at)), keyOf(bytes.subarray(at + 4))];
    if (key === 0 || key !== again) break;
    records.push(bytes.subarray(at, at + RECORD_BYTES));
  }
  file.truncate(records.length * RECORD_BYTES);
  await file.sync();
  let count = records.length;
  return {
    records,
    async append(record) {
      file.write(count * RECORD_BYTES, record);
      // The mistake: the sync is started, but nobody waits for it.
      void file.sync();
      return ++count;
    },
  };
}

export default {
  name: "careless-log",
  summary: "a log that acknowledges before it has synced",
  parameters: {},
  faults: { "power-loss": { minPpm: 300_000, maxPpm: 900_000 } },
  mustReach: [],
  coverageSeeds: 100,
  strikeEveryCalls: 40,
  async drive(run) {
    const { world } = run;
    const node = world.addNode("n1");
    const oracle = new LogOracle({ keyOf, lyingDisk: false });
    const check = (broken) => broken && world.fail(`careless-log/${broken.rule}`, broken.message);
    const drawn = Array.from({ length: RECORDS }, (_, index) => ({ key: index + 1 }));
    const appends = run.planned("appends", drawn);
    run.tellClients({
      history: oracle.history,
      name: () => "client",
      describe: ({ input, output, reason }) => ({
        asked: `append record ${keyOf(input)}`,
        answered: output === undefined ? (reason ?? "") : `LSN ${output}`,
      }),
    });
    let next = 0;
    while (next < appends.length && world.findings.length === 0) {
      await world.boot(node, async (env, self) => {
        const log = await openLog(env);
        const found = log.records.map((bytes, i) => ({ lsn: i + 1, bytes }));
        check(oracle.recovered(found, found.length, false));
        while (next < appends.length) {
          const [operation] = oracle.sent(0, [record(appends[next++].key)]);
          const lsn = await log.append(operation.input);
          self.enter(); // a dead process acknowledges nothing
          check(oracle.acknowledged(operation, lsn, true));
          run.count("appends");
          await env.clock.sleep(100);
        }
      }).exited;
      oracle.history.loseOpen("CRASHED");
    }
  },
};
