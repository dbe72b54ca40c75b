/** The entry of a process that verifies: runs seeds again and says what their hashes are, or writes a trace. */
import { nodeHost } from "./host.js";
import { threadLanes } from "./lane.js";
import { loadScenario } from "./load-scenario.js";
import { Pool } from "./pool.js";
import { runJobSeed } from "./run-job.js";
import { SeedSequence } from "./seeds.js";
import { TraceFile } from "./trace-files.js";
import type { KnownHash, VerifyAnswer, VerifyOrder } from "./verify.js";

const ANSWER_SEEDS = 100;

// The terminal sends Ctrl-C to the whole group; the parent decides what becomes of this process.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(1));
process.once("message", (order: VerifyOrder) => {
  const work = order.type === "hashes" ? hashes(order) : trace(order);
  work.then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});

async function hashes(order: Extract<VerifyOrder, { type: "hashes" }>): Promise<void> {
  const pool = new Pool({ ...order, open: threadLanes([order.job.reference]) });
  let known: KnownHash[] = [];
  const answers: Promise<void>[] = [];
  await pool.run(new SeedSequence(order.first, order.stride, order.length), ({ seed, traceHash }) => {
    known.push({ seed, traceHash });
    if (known.length < ANSWER_SEEDS) return;
    answers.push(answer({ hashes: known }));
    known = [];
  });
  answers.push(answer({ hashes: known }));
  await Promise.all(answers);
}

/** Resolves once the parent has it: an exit would cut off what is under way. */
function answer(message: VerifyAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function trace(order: Extract<VerifyOrder, { type: "trace" }>): Promise<void> {
  const { scenario } = await loadScenario(order.job.reference);
  const host = nodeHost();
  for (const seed of order.before) await runJobSeed(scenario, order.job, host, seed);
  const file = new TraceFile(order.path, scenario, order.seed);
  file.end(await runJobSeed(scenario, order.job, host, order.seed, (record) => file.add(record)));
}
