import { expect, test } from "vitest";
import { settingsOf, type BrokerOptions } from "#engines/broker/server/options.js";

const WANTED: BrokerOptions = { directory: "broker", controllers: ["c1"] };

test("who names no durability has the page cache's, as Kafka has it", () => {
  expect(settingsOf(WANTED).durability).toBe("cache");
  expect(settingsOf({ ...WANTED, durability: "sync" }).durability).toBe("sync");
});

test.each([
  [{ durability: "Sync" }, "cache or sync"],
  [{ controllers: [] }, "at least one controller"],
  [{ heartbeatUs: 0 }, "an integer from 1 on"],
  [{ throttleBytesPerS: -1 }, "an integer from 0 on"],
])("%j is refused before anything is opened", (wrong, expected) => {
  // As from JavaScript, where nothing checks the types.
  const options = { ...WANTED, ...wrong } as BrokerOptions;
  expect(() => settingsOf(options)).toThrow(`INVALID_REQUEST: expected ${expected}`);
});
