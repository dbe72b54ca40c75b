import { expect, test } from "vitest";
import { manyClients, manyOperations } from "#runner/bench/check-loads.js";

test.each([manyClients(40, 50), manyOperations(10, 5, 3_000)])(
  "a history that is made up has so many operations, and is linearizable: $name",
  (load) => {
    expect(load.operations).toBe(load.name.startsWith("register") ? 2_000 : 3_000);
    expect(load.check()).toBe(1);
  },
);
