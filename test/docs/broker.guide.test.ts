/** docs/broker.md, as it is written. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test, vi } from "vitest";
import { startCli } from "../support/cli.js";
import { WAIT_MS } from "../support/within.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLE = join(ROOT, "docs/examples/embedded-broker.mjs");
const CLIENT = join(ROOT, "docs/examples/broker-client.mjs");
const folder = mkdtempSync(join(tmpdir(), "seedstorm-broker-guide-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: WAIT_MS }, (error, out, err) =>
      resolve(`${out}${err}${error?.killed === true ? "it was killed: it took too long" : ""}`),
    );
  });
}

test.each([EXAMPLE, CLIENT])("shows the whole of %s", (example) => {
  const guide = readFileSync(join(ROOT, "docs/broker.md"), "utf8");
  expect(guide).toContain(`\`\`\`js\n${readFileSync(example, "utf8")}\`\`\`\n`);
});

test.concurrent("a broker runs inside a program, and ends in order", async () => {
  const data = join(folder, "data");
  expect(await run(EXAMPLE, data)).toBe("[ 0, 1, 2 ]\n0 a chair\n1 a table\n2 a lamp\n");
  expect(readFileSync(join(data, "broker/clean-shutdown")).length).toBeGreaterThan(0);
  expect(await run(EXAMPLE, data)).toMatch(/^\[ 3, 4, 5 \]\n0 a chair\n/);
});

test.concurrent("a client of one server bills each order once, by a group and transactions", async () => {
  const directory = join(folder, "n1");
  const { child, result } = startCli(
    `serve broker --node n1 --dir ${directory} --peers n1=127.0.0.1:0`.split(" "),
  );
  let said = "";
  child.stdout!.on("data", (data: Buffer) => (said += data.toString()));
  try {
    const address = await vi.waitFor(() => /^n1: ready on (\S+),/m.exec(said)![1]!, WAIT_MS);
    for (const times of [1, 2]) {
      expect(await run(CLIENT, address)).toBe("a chair\na table\na lamp\n".repeat(times));
    }
  } finally {
    child.kill("SIGKILL");
    await result;
  }
});
