/**
 * Writes docs/stories/: for some planted mistakes the line of the failing seed, what it shrinks to, its story, and a
 * picture of its page. To be run after a build; needs a Chromium (CHROMIUM_PATH, or /usr/bin/chromium). With ids, only of
 * those: the others stay as they are.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { loadCatalogue } from "../dist/runner/mutants/catalogue.js";
import { readRecords, recordedSeed } from "../dist/runner/mutants/records.js";
import { Workshop } from "../dist/runner/mutants/workshop.js";

const ROOT = join(import.meta.dirname, "..");
const MUTANTS = join(ROOT, "test/mutants");
const OUT = join(ROOT, "docs/stories");
/**
 * Of different kinds: a failed sync, names on a disk, commitment, a stale read, a change of members, truncation, two
 * owners, a read of what is not committed.
 */
const CHOSEN = [
  "sync-result-ignored",
  "log-cut-before-rename-is-durable",
  "raft-commits-entries-of-earlier-terms",
  "raft-reads-without-a-quorum",
  "raft-learners-copies-count",
  "broker-truncates-to-its-high-watermark",
  "group-cooperative-in-one-round",
  "transaction-open-is-stable",
];
const INTRODUCTION = `# Eight bugs and their stories

Mistakes that others made, planted into the engines one at a time ([mutants.md](../mutants.md)), as Seedstorm finds and
tells them. Written by \`node tools/stories.mjs\`; do not edit.
`;
const README = join(OUT, "README.md");
const SIZE = { width: 1280, height: 900 };

const run = promisify(execFile);
const catalogue = await loadCatalogue(MUTANTS);
const records = readRecords(MUTANTS);
const workshop = new Workshop(ROOT);
const folder = mkdtempSync(join(tmpdir(), "seedstorm-stories-"));
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  mkdirSync(OUT, { recursive: true });
  const asked = process.argv.slice(2);
  const sections = [];
  for (const id of CHOSEN)
    sections.push(asked.length === 0 || asked.includes(id) ? await storyOf(id) : writtenOf(id));
  writeFileSync(README, `${INTRODUCTION}\n${sections.join("\n")}`);
} finally {
  await browser.close();
  workshop.dispose();
  rmSync(folder, { recursive: true, force: true });
}

/** As it was written before. */
function writtenOf(id) {
  const sections = readFileSync(README, "utf8").split(/^(?=## )/m);
  const written = sections.find((each) => each.includes(`](${id}.png)`));
  if (written === undefined) throw new Error(`no story of ${id} yet`);
  return `${written.trimEnd()}\n`;
}

/** The commands run with the copy that has the mistake in it. */
async function storyOf(id) {
  const mutant = catalogue.mutants.find((each) => each.id === id);
  if (mutant === undefined) throw new Error(`no mutant ${id}`);
  const catcher = mutant.catchers[0];
  const seed = recordedSeed(records, mutant, catcher.scenario);
  const root = workshop.plantTexts(id, mutant.edits);
  const seedstorm = async (...words) => {
    const main = join(root, "dist/cli/main.js");
    const end = await run(process.execPath, [main, ...words], { cwd: folder, maxBuffer: 1 << 28 }).catch(
      (error) => {
        if (error.code !== 1) throw error;
        return error;
      },
    );
    return end.stdout;
  };
  const input = inputOf(catcher);
  const repro = `${id}.json`;
  const batch = await seedstorm("run", catcher.scenario, "--seed", String(seed), ...input);
  const line = batch.split("\n").find((each) => each.includes("  FAIL  "));
  const shrunk = await seedstorm(
    "shrink",
    catcher.scenario,
    "--seed",
    String(seed),
    ...input,
    "--out",
    repro,
  );
  await seedstorm("replay", repro, "--html", `${id}.html`);
  await photograph(join(folder, `${id}.html`), join(OUT, `${id}.png`));
  workshop.remove(root);
  return section(mutant, line, ["shrink", catcher.scenario, "--seed", seed, ...input].join(" "), shrunk);
}

function inputOf({ parameters = {}, faults = {} }) {
  const kinds = Object.entries(faults).map(([kind, isOn]) => `${isOn ? "+" : "-"}${kind}`);
  const values = Object.entries(parameters).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  return kinds.length === 0 ? values : [...values, `--faults=${kinds.join(",")}`];
}

async function photograph(page, path) {
  const tab = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
  await tab.goto(pathToFileURL(page).href);
  // It draws once its fonts and sizes are known.
  await tab.waitForTimeout(500);
  await tab.screenshot({ path });
  await tab.close();
}

function section({ id, title, source }, line, command, shrunk) {
  const { title: happened, reference } = catalogue.bugs.find((bug) => bug.id === source) ?? {
    reference: source,
  };
  // The end names the file and how long it took.
  const [story] = shrunk.split(/\n[\d,]+ runs? in /);
  return `## ${title[0].toUpperCase()}${title.slice(1)}

${happened === undefined ? "" : `${happened} (${reference}). `}\`${id}\`

\`\`\`
${line}
\`\`\`

\`seedstorm ${command}\` makes of it:

\`\`\`
${story.replaceAll(/^\n+|\n+$/g, "")}
\`\`\`

![The page of this run](${id}.png)
`;
}
