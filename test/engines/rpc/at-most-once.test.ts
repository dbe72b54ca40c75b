// However often the network delivers what was sent, and whoever restarts: no handler runs twice for one call.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Env } from "#engines/env/index.js";
import { RpcClient, RpcError, RpcServer, type RequestFrame } from "#engines/rpc/index.js";
import { errorOf } from "../support/memory-env.js";
import { Echo, boot, inWorld, withFate, type Fate } from "./support.js";

const SECOND = { timeoutUs: 1_000_000 };

function serve(env: Env, handled: string[]): void {
  new RpcServer(env).serve(Echo, (text) => {
    handled.push(text);
    return text;
  });
}

describe("a request", () => {
  test("that arrives twice is handled once, and its answer that arrives twice is taken once", () =>
    inWorld(async (world) => {
      const handled: string[] = [];
      const twice: Fate = () => [0, 3_000];
      serve(withFate(await boot(world, "s"), twice), handled);
      const client = new RpcClient(withFate(await boot(world, "c"), twice));
      expect(await client.call("s", Echo, "a", SECOND).promise).toBe("a");
      expect(await client.call("s", Echo, "b", SECOND).promise).toBe("b");
      await world.sleep(50_000);
      expect(handled).toEqual(["a", "b"]);
    }));

  test("is sent once more where the server did not know the caller, however often it says so", () =>
    inWorld(async (world) => {
      const server = withFate(await boot(world, "s"), () => [0, 100]);
      const handled: string[] = [];
      new RpcServer(server).serve(Echo, async (text) => {
        handled.push(text);
        await server.clock.sleep(5_000);
        return text;
      });
      const client = new RpcClient(await boot(world, "c"));
      expect(await client.call("s", Echo, "a", SECOND).promise).toBe("a");
      expect(handled).toEqual(["a"]);
    }));

  test("that a later one overtakes is handled all the same", () =>
    inWorld(async (world) => {
      const handled: string[] = [];
      serve(await boot(world, "s"), handled);
      const client = new RpcClient(
        withFate(await boot(world, "c"), (_to, _type, value) =>
          (value as RequestFrame<string>).body === "slow" ? [20_000] : [0],
        ),
      );
      await client.call("s", Echo, "a", SECOND).promise;
      const slow = client.call("s", Echo, "slow", SECOND);
      expect(await client.call("s", Echo, "b", SECOND).promise).toBe("b");
      expect(await slow.promise).toBe("slow");
      expect(handled).toEqual(["a", "b", "slow"]);
    }));

  test("that outlives the server is not handled by the next one", () =>
    inWorld(async (world) => {
      const handled: string[] = [];
      serve(await boot(world, "s"), handled);
      const client = new RpcClient(
        withFate(await boot(world, "c"), (_to, _type, value) =>
          (value as RequestFrame<string>).body === "slow" ? [0, 20_000] : [0],
        ),
      );
      await client.call("s", Echo, "a", SECOND).promise;
      expect(await client.call("s", Echo, "slow", SECOND).promise).toBe("slow");
      world.crash(world.node("s")!);
      await world.sleep(1);
      serve(await boot(world, "s"), handled);
      await world.sleep(50_000);
      expect(handled).toEqual(["a", "slow"]);
    }));

  test("to a server that restarted unseen is given up as unknown, and the next one is served", () =>
    inWorld(async (world) => {
      const handled: string[] = [];
      serve(await boot(world, "s"), handled);
      const client = new RpcClient(await boot(world, "c"));
      await client.call("s", Echo, "a", SECOND).promise;
      world.crash(world.node("s")!);
      await world.sleep(1);
      serve(await boot(world, "s"), handled);
      const error = await errorOf(client.call("s", Echo, "b", SECOND).promise);
      expect(error).toMatchObject({ code: "RPC_RESET", outcome: "unknown" });
      expect(await client.call("s", Echo, "c", SECOND).promise).toBe("c");
      expect(handled).toEqual(["a", "c"]);
    }));

  test("is not handled once its caller has given it up and gone on", () =>
    inWorld(async (world) => {
      const handled: string[] = [];
      serve(await boot(world, "s"), handled);
      const client = new RpcClient(
        withFate(await boot(world, "c"), (_to, _type, value) =>
          (value as RequestFrame<string>).body === "slow" ? [20_000] : [0],
        ),
      );
      await client.call("s", Echo, "a", SECOND).promise;
      await errorOf(client.call("s", Echo, "slow", { timeoutUs: 1_000 }).promise);
      await client.call("s", Echo, "b", SECOND).promise;
      await world.sleep(50_000);
      expect(handled).toEqual(["a", "b"]);
    }));

  test("of an earlier life of the caller gives its answer to nobody", () =>
    inWorld(async (world) => {
      const server = await boot(world, "s");
      new RpcServer(server).serve(Echo, async (text) => {
        await server.clock.sleep(10_000);
        return text;
      });
      const before = new RpcClient(await boot(world, "c"));
      before.call("s", Echo, "old", SECOND).promise.catch(() => undefined);
      await world.sleep(5_000);
      world.crash(world.node("c")!);
      await world.sleep(1);
      const after = new RpcClient(await boot(world, "c"));
      expect(await after.call("s", Echo, "new", SECOND).promise).toBe("new");
    }));
});

