// The broker's scenarios, as far as a test has time for them; batches of thousands of seeds run elsewhere.
import { describe, expect, it } from "vitest";
import { run, told } from "../support.js";

describe.each([
  "broker",
  "broker-isr",
  "broker-controller",
  "broker-unclean",
  "broker-compaction",
  "reassignment",
])("%s", (name) => {
  it("holds, and does something in every seed", async () => {
    for (const seed of [1, 2]) {
      const result = await run(name, seed);
      expect([seed, told(result)]).toEqual([seed, []]);
      expect(result.counts["ok"]).toBeGreaterThan(0);
      expect(result.counts["commits"]).toBeGreaterThan(0);
    }
  });
});

it("gives the same run again", async () => {
  expect((await run("broker", 11)).traceHash).toBe((await run("broker", 11)).traceHash);
});

// What these found: an epoch that was taken to begin behind a gap of compaction; compaction of what had been clean before a
// restart lowered the high watermark; a request whose time ran out while its process stood still; nobody left to lead; a
// deadline that passed between two looks at the clock. And of the scenario: a client that sent on when it had been stopped;
// a reader that retention overtook; an end that a reader that began anew heard from a leader that was deposed. Of the log: segments removed
// below a start that was not durable yet. And of the scenario: an ISR that was still on its way to the controllers when a
// broker was taken out of the core; a replica out of sync that followed a deposed leader, and gave up what the next one had
// committed.
it.each([
  ["broker", 492],
  ["broker", 739],
  ["broker", 1487],
  ["broker", 4419],
  ["broker", 3350],
  ["broker", 1454],
  ["broker", 2351],
  ["broker", 3135],
  ["broker-isr", 135],
  ["broker-isr", 13],
  ["broker-compaction", 6],
  ["broker-unclean", 1062],
])("holds where it once did not: %s seed %i", async (name, seed) => {
  expect(told(await run(name, seed))).toEqual([]);
});
