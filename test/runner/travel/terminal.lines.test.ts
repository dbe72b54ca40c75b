/** A session at a terminal: prompts, mistakes that don't end it, lines that come all at once. */
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { PLAIN } from "#reports/palette.js";
import type { Output } from "#runner/output.js";
import { Session } from "#runner/travel/session.js";
import { converse } from "#runner/travel/terminal.js";
import { carelessLog } from "./support.js";

async function typed(
  keys: string,
): Promise<{ readonly code: number; readonly out: string; readonly screen: string }> {
  let out = "";
  let screen = "";
  const output: Output = {
    out: (text) => void (out += text),
    err: () => {},
    outPalette: PLAIN,
    errPalette: PLAIN,
    errTerminal: undefined,
    program: "seedstorm",
  };
  const input = new PassThrough();
  const terminal = new PassThrough();
  terminal.on("data", (data: Buffer) => (screen += data.toString()));
  const session = new Session(await carelessLog(0));
  const ended = converse(session, { input, terminal }, output);
  input.write(keys);
  return { code: await ended, out, screen };
}

test("goes on after a mistake, and quits when told to", async () => {
  const { code, out, screen } = await typed("s\nfoo\n\ns 2\nq\ns\n");
  expect(code).toBe(0);
  expect(out).toContain("command: expected one of help's, found foo");
  expect(out).toContain("process/boot");
  expect(screen).toContain("(start) ");
  expect(out.match(/world\/start/g)).toHaveLength(1);
});

test("Ctrl-D ends it, with the verdict where the end was seen", async () => {
  const { code, out } = await typed("c\n\u0004");
  expect(code).toBe(1);
  expect(out).toContain("careless-log/acknowledged-lost");
});
