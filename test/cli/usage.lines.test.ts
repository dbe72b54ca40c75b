/** Bad usage: one line on stderr, nothing on stdout, exit code 2. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "#cli/program.js";
import { scenarioPath } from "../support/load.js";

const TROUBLE = scenarioPath("trouble");
const SERVERS = "n1=127.0.0.1:0,n2=127.0.0.1:0";
let out = "";
let err = "";

beforeEach(() => {
  out = err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => (out += String(text)) !== "");
  vi.spyOn(process.stderr, "write").mockImplementation((text) => (err += String(text)) !== "");
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
});

describe("is refused in one line", () => {
  test.each<[words: string[], why: string]>([
    [[], "say what to do"],
    [["rnu"], "did you mean run?"],
    [["run"], "<scenario>: expected it, found none; see seedstorm run --help"],
    [["run", "no-such-thing"], "expected a scenario"],
    [["run", "./nowhere.js"], `no file ./nowhere.js in ${process.cwd()};`],
    [["run", TROUBLE, "--bogus"], "bogus; choose one of "],
    [["run", TROUBLE, "--cuont=5"], "an option of run, found cuont; did you mean count?"],
    [["run", TROUBLE, "surplus"], "surplus; see seedstorm run --help"],
    [["list", "lmse"], "did you mean lsm?"],
    [["run", TROUBLE, "--no-json"], "no-json"],
    [["run", TROUBLE, "--count"], "--count: expected a value, found none"],
    [["run", TROUBLE, "--count", "0"], "--count"],
    [["run", TROUBLE, "--count", "many"], "--count"],
    [["run", TROUBLE, "--seeds", "9..1"], "upwards"],
    [["run", TROUBLE, "--seeds", "1-9"], "A..B"],
    [["run", TROUBLE, "--seed", "-1"], "--seed: expected a whole number from 0, found"],
    [
      ["run", TROUBLE, "--seed", "9007199254740993"],
      "--seed: expected a whole number in 0..9007199254740991",
    ],
    [["run", TROUBLE, "--seed", "1", "--seed", "2"], "it 2 times"],
    [["run", TROUBLE, "--seed", "1", "--count", "2"], "--seed and --count"],
    [["run", TROUBLE, "--for", "soon"], "a duration"],
    [["run", TROUBLE, "--for", "0s"], "above zero"],
    [["run", TROUBLE, "--workers", "0"], "--workers"],
    [["run", TROUBLE, "--watchdog", "1"], "--watchdog"],
    [["run", TROUBLE, "--watchdog", "1us"], "100ms or more"],
    [["run", ""], 'found ""'],
    [["run", TROUBLE, "--out", ""], "--out: expected a value"],
    [["replay", TROUBLE, "--seed", "1", "--trace", ""], "--trace: expected a value"],
    [["run", TROUBLE, "--images", "4"], "--explore crashpoints"],
    [["run", "wal", "--explore", "crashpoints", "--require-coverage"], "--require-coverage: "],
    [["run", TROUBLE, "--shard", "5/4"], "--shard"],
    [["run", TROUBLE, "--seed", "1", "--shard", "2/4"], "at least one seed"],
    [["run", TROUBLE, "--param", "kind=no"], "--param kind"],
    [["run", TROUBLE, "--param", "kidn=exit"], "did you mean kind?"],
    [["run", TROUBLE, "--faults", "-crsh"], "did you mean crash?"],
    [["run", TROUBLE, "--out", "/proc/nowhere"], "can be written"],
    [["run", TROUBLE, "--out", "/dev/null"], "can be written"],
    [["run", TROUBLE, "--annotations", "gitlab"], "--annotations: expected github or none"],
    [["run", "wal", "--explore", "crashpoints", "--annotations", "github"], "--annotations: "],
    [["run", TROUBLE, "--json=foo"], "--json: expected it without a value, found foo; leave the value out"],
    [["list", "--json="], "--json: expected it without a value"],
    [["merge"], "<dir..>: expected it, found none; see seedstorm merge --help"],
    [["merge", "/nowhere"], "/nowhere/summary.json: expected a file"],
    [["merge", "/nowhere", "--out"], "out"],
    [["replay", TROUBLE], "seed"],
    [["replay", TROUBLE, "--seed", "x"], "--seed"],
    [["replay", TROUBLE, "--seed", "1", "--from", "2s", "--until", "1s"], "after --from"],
    [["replay", TROUBLE, "--seed", "1", "--trace", "/proc/nowhere"], "can be written"],
    [["replay", TROUBLE, "--seed", "1", "--trace", "/dev/null"], "plain file"],
    [["bench", "smi"], "did you mean sim?"],
    [["bench", "sim", "--runs", "0"], "--runs"],
    [["bench", "sim", "--histories", "."], "--histories: "],
    [["bench", "check", "--histories", "/nowhere"], "/nowhere/etcd"],
    [["bench", "sim", "--keys", "5000"], "--keys: "],
    [["bench", "storage", "--keys", "10"], "--keys: expected a whole number in 1000"],
    [["bench", "storage", "--cache", "1k"], "--cache"],
    [["bench", "storage", "--csv", ""], "--csv: expected a value"],
    [["bench", "storage", "--html", "/proc/nowhere/page.html"], "can be written"],
    [["bench", "storage", "--dir", "/nowhere"], "--dir"],
    [["serve"], "<engine>: expected it"],
    [["serve", "rfat"], "did you mean raft?"],
    [["serve", "raft"], "--peers: expected it"],
    [["serve", "raft", "--peers", "n1"], "--peers: expected NAME=HOST:PORT"],
    [["serve", "raft", "--peers", SERVERS], "--node: expected it"],
    [["serve", "raft", "--peers", SERVERS, "--node", "n3"], "did you mean n1?"],
    [["serve", "raft", "--peers", SERVERS, "--node", "n1"], "--dir: expected it"],
    [
      ["serve", "raft", "--peers", SERVERS, "--node", "n1", "--dir", "/dev/null/x"],
      "--dir: expected a directory",
    ],
    [["serve", "raft", "--peers", SERVERS, "--node", "n1", "--dir", "D", "--listen", "7001"], "--listen"],
    [
      ["serve", "raft", "--peers", SERVERS, "--node", "n1", "--dir", "D", "--session", "1s"],
      "it with broker",
    ],
    [
      ["serve", "broker", "--peers", SERVERS, "--node", "n1", "--dir", "D", "--durability", "disk"],
      "cache or sync",
    ],
    [["serve", "broker", "--peers", SERVERS, "--node", "n1", "--dir", "D", "--session", "1ms"], "1s to 10m"],
    [["client", "raft"], "<operation>: expected it"],
    [["client", "brokr", "status"], "did you mean broker?"],
    [["client", "broker", "create"], "expected create TOPIC"],
    [["client", "broker", "produce"], "expected produce TOPIC [VALUE...]"],
    [["client", "broker", "consume", "t", "u"], "expected consume TOPIC"],
    [["client", "broker", "consume", "t", "--acks", "1", "--servers", SERVERS], "it with produce"],
    [["client", "broker", "consume", "t", "--protocol", "classic", "--servers", SERVERS], "it with --group"],
    [
      ["client", "broker", "consume", "t", "--group", "g", "--protocol", "consumr", "--servers", SERVERS],
      "did you mean consumer?",
    ],
    [["client", "broker", "lag", "--servers", SERVERS], "expected lag GROUP"],
    [["client", "broker", "status", "--consistency", "stale", "--servers", SERVERS], "another engine"],
    [
      ["client", "broker", "produce", "t", "v", "--acks", "2", "--servers", SERVERS],
      "choose one of 0, 1, all",
    ],
    [["client", "broker", "create", "t", "--min-insync", "3", "--servers", SERVERS], "in 1..2"],
    [["client", "raft", "gte", "k"], "did you mean get?"],
    [["client", "raft", "put", "k"], "expected put KEY VALUE"],
    [["client", "raft", "get", "k"], "--servers: expected it"],
    [["client", "raft", "get", "k", "--servers", SERVERS, "--consistency", "weak"], "--consistency"],
    [["client", "raft", "put", "k", "v", "--servers", SERVERS, "--consistency", "stale"], "it with get"],
    [
      ["client", "raft", "get", "k", "--servers", SERVERS, "--timeout", "soon"],
      "--timeout: expected a duration",
    ],
  ])("%j", async (words, why) => {
    await main(words);
    expect(process.exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^seedstorm: [^\n]+\n$/);
    expect(err).toContain(why);
  });

  test("a node that the run does not have", async () => {
    await main(["replay", TROUBLE, "--seed", "1", "--node", "n9"]);
    expect(process.exitCode).toBe(2);
    expect(err).toBe("seedstorm: --node: expected a node of this run, found n9; did you mean n1?\n");
  });
});

test.skipIf(process.platform !== "linux")(
  "a directory that nobody may make is told by the system's word",
  async () => {
    await main(["serve", "raft", "--peers", SERVERS, "--node", "n1", "--dir", "/sys/seedstorm"]);
    expect(process.exitCode).toBe(2);
    // EPERM, EACCES or EROFS: not EIO, which the seam makes of all three.
    expect(err).toMatch(
      /^seedstorm: --dir: expected a directory to write to, found \/sys\/seedstorm \(E(PERM|ACCES|ROFS)\); /,
    );
  },
);

describe("works", () => {
  test("-h is --help, also of a command", async () => {
    for (const words of [["-h"], ["run", "-h"]]) {
      out = "";
      vi.spyOn(console, "log").mockImplementation((text) => void (out += String(text)));
      await main(words);
      expect(err).toBe("");
      expect(out).toContain(`seedstorm ${words.length > 1 ? "run <scenario>" : "<command>"}`);
    }
  });

  test("list of the scenarios that were asked for, also of a module", async () => {
    await main(["list", "lsm", TROUBLE]);
    expect(err).toBe("");
    expect(out.split("\n").filter((line) => /^\S/.test(line))).toEqual([
      expect.stringMatching(/^lsm {2}/),
      expect.stringMatching(/^trouble {2}/),
    ]);
  });

  test("list --json: one object a line", async () => {
    await main(["list", "--json"]);
    expect(process.exitCode).toBe(0);
    for (const line of out
      .trim()
      .split("\n")
      .filter((text) => text !== "")) {
      expect(JSON.parse(line)).toMatchObject({ name: expect.any(String) as string, parameters: {} });
    }
  });

  test("replay of one node and a span of time, with the finding and the command", async () => {
    const words = ["replay", TROUBLE, "--seed", "7", "--param", "kind=throws", "--faults", "-crash"];
    await main([...words, "--node", "n1", "--from", "20ms"]);
    expect(process.exitCode).toBe(1);
    const lines = out.trim().split("\n");
    const timeline = lines.filter((line) => /^ +0\./.test(line));
    expect(timeline.length).toBeGreaterThan(0);
    for (const line of timeline) {
      expect(line).toContain("n1#1");
      expect(Number(/([\d.]+)s/.exec(line)![1])).toBeGreaterThanOrEqual(0.02);
    }
    expect(out).toContain("FAIL  process/uncaught-error");
    expect(out).toContain("trouble.mjs");
    expect(lines.at(-1)).toMatch(
      /^seed 7 {2}failed .* replay .*--seed 7 --param kind=throws --faults=-crash$/,
    );
  });
});

test("Ctrl-C in replay ends it early and leaves no temporary file", async () => {
  const directory = mkdtempSync(join(tmpdir(), "seedstorm-test-"));
  try {
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      if (/^ +0\./.test(String(text)) && out.split("\n").length === 5) process.emit("SIGINT");
      return (out += String(text)) !== "";
    });
    await main(["replay", TROUBLE, "--seed", "3", "--trace", join(directory, "t.json")]);
    expect(process.exitCode).toBe(130);
    expect(err).toBe("");
    expect(out).not.toContain("seed 3");
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
