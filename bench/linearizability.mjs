// Times the linearizability checker on recorded histories: one folder of Jepsen logs of etcd, one of a key-value
// store. Build first. Warm, in process; the median of the rounds.
//
//   node bench/linearizability.mjs HISTORIES [ROUNDS]     HISTORIES holds etcd/*.log and kv/*.txt
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkHistoryText } from "../dist/runner/histories/index.js";

const [folder, rounds = "11"] = process.argv.slice(2);
if (folder === undefined) {
  console.error("say where the histories are: node bench/linearizability.mjs HISTORIES [ROUNDS]");
  process.exit(2);
}

function load(part, suffix, model, format) {
  const names = readdirSync(join(folder, part)).filter((name) => name.endsWith(suffix));
  return names.map((name) => {
    const text = readFileSync(join(folder, part, name), "utf8");
    return { name, check: () => checkHistoryText(text, name, model, format) };
  });
}

function medianMs(work) {
  const times = Array.from({ length: Number(rounds) }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[times.length >> 1];
}

const etcd = load("etcd", ".log", "register", "jepsen-etcd");
const all = () => etcd.map(({ check }) => check().verdict.verdict);
all();
const verdicts = all();
const linearizable = verdicts.filter((verdict) => verdict === "linearizable").length;
const ms = medianMs(all).toFixed(1);
console.log(`${etcd.length} etcd logs, parsing included: ${ms} ms, ${linearizable} linearizable`);
for (const { name, check } of load("kv", ".txt", "kv", "porcupine-kv")) {
  for (let i = 0; i < 20; i++) check();
  console.log(`${name}, parsing included: ${medianMs(check).toFixed(2)} ms, ${check().verdict.verdict}`);
}
