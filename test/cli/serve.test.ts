/** `seedstorm serve` and `seedstorm client`, as people use them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cli, startCli, type CliResult, type RunningCli } from "../support/cli.js";

let directory: string;
let started: RunningCli[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-cli-serve-"));
  started = [];
});
afterEach(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await Promise.all(started.map(({ result }) => result));
  rmSync(directory, { recursive: true });
});

/** Starts a cluster of one server on any free port, and gives its address once it is ready. */
async function serveOne(
  shell?: string,
  peers = "n1=127.0.0.1:0",
): Promise<{ server: RunningCli; servers: string }> {
  const dir = join(directory, "n1");
  const words = ["serve", "raft", "--node", "n1", "--dir", dir, "--peers", peers];
  const server = startCli(words, shell);
  started.push(server);
  let said = "";
  server.child.stdout!.on("data", (data: Buffer) => (said += data.toString()));
  const address = await vi.waitFor(() => {
    const match = /^n1: ready on (\S+),/m.exec(said);
    if (match === null) throw new Error(`not ready: ${said}`);
    return match[1]!;
  }, 20_000);
  return { server, servers: `n1=${address}` };
}

test("a server is used, closed, and has kept what it acknowledged", async () => {
  const first = await serveOne();
  const ask = (servers: string, ...words: string[]): Promise<CliResult> =>
    cli("client", "raft", ...words, "--servers", servers);
  expect(await ask(first.servers, "put", "k", "007")).toEqual({ code: 0, out: "ok\n", err: "" });
  expect(await cli("client", "raft", "append", "k", "--servers", first.servers, "--", "-8")).toMatchObject({
    code: 0,
  });
  expect(await ask(first.servers, "cas", "k", "8", "9")).toEqual({
    code: 1,
    out: "",
    err: 'no match: "007-8"\n',
  });
  expect(await ask(first.servers, "get", "gone")).toEqual({ code: 1, out: "", err: "gone is absent\n" });
  first.server.child.kill("SIGTERM");
  const ended = await first.server.result;
  expect(ended).toMatchObject({ code: 0, err: "" });
  expect(ended.out).toMatch(/^n1: ready on .*\n(n1: .*\n)*n1: leads in term 1\nn1: closed\n$/);

  const second = await serveOne();
  expect(await ask(second.servers, "get", "k")).toEqual({ code: 0, out: "007-8\n", err: "" });
  const { code, out } = await ask(second.servers, "status");
  expect(code).toBe(0);
  expect(out).toMatch(/^ +n1 +leader +2 +n1 /m);
  second.server.child.kill("SIGINT");
  expect(await second.server.result).toMatchObject({ code: 0 });
});

test("a directory that another process has open, and an address in use, are refused in one line", async () => {
  const dir = join(directory, "n1");
  const { servers } = await serveOne();
  const same = await cli("serve", "raft", "--node", "n1", "--dir", dir, "--peers", "n1=127.0.0.1:0");
  expect(same).toMatchObject({ code: 2, out: "" });
  expect(same.err).toMatch(/^seedstorm: --dir: [^\n]*process \d+ has open[^\n]*\n$/);
  const other = await cli(
    "serve",
    "raft",
    "--node",
    "n1",
    "--dir",
    join(directory, "n2"),
    "--peers",
    servers,
  );
  expect(other).toMatchObject({ code: 2, out: "" });
  expect(other.err).toMatch(/^seedstorm: 127\.0\.0\.1:\d+: [^\n]*already in use[^\n]*\n$/);
});

test("a directory is one server's for ever, and so are the members that the cluster began with", async () => {
  const first = await serveOne();
  first.server.child.kill("SIGTERM");
  expect((await first.server.result).out).toMatch(/^n1: ready on \S+, members n1, files in /m);

  const dir = join(directory, "n1");
  const peers = "n1=127.0.0.1:0,n2=127.0.0.1:0";
  const stranger = await cli("serve", "raft", "--node", "n2", "--dir", dir, "--peers", peers);
  expect(stranger).toMatchObject({ code: 2, out: "" });
  expect(stranger.err).toMatch(/^seedstorm: --dir: expected [^\n]*n2's own, found [^\n]* is n1's; [^\n]*\n$/);

  const second = await serveOne(undefined, peers);
  second.server.child.kill("SIGTERM");
  const { out } = await second.server.result;
  expect(out).toMatch(/^n1: ready on \S+, members n1, files in /m);
  expect(out).toMatch(/^n1: --peers differs from the members: n2 may be reached, but not as a member$/m);
});

test.runIf(process.platform === "linux")(
  "a directory that can't be made is refused in one line",
  async () => {
    const words = ["serve", "raft", "--node", "n1", "--dir", "/proc/seedstorm/n1"];
    const { code, out, err } = await cli(...words, "--peers", "n1=127.0.0.1:0");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(
      /^seedstorm: --dir: expected a directory to write to, found \S+ \(ENOENT\); [^\n]*\n$/,
    );
  },
);

test("a server whose storage fails says so and ends", async () => {
  const { server, servers } = await serveOne("ulimit -f 64");
  const value = "v".repeat(50_000);
  const put = await cli("client", "raft", "put", "k", value, "--servers", servers, "--timeout", "1s");
  expect(put.code).toBe(4);
  expect(put.err).toMatch(/^unknown: [^\n]*\n$/);
  const { code, err } = await server.result;
  expect(code).toBe(1);
  expect(err).toMatch(/^n1: stopped: [^\n]*EFBIG[^\n]*\n$/);
});

test("a client whose servers don't answer says that nothing was done", async () => {
  const words = ["client", "raft", "put", "k", "v", "--servers", "n1=127.0.0.1:1", "--timeout", "100ms"];
  const { code, out, err } = await cli(...words);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/^failed: [^\n]*\n$/);
  const status = await cli("client", "raft", "status", "--servers", "n1=127.0.0.1:1", "--timeout", "100ms");
  expect(status.code).toBe(1);
  expect(status.out).toContain("no answer");
});
