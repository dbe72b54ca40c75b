import { defineConfig } from "vitest/config";

export default defineConfig({
  // Tests import the sources, not dist/: package.json "imports" maps #sim/x.js to sim/x.ts under this condition.
  ssr: { resolve: { conditions: ["sim-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    // By default one core is left to whoever watches.
    maxWorkers: "100%",
    // Under CI vitest asks for colours, and what is printed is compared.
    env: { NO_COLOR: "1" },
  },
});
