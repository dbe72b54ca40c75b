/** The built command line: exit codes, and one line for what can't be compared. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cli } from "../support/cli.js";
import { scenarioPath } from "../support/load.js";
import { cliHere } from "../support/main.js";
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

  test("a trace that others wrote neither steers the terminal nor breaks the program", async () => {
    await withFiles({}, async (_, directory) => {
      const [a, b, c] = ["a", "b", "c"].map((name) => join(directory, `${name}.jsonl`)) as [
        string,
        string,
        string,
      ];
      await cli("replay", RELAY, "--seed", "3", "--trace", a);
      const text = readFileSync(a, "utf8");
      const odd = "\\u001b[2J";
      writeFileSync(b, text.replaceAll(/"(kind|traceHash|invariant)":"/g, `"$1":"${odd}`));
      const other = await cli("diff", a, b);
      expect(other.code).toBe(1);
      expect(other.out).toContain(odd);
      expect(other.out).not.toContain("\u001b");
      const lines = text.split("\n");
      const at = lines.findIndex((line) => line.startsWith('{"type":"event"'));
      lines[at] = lines[at]!.replace(/\}$/, `,"deep":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
      writeFileSync(c, lines.join("\n"));
      const deep = await cli("diff", a, c);
      expect(deep.err).toMatch(/^seedstorm: [^\n]*expected a whole one[^\n]*\n$/);
      expect(deep.code).toBe(2);
    });
  });

  test("without a fault", async () => {
    const { code, out, err } = await cli("diff", RELAY, "--seed", "3", "--without", "message-loss");
    expect(err).toBe("");
    expect(out).toMatch(/\n\nwithout message-loss \(3 faults\): it holds\n$/);
    expect(code).toBe(1);
  });
});

test("what can't be compared is one line and exit code 2", async () => {
  await withFiles({ "old.jsonl": "{}\n" }, async ([old]) => {
    for (const [args, message] of [
      [[RELAY, "--seed", "3", "--without", "crash"], "choose one of slow-link, message-loss"],
      [[old!, `${RELAY}:3`], 'a first line with "format": "seedstorm/trace/1"'],
      [[`${RELAY}:3`, ""], "scenario:seed"],
      [[`${RELAY}:3`, `${RELAY}:4`, "5"], "Unknown"],
    ] as const) {
      const { code, out, err } = await cliHere("diff", ...args);
      expect(out).toBe("");
      expect(err).toMatch(/^seedstorm: .*\n$/);
      expect(err).toContain(message);
      expect(code).toBe(2);
    }
  });
});
