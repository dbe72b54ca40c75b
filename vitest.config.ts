import { defineConfig } from "vitest/config";

/** They take over what a process does with errors that nobody catches, and count what it has open. */
const OWN_PROCESS = ["test/runner/guards.traps.test.ts", "test/engines/env/node/env.test.ts"];

export default defineConfig({
  // Tests import the sources, not dist/: package.json "imports" maps #sim/x.js to sim/x.ts under this condition.
  ssr: { resolve: { conditions: ["sim-source"] } },
  test: {
    testTimeout: 60_000,
    // Some start servers or a browser, also on a machine under load.
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        // One module graph for each of the processes, not for each file: to import it anew took a quarter of the time.
        // So a test leaves the process as it found it.
        test: { name: "shared", include: ["test/**/*.test.ts"], exclude: OWN_PROCESS, isolate: false },
      },
      { extends: true, test: { name: "own process", include: OWN_PROCESS } },
    ],
    // By default one core is left to whoever watches.
    maxWorkers: "100%",
    // Under CI vitest asks for colours, and what is printed is compared.
    env: { NO_COLOR: "1" },
  },
});
