/** The built command line: exit codes, and one line for what can't be compared. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";
import { withFiles } from "../support/traces.js";

const RELAY = scenarioPath("relay");

describe.concurrent("diff", () => {
  test("two recorded traces: 0 where they are the same, 1 where not", async () => {
    await withFiles({}, async (_, directory) => {
      const [a, b] = [join(directory, "a.jsonl"), join(directory, "b.jsonl")];
      const replays = await Promise.all([
        cli("replay", RELAY, "--seed", "3", "--trace", a),
        cli("replay", RELAY, "--seed", "4", "--trace", b),
      ]);
      expect(replays.map(({ code }) => code)).toEqual([1, 1]);
      const [same, not] = await Promise.all([cli("diff", a, a), cli("diff", a, b, "--context", "0")]);
      expect(same.out).toMatch(/\n\nthe same\n$/);
      expect(same.code).toBe(0);
      expect(not.out).toMatch(/^A {2}\S+ {2}FAIL {2}relay\/lost /);
      expect(not.out).toMatch(/\n\nnot the same\n$/);
      expect(not.code).toBe(1);
    });
  });

  test("without a fault", async () => {
    const { code, out, err } = await cli("diff", RELAY, "--seed", "3", "--without", "message-loss");
    expect(err).toBe("");
    expect(out).toMatch(/\n\nwithout message-loss \(3 faults\): it holds\n$/);
    expect(code).toBe(1);
  });

  test("what can't be compared is one line and exit code 2", async () => {
    await withFiles({ "old.jsonl": "{}\n" }, async ([old]) => {
      for (const [args, message] of [
        [[RELAY, "--seed", "3", "--without", "crash"], "choose one of slow-link, message-loss"],
        [[old!, `${RELAY}:3`], 'a first line with "format": "seedstorm/trace/1"'],
        [[`${RELAY}:3`, ""], "scenario:seed"],
        [[`${RELAY}:3`, `${RELAY}:4`, "5"], "Unknown"],
      ] as const) {
        const { code, out, err } = await cli("diff", ...args);
        expect(out).toBe("");
        expect(err).toMatch(/^seedstorm: .*\n$/);
        expect(err).toContain(message);
        expect(code).toBe(2);
      }
    });
  });
});
