/**
 * Plants mutants one at a time and fuzzes every scenario until one fails: how long, how many seeds, how much memory.
 * With --clean, fuzzes the code as it is instead, and prints its memory over time.
 *
 *   node tools/fuzz-mutants.mjs [--for 5m] [--only id,id] [--workers N]
 *   node tools/fuzz-mutants.mjs --clean --for 30m [--workers N]
 *
 * To be run after a build, on Linux (it reads /proc). Exit code 1 where a mutant was not found, or the clean code
 * failed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadCatalogue } from "../dist/runner/mutants/catalogue.js";
import { Workshop } from "../dist/runner/mutants/workshop.js";

const ROOT = join(import.meta.dirname, "..");
/** Of the log, its snapshots and Raft: durability, damage, elections, reads, leases, members, liveness. */
const TEN = [
  "sync-result-ignored",
  "garbage-tail-accepted",
  "stale-tail-of-recycled-segment",
  "rot-taken-for-torn-tail",
  "older-snapshot-removed-before-rename-is-durable",
  "raft-votes-twice-in-a-term",
  "raft-reads-without-a-quorum",
  "raft-lease-ignores-clock-drift",
  "raft-snapshot-forgets-outgoing-voters",
  "raft-handover-never-given-up",
];
const LOOK_EVERY_MS = 1_000;

const { values } = parseArgs({
  options: {
    for: { type: "string", default: "5m" },
    only: { type: "string" },
    workers: { type: "string" },
    clean: { type: "boolean", default: false },
  },
});

/** Resident memory of a process in MB, and the most it ever had; undefined once it is gone. */
function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const figure = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024);
    return { nowMb: figure("VmRSS"), peakMb: figure("VmHWM") };
  } catch {
    return undefined;
  }
}

/** Fuzzes the code below `root`. `onMemory` gets what `memoryOf` gives, every second. */
async function fuzz(root, words, onMemory) {
  const corpus = mkdtempSync(join(tmpdir(), "seedstorm-fuzz-"));
  try {
    const workers = values.workers === undefined ? [] : ["--workers", values.workers];
    const options = ["--for", values.for, "--corpus", corpus, ...workers, ...words];
    const startMs = performance.now();
    const child = spawn(process.execPath, [join(root, "dist/cli/main.js"), "fuzz", ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    let foundMs;
    child.stdout.on("data", (data) => {
      out += data;
      if (foundMs === undefined && /^seed \d+ {2}FAIL {2}/m.test(out)) foundMs = performance.now() - startMs;
    });
    const timer = setInterval(() => {
      const memory = memoryOf(child.pid);
      if (memory !== undefined) onMemory(memory, performance.now() - startMs);
    }, LOOK_EVERY_MS);
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearInterval(timer);
    return { code, out, foundMs };
  } finally {
    rmSync(corpus, { recursive: true, force: true });
  }
}

async function hunt() {
  const { mutants } = await loadCatalogue(join(ROOT, "test/mutants"));
  const ids = values.only?.split(",") ?? TEN;
  const workshop = new Workshop(ROOT);
  let missed = 0;
  console.log(
    "| mutant | found | seed | scenario | seconds | seeds | peak MB |\n| --- | --- | --- | --- | --- | --- | --- |",
  );
  try {
    for (const id of ids) {
      const mutant = mutants.find((each) => each.id === id);
      if (mutant === undefined) throw new Error(`no mutant ${id}`);
      const root = workshop.plantTexts(id, mutant.edits);
      let peakMb = 0;
      const { out, foundMs } = await fuzz(root, ["--until-failure"], (memory) => (peakMb = memory.peakMb));
      workshop.remove(root);
      const [, seed, invariant, scenario] =
        /^seed (\d+) {2}FAIL {2}(\S+) {2}\S+(?: seedstorm)? replay (\S+)/m.exec(out) ?? [];
      const seeds = /^fuzz: ([\d,]+) seeds?/m.exec(out)?.[1];
      if (invariant === undefined) missed++;
      const seconds = foundMs === undefined ? "" : (foundMs / 1_000).toFixed(1);
      const cells = [id, invariant ?? "NOT FOUND", seed ?? "", scenario ?? "", seconds, seeds ?? "", peakMb];
      console.log(`| ${cells.join(" | ")} |`);
    }
  } finally {
    workshop.dispose();
  }
  return missed === 0 ? 0 : 1;
}

async function watchMemory() {
  console.log("seconds\tMB\tpeak MB");
  let saidMs = -Infinity;
  const { code, out } = await fuzz(ROOT, [], ({ nowMb, peakMb }, atMs) => {
    if (atMs - saidMs < 10_000) return;
    saidMs = atMs;
    console.log(`${Math.round(atMs / 1_000)}\t${nowMb}\t${peakMb}`);
  });
  console.log(out);
  return code;
}

process.exitCode = values.clean ? await watchMemory() : await hunt();
