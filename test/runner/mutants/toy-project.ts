/** A built project in miniature: one engine, one scenario, and stand-ins for the simulator around them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Mutant } from "#runner/mutants/mutant.js";

const FILES: Readonly<Record<string, string>> = {
  "package.json": '{"type": "module", "imports": {"#engines/*.js": "./dist/engines/*.js"}}',
  "dist/engines/toy/counter.js": `
    export function add(a, b) {
      let sum = a;
      sum += b;
      return sum;
    }
  `,
  "dist/scenarios/index.js": `
    import { add } from "#engines/toy/counter.js";
    function drive(seed) {
      if (seed < 3) return [];
      const sum = add(seed, 2);
      if (typeof sum !== "number") throw new TypeError("no number");
      return sum === seed + 2 ? [] : [{ invariant: "toy/wrong-sum", message: \`\${sum} for seed \${seed}\` }];
    }
    export const SCENARIOS = [{ name: "toy", drive }];
  `,
  "dist/sim/run-seed.js": `
    export async function runSeed(scenario, { seed }) {
      try {
        return { findings: scenario.drive(seed) };
      } catch (error) {
        return { findings: [{ invariant: "process/uncaught-error", message: String(error) }] };
      }
    }
  `,
  "dist/runner/host.js": "export const nodeHost = () => ({});",
};

/** Writes it below a temporary directory. */
export function makeToyProject(): { readonly root: string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "seedstorm-mutants-"));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** A mutant of the toy engine that replaces `find`. */
export function toyMutant(find: string, replace: string, invariant = "toy/wrong-sum"): Mutant {
  return {
    id: "toy-mutant",
    title: "a mistake",
    source: "a test",
    engine: "toy",
    edits: [{ file: "engines/toy/counter.js", find, replace }],
    catchers: [{ scenario: "toy", invariants: [invariant] }],
  };
}