test("a server that has met too many callers starts over, and serves those it forgot again", () =>
  inWorld(async (world) => {
    const handled: string[] = [];
    serve(await boot(world, "s"), handled);
    const env = await boot(world, "c");
    const first = new RpcClient(env);
    await first.call("s", Echo, "first", SECOND).promise;
    // A request from nowhere is enough to be remembered.
    for (let caller = 1; caller <= 4_096; caller++) {
      const frame = { caller, call: 1, server: 0, oldest: 1, body: "" };
      env.network.send("s", Echo.requestMessage, frame);
    }
    await world.sleep(10_000);
    expect(await errorOf(first.call("s", Echo, "x", SECOND).promise)).toMatchObject({ code: "RPC_RESET" });
    expect(await first.call("s", Echo, "again", SECOND).promise).toBe("again");
    expect(handled).toEqual(["first", "again"]);
  }));

test("on any network: answered calls ran once, failed ones never, all others at most once", async () => {
  const delay = fc.integer({ min: 0, max: 30_000 });
  const fates = fc.array(fc.array(delay, { maxLength: 3 }), { minLength: 40, maxLength: 80 });
  const ended = new Map<string, number>();
  const property = fc.asyncProperty(
    fates,
    fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 4 }),
    async (copies, restarts) => {
      const runs = new Map<string, number>();
      const ends = new Map<string, string>();
      let sent = 0;
      const fate: Fate = () => copies[sent++ % copies.length]!;
      await inWorld(async (world) => {
        const start = async (): Promise<void> => {
          const env = withFate(await boot(world, "s"), fate);
          new RpcServer(env).serve(Echo, (text) => {
            runs.set(text, (runs.get(text) ?? 0) + 1);
            return text;
          });
        };
        await start();
        const env = withFate(await boot(world, "c"), fate);
        const client = new RpcClient(env);
        const calls = Array.from({ length: 20 }, async (_, i) => {
          await env.clock.sleep(i * 4_000);
          try {
            await client.call("s", Echo, `${i}`, { timeoutUs: 25_000 }).promise;
            ends.set(`${i}`, "answered");
          } catch (error) {
            ends.set(`${i}`, error instanceof RpcError ? error.outcome : String(error));
          }
        });
        for (const atUs of restarts) {
          await world.sleep(atUs);
          world.crash(world.node("s")!);
          await world.sleep(1);
          await start();
        }
        await Promise.all(calls);
        await world.sleep(200_000);
        expect(client.openCalls).toBe(0);
      });
      for (const [call, end] of ends) {
        ended.set(end, (ended.get(end) ?? 0) + 1);
        const times = runs.get(call) ?? 0;
        if (end === "answered") expect(times).toBe(1);
        else if (end === "failed") expect(times).toBe(0);
        else expect(times).toBeLessThanOrEqual(1);
      }
      expect(ends.size).toBe(20);
    },
  );
  await fc.assert(property, { seed: 7, numRuns: 30 });
  // Each kind of end was seen often enough for the above to mean something.
  expect([...ended.keys()].toSorted()).toEqual(["answered", "failed", "unknown"]);
  for (const times of ended.values()) expect(times).toBeGreaterThan(50);
});
