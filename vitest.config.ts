import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests import the sources, not dist/: package.json "imports" maps #sim/x.js to sim/x.ts under this condition.
  ssr: { resolve: { conditions: ["sim-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    // Some start servers or a browser, also on a machine under load.
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    // One module graph for each of the processes, not for each file: to import it anew took a quarter of the time.
    // So a test leaves the process as it found it.
    isolate: false,
    // By default one core is left to whoever watches.
    maxWorkers: "100%",
    // Under CI vitest asks for colours, and what is printed is compared.
    env: { NO_COLOR: "1" },
  },
});
