// What package.json exports is there once built, and says what is public.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as broker from "#engines/broker/index.js";

const ROOT = join(import.meta.dirname, "../..");
const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  exports: Record<string, string | { readonly types: string; readonly default: string }>;
};

describe("every entry of the package", () => {
  it.each(Object.entries(exports))("%s is a file of the build", (_, entry) => {
    const files = typeof entry === "string" ? [entry] : [entry.types, entry.default];
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it("that is an engine is its folder's index", () => {
    for (const [name, entry] of Object.entries(exports)) {
      if (typeof entry === "string" || !entry.default.startsWith("./dist/engines/")) continue;
      expect(entry.default).toBe(`./dist/engines/${name.slice(2)}/index.js`);
      expect(entry.types).toBe(entry.default.replace(/js$/, "d.ts"));
    }
  });
});

it("the broker's servers, clients and logs are public, and nothing else that runs", () => {
  expect(Object.keys(broker).sort()).toEqual([
    "ASSIGNMENT",
    "Admin",
    "BROKER_MARKS",
    "Broker",
    "BrokerError",
    "ClusterView",
    "Consumer",
    "Controller",
    "ControllerChannel",
    "GROUP_CONSUMER_MARKS",
    "GROUP_MARKS",
    "GroupConsumer",
    "NO_EPOCH",
    "Producer",
    "ProducerError",
    "SUBSCRIPTION",
    "TRANSACTION_MARKS",
    "USUAL_TOPIC_CONFIG",
    "batchesOf",
    "encodeBatch",
    "openPartitionLog",
    "partitionName",
    "partitionOfKey",
    "recordsOf",
  ]);
});
