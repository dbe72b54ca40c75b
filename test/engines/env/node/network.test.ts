import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SeedstormError, assert, type MessageType } from "#engines/env/index.js";
import { encodeFrame, encodeHello } from "#engines/env/node/frame.js";
import { nodeEnv, type Address, type NodeEnv } from "#engines/env/node/index.js";
import { until } from "../contract/support.js";
import { within } from "../../../support/within.js";
import { inDirectory, withCluster } from "../node-harness.js";

const Text: MessageType<string> = {
  id: 1,
  name: "text",
  encode: (value) => new TextEncoder().encode(value),
  decode(bytes) {
    const value = new TextDecoder().decode(bytes);
    assert(value !== "assert", "a value of this version");
    if (value === "strange") {
      const parts = { expected: "a known value", found: value, where: "a text", todo: "upgrade" };
      throw new SeedstormError("STRANGE", parts);
    }
    return value;
  },
};

const textFrame = (text: string): Uint8Array => encodeFrame(Text.id, Text.encode(text));
const helloToB = encodeHello({ from: "raw", to: "b" });

function inbox(env: NodeEnv): string[] {
  const arrived: string[] = [];
  env.network.receive(Text, (from, value) => arrived.push(`${from}: ${value}`));
  return arrived;
}

/** Writes to a node as no node would; resolves once the node has closed the connection. */
function rawClient(address: Address | undefined, ...chunks: Uint8Array[]): Promise<void> {
  assert(address !== undefined, "the node listens");
  const closed = new Promise<void>((resolve) => {
    const socket = connect(address);
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    for (const chunk of chunks) socket.write(chunk);
  });
  return within(() => "the node to close the connection", closed);
}

/** Node b with its log; and that b still takes messages from a after what `body` did to it. */
async function strained(
  body: (b: NodeEnv, arrived: string[], log: string[]) => Promise<void>,
  maxMessageBytes = 1_000,
): Promise<void> {
  const log: string[] = [];
  await withCluster(
    ["a", "b"],
    async ([a, b]) => {
      const arrived = inbox(b!);
      await body(b!, arrived, log);
      await until(
        a!,
        () => a!.network.send("b", Text, "still there"),
        () => arrived.includes("a: still there"),
      );
    },
    (name) => ({
      onLog: (message) => name === "b" && log.push(message),
      network: { listen: { host: "127.0.0.1", port: 0 }, maxMessageBytes },
    }),
  );
}

test("a corrupted frame is dropped with its connection; what came before it was delivered", () =>
  strained(async (b, arrived, log) => {
    const corrupt = textFrame("corrupt");
    corrupt[14]! ^= 4;
    await rawClient(b.address, helloToB, textFrame("good"), corrupt, textFrame("behind"));
    expect(arrived).toEqual(["raw: good"]);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain("FRAME_CORRUPT");
  }));

test("an oversize frame is refused by its header", () =>
  strained(async (b, arrived, log) => {
    await rawClient(
      b.address,
      helloToB,
      textFrame("x".repeat(1_000)),
      textFrame("x".repeat(1_001)).subarray(0, 12),
    );
    expect(arrived).toHaveLength(1);
    expect(log[0]).toContain("FRAME_TOO_LARGE");
  }));

