/** `seedstorm serve broker` and `seedstorm client broker`, as people use them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cli, startCli, type CliResult, type RunningCli } from "../support/cli.js";

let directory: string;
let started: RunningCli[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-cli-broker-"));
  started = [];
});
afterEach(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await Promise.all(started.map(({ result }) => result));
  rmSync(directory, { recursive: true, maxRetries: 5 });
});

/** Starts a cluster of one server on any free port, and gives its address once it is ready. */
async function serveOne(...options: string[]): Promise<{ server: RunningCli; servers: string }> {
  const words = ["serve", "broker", "--node", "n1", "--dir", join(directory, "n1"), ...options];
  const server = startCli([...words, "--peers", "n1=127.0.0.1:0"]);
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

function client(servers: string, ...words: string[]): Promise<CliResult> {
  return cli("client", "broker", ...words, "--servers", servers, "--timeout", "20s");
}

/** With these lines on its stdin. */
async function produce(servers: string, lines: string, ...options: string[]): Promise<CliResult> {
  const running = startCli(["client", "broker", "produce", "orders", "--servers", servers, ...options]);
  running.child.stdin!.end(lines);
  return running.result;
}

test("records are produced, consumed, and there again after a server was closed", async () => {
  const first = await serveOne("--durability", "sync");
  expect(await client(first.servers, "create", "orders")).toEqual({ code: 0, out: "ok\n", err: "" });
  const again = await client(first.servers, "create", "orders");
  expect(again).toMatchObject({ code: 1, out: "" });
  expect(again.err).toMatch(/^failed: TOPIC_ALREADY_EXISTS: [^\n]*\n$/);

  const values = await client(first.servers, "produce", "orders", "a chair", "--acks", "1");
  expect(values).toEqual({ code: 0, out: "orders-0 0\n", err: "" });
  const lines = await produce(first.servers, "a table\na lamp\n", "--key", "k");
  expect(lines).toEqual({ code: 0, out: "orders-0 1\norders-0 2\n", err: "" });
  first.server.child.kill("SIGTERM");
  const ended = await first.server.result;
  expect(ended).toMatchObject({ code: 0, err: "" });
  const story =
    /^n1: listens on (\S+), waits for a majority of n1\n(?:n1: [^\n]*\n)*n1: takes part\nn1: ready on \1, members n1, files in \S+\n(?:n1: [^\n]*\n)*n1: closed\n$/;
  expect(ended.out).toMatch(story);
  expect(ended.out).toContain("n1: leads orders-0 in epoch 0\n");

  const second = await serveOne();
  const consumed = await client(second.servers, "consume", "orders");
  expect(consumed).toEqual({
    code: 0,
    out: "orders-0 0 - a chair\norders-0 1 k a table\norders-0 2 k a lamp\n",
    err: "",
  });
  const { code, out } = await client(second.servers, "status");
  expect(code).toBe(0);
  expect(out).toMatch(/^brokers n1, metadata up to \d+\n[^\n]*\n +orders-0 +n1 +\d+ +n1 +- +n1\n$/);
});

test("a server is ready no sooner than a majority is there, and closes all the same before", async () => {
  const dir = join(directory, "n1");
  const peers = "n1=127.0.0.1:0,n2=127.0.0.1:1";
  const alone = startCli(["serve", "broker", "--node", "n1", "--dir", dir, "--peers", peers]);
  started.push(alone);
  let said = "";
  alone.child.stdout!.on("data", (data: Buffer) => (said += data.toString()));
  await vi.waitFor(() => expect(said).toContain("waits for a majority of n1 n2\n"), 20_000);
  alone.child.kill("SIGTERM");
  const { code, out } = await alone.result;
  expect(code).toBe(0);
  expect(out).not.toContain("ready");
});

test("a group goes on where a member that left has stopped, and its lag is what that has not read", async () => {
  const { servers } = await serveOne();
  const none = await client(servers, "lag", "billing");
  expect(none).toEqual({ code: 1, out: "", err: "billing has committed nothing\n" });
  await client(servers, "create", "unread");
  await client(servers, "create", "orders", "--partitions", "2");
  await produce(servers, "a chair\na table\n", "--key", "k");
  const first = await consumeUntil(servers, "consumer", 2);
  expect(first).toMatchObject({ code: 0, err: "billing: has orders-0 orders-1\n" });
  const [, partition] = /^orders-([01]) 0 k a chair\norders-\1 1 k a table\n$/.exec(first.out)!;

  await produce(servers, "a lamp\n", "--key", "k");
  const { code, out } = await client(servers, "lag", "billing");
  expect(code).toBe(0);
  const [header, ...rows] = out.trimEnd().split("\n");
  expect(header!.trim().split(/ +/)).toEqual(["partition", "committed", "end", "lag"]);
  expect(rows.map((row) => row.trim().split(/ +/))).toEqual(
    ["0", "1"].map((each) => [`orders-${each}`, ...(each === partition ? ["2", "3", "1"] : ["0", "0", "0"])]),
  );
  const second = await consumeUntil(servers, "consumer", 1);
  expect(second).toMatchObject({ code: 0, out: `orders-${partition} 2 k a lamp\n` });
});

test("a group whose members assign is joined, too", async () => {
  const { servers } = await serveOne();
  await client(servers, "create", "orders");
  await client(servers, "produce", "orders", "a chair");
  expect(await consumeUntil(servers, "classic", 1)).toEqual({
    code: 0,
    out: "orders-0 0 - a chair\n",
    err: "billing: has orders-0\n",
  });
});

/** A member of the group that is ended by Ctrl-C once it has printed so many records. */
async function consumeUntil(servers: string, protocol: string, records: number): Promise<CliResult> {
  const words = ["consume", "orders", "--group", "billing", "--protocol", protocol, "--servers", servers];
  const member = startCli(["client", "broker", ...words]);
  started.push(member);
  let said = "";
  member.child.stdout!.on("data", (data: Buffer) => (said += data.toString()));
  await vi.waitFor(() => expect(said.split("\n")).toHaveLength(records + 1), 20_000);
  member.child.kill("SIGINT");
  return member.result;
}

test("what is sent without an acknowledgement has arrived when the client ends", async () => {
  const { servers } = await serveOne();
  await client(servers, "create", "orders");
  const values = Array.from({ length: 300 }, (_, value) => String(value));
  const sent = await produce(servers, values.map((value) => `${value}\n`).join(""), "--acks", "0");
  expect(sent).toEqual({ code: 0, out: "orders-0 sent\n".repeat(300), err: "" });
  const { out } = await client(servers, "consume", "orders");
  expect(out).toBe(values.map((value) => `orders-0 ${value} - ${value}\n`).join(""));
});

test("status leaves out what brokers keep for themselves, unless it is named", async () => {
  const { servers } = await serveOne();
  await client(servers, "create", "orders");
  // Whoever looks for a group's coordinator has its topic made.
  await client(servers, "lag", "billing");
  const [all, named, unknown] = await Promise.all([
    client(servers, "status"),
    client(servers, "status", "__consumer_offsets"),
    client(servers, "status", "ordres"),
  ]);
  expect(all.out).toMatch(/\n +orders-0 [^\n]*\nnot shown unless named: __consumer_offsets\n$/);
  expect(named.out).toMatch(/^brokers n1[^\n]*\n[^\n]*\n(?: +__consumer_offsets-\d+ [^\n]*\n)+$/);
  expect(unknown).toMatchObject({ code: 1, out: "" });
  expect(unknown.err).toMatch(/^failed: UNKNOWN_TOPIC_OR_PARTITION: [^\n]*ordres[^\n]*\n$/);
});

test("a topic that nobody knows, and servers that don't answer, are told of in one line", async () => {
  const { servers } = await serveOne();
  const [unknown, none] = await Promise.all([
    cli("client", "broker", "consume", "orders", "--servers", servers, "--timeout", "200ms"),
    cli("client", "broker", "status", "--servers", "n1=127.0.0.1:1", "--timeout", "200ms"),
  ]);
  expect(unknown).toMatchObject({ code: 1, out: "" });
  expect(unknown.err).toMatch(/^failed: UNKNOWN_TOPIC_OR_PARTITION: [^\n]*orders[^\n]*\n$/);
  expect(none).toMatchObject({ code: 1, out: "" });
  expect(none.err).toMatch(/^failed: REQUEST_TIMED_OUT: [^\n]*\n$/);
});