test.each([
  ["a hello to somebody else", encodeHello({ from: "raw", to: "c" })],
  ["a message before the hello", textFrame("x")],
  ["a frame too long for a hello", encodeFrame(0xffffffff, new Uint8Array(5_000))],
  ["another protocol", new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
])("a connection that begins with %s is refused", (_what, bytes) =>
  strained(async (b, arrived, log) => {
    await rawClient(b.address, bytes, textFrame("y"));
    expect(arrived).toEqual([]);
    expect(log).toHaveLength(1);
  }, 100_000),
);

test("who never says hello is hung up on; who did may be silent", async () => {
  const log: string[] = [];
  await withCluster(
    ["b"],
    async ([b]) => {
      assert(b!.address !== undefined, "the node listens");
      const known = connect(b!.address);
      known.write(helloToB);
      await rawClient(b!.address);
      expect(log).toEqual(["network: closed a connection: no hello within 100 ms"]);
      expect(known.destroyed).toBe(false);
      known.destroy();
    },
    () => ({
      onLog: (message) => log.push(message),
      network: { listen: { host: "127.0.0.1", port: 0 }, helloTimeoutMs: 100 },
    }),
  );
});

test("what a node can't send it refuses to send", () =>
  withCluster(
    ["a"],
    async ([a]) => {
      const tooLarge = (to: string) => () => a!.network.send(to, Text, "x".repeat(101));
      for (const to of ["a", "b"]) expect(tooLarge(to)).toThrow(/^MESSAGE_TOO_LARGE/);
      a!.network.send("b", Text, "x".repeat(100));
    },
    () => ({ network: { maxMessageBytes: 100 } }),
  ));

test("a message that the codec refuses is lost; errors of handlers and codecs surface", async () => {
  const errors: unknown[] = [];
  const log: string[] = [];
  await withCluster(
    ["a", "b"],
    async ([a, b]) => {
      const arrived: string[] = [];
      b!.network.receive(Text, (_from, value) => {
        if (value === "throw") throw new Error("in a handler");
        arrived.push(value);
      });
      for (const text of ["strange", "assert", "throw", "good"]) a!.network.send("b", Text, text);
      await until(
        a!,
        () => undefined,
        () => arrived.length > 0,
      );
      expect(arrived).toEqual(["good"]);
    },
    () => ({ onError: (error) => errors.push(error), onLog: (message) => log.push(message) }),
  );
  expect(errors.map(String)).toEqual([
    expect.stringContaining("a value of this version"),
    "Error: in a handler",
  ]);
  expect(log).toHaveLength(1);
  expect(log[0]).toContain("STRANGE");
});

test("a peer that restarts at its address is dialled again", () =>
  withCluster(["a"], async ([a], peers) => {
    await inDirectory(async (directory) => {
      const b = { node: "b", root: join(directory, "b"), onLog: () => undefined };
      const first = await nodeEnv({ ...b, network: { listen: { host: "127.0.0.1", port: 0 } } });
      peers.set("b", first.address!);
      const atFirst = inbox(first);
      const heard = (arrived: string[]) =>
        until(
          a!,
          () => a!.network.send("b", Text, "hello"),
          () => arrived.length > 0,
        );
      await heard(atFirst);
      await first.close();
      a!.network.send("b", Text, "lost");
      await a!.clock.sleep(20_000);
      const second = await nodeEnv({ ...b, network: { listen: first.address! } });
      try {
        await heard(inbox(second));
      } finally {
        await second.close();
      }
    });
  }));

test("a client without an address gets answers on its own connection", () =>
  withCluster(["server"], async ([server], peers) => {
    server!.network.receive(Text, (from, value) => server!.network.send(from, Text, value.toUpperCase()));
    await inDirectory(async (directory) => {
      const client = await nodeEnv({ node: "client", root: directory, network: { peers } });
      expect(client.address).toBeUndefined();
      const answers = inbox(client);
      try {
        await until(
          client,
          () => client.network.send("server", Text, "ping"),
          () => answers.length > 0,
        );
      } finally {
        await client.close();
      }
      expect(answers[0]).toBe("server: PING");
    });
  }));

test("what a peer does not take is queued up to the bound and then lost", async () => {
  let socket: Socket | undefined;
  const deaf = createServer((accepted) => (socket = accepted.pause()));
  await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
  const peers = new Map([["deaf", { host: "127.0.0.1", port: (deaf.address() as AddressInfo).port }]]);
  await withCluster(
    ["a"],
    async ([a]) => {
      const text = "x".repeat(100_000);
      const send = (): void => a!.network.send("deaf", Text, text);
      for (let sends = 0; sends < 1_000; sends++) {
        send();
        if (sends % 100 === 0) await a!.clock.sleep(2_000);
      }
      let bytes = 0;
      socket!.on("data", (chunk: Uint8Array) => (bytes += chunk.length)).resume();
      let before = -1;
      while (bytes !== before) {
        before = bytes;
        await a!.clock.sleep(100_000);
      }
      // The kernel's buffers on both ends take some megabytes, ours one.
      expect(bytes).toBeGreaterThan(1_000_000);
      expect(bytes).toBeLessThan(50_000_000);
      const lastBytes = bytes;
      send();
      await until(
        a!,
        () => undefined,
        () => bytes > lastBytes,
      );
    },
    () => ({ network: { peers, maxQueuedBytes: 1_000_000 } }),
  );
  socket!.destroy();
  deaf.close();
});

test("a closed node neither hears nor speaks, and its port is free", () =>
  withCluster(["a", "b"], async ([a, b]) => {
    const arrived = inbox(b!);
    await until(
      a!,
      () => a!.network.send("b", Text, "x"),
      () => arrived.length > 0,
    );
    a!.network.send("b", Text, "late");
    b!.network.send("b", Text, "late");
    await b!.close();
    b!.network.send("b", Text, "late");
    await a!.clock.sleep(20_000);
    expect(new Set(arrived)).toEqual(new Set(["a: x"]));
    await inDirectory(async (directory) => {
      const network = { listen: b!.address! };
      const next = await nodeEnv({ node: "b", root: directory, network });
      const taken = nodeEnv({ node: "b", root: directory, network });
      await expect(taken).rejects.toMatchObject({ code: "LISTEN_FAILED" });
      await next.close();
    });
  }));
