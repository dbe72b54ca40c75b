// How a call ends: with an answer, a typed error, by its timeout, or by its caller; and never twice.
import { describe, expect, test } from "vitest";
import { AssertionFailed, SeedstormError } from "#engines/env/index.js";
import { RpcClient, RpcError, RpcRemoteError, RpcServer } from "#engines/rpc/index.js";
import { testWorld } from "../../support/world.js";
import { errorOf } from "../support/memory-env.js";
import { Count, Echo, boot, forever, inWorld, withFate, withTimerCount } from "./support.js";

const SECOND = { timeoutUs: 1_000_000 };

describe("a call", () => {
  test("gives the answer, at once or later, to whoever asked, and leaves no timer", () =>
    inWorld(async (world) => {
      const server = await boot(world, "s");
      const rpc = new RpcServer(server);
      rpc.serve(Echo, (text, from) => `${from}: ${text}`);
      rpc.serve(Count, async (text) => {
        await server.clock.sleep(1_000 * text.length);
        return `${text.length}`;
      });
      const { env, timers } = withTimerCount(await boot(world, "c"));
      const client = new RpcClient(env);
      const calls = [
        client.call("s", Count, "long text", SECOND),
        client.call("s", Echo, "hi", SECOND),
        client.call("s", Count, "short", SECOND),
      ];
      expect([client.openCalls, timers()]).toEqual([3, 3]);
      expect(await Promise.all(calls.map(({ promise }) => promise))).toEqual(["9", "c: hi", "5"]);
      expect([client.openCalls, timers()]).toEqual([0, 0]);
    }));

  test("goes to the node itself as well", () =>
    inWorld(async (world) => {
      const env = await boot(world, "s");
      new RpcServer(env).serve(Echo, (text) => text);
      expect(await new RpcClient(env).call("s", Echo, "me", SECOND).promise).toBe("me");
    }));

  test("times out: failed where the server was never reached, unknown where it may have been", () =>
    inWorld(async (world) => {
      const server = await boot(world, "s");
      const { env, timers } = withTimerCount(await boot(world, "c"));
      const client = new RpcClient(env);
      const before = env.clock.nowUs();
      const never = await errorOf(client.call("s", Echo, "x", { timeoutUs: 7_000 }).promise);
      expect(never).toBeInstanceOf(RpcError);
      expect(never).toMatchObject({ code: "RPC_TIMEOUT", outcome: "failed" });
      expect(env.clock.nowUs() - before).toBe(7_000);
      new RpcServer(server).serve(Echo, (text) => (text === "y" ? forever() : text));
      await client.call("s", Echo, "x", SECOND).promise;
      const silent = await errorOf(client.call("s", Echo, "y", { timeoutUs: 7_000 }).promise);
      expect(silent).toMatchObject({ code: "RPC_TIMEOUT", outcome: "unknown" });
      expect([client.openCalls, timers()]).toEqual([0, 0]);
    }));

  test("is over once it timed out: a late answer is ignored, also by the next call", () =>
    inWorld(async (world) => {
      const server = await boot(world, "s");
      let delayUs = 0;
      new RpcServer(server).serve(Echo, async (text) => {
        await server.clock.sleep(delayUs);
        return text;
      });
      const client = new RpcClient(await boot(world, "c"));
      await client.call("s", Echo, "first", SECOND).promise;
      delayUs = 20_000;
      const late = errorOf(client.call("s", Echo, "late", { timeoutUs: 10_000 }).promise);
      expect(await late).toMatchObject({ code: "RPC_TIMEOUT" });
      expect(await client.call("s", Echo, "next", SECOND).promise).toBe("next");
    }));

  test("takes no answer from anyone but the server that it asked", () =>
    inWorld(async (world) => {
      const server = await boot(world, "s");
      const other = await boot(world, "t");
      server.network.receive(Echo.requestMessage, (from, { caller, call }) => {
        const frame = { caller, call, result: { kind: "answer", body: "wrong" } } as const;
        other.network.send(from, Echo.responseMessage, frame);
      });
      const client = new RpcClient(await boot(world, "c"));
      const error = await errorOf(client.call("s", Echo, "x", { timeoutUs: 10_000 }).promise);
      expect(error).toMatchObject({ code: "RPC_TIMEOUT" });
    }));

  test("is cancelled: the answer is ignored, the timer is gone, and a second cancel does nothing", () =>
    inWorld(async (world) => {
      new RpcServer(await boot(world, "s")).serve(Echo, (text) => text);
      const { env, timers } = withTimerCount(await boot(world, "c"));
      const client = new RpcClient(env);
      const early = client.call("s", Echo, "x", SECOND);
      early.cancel();
      early.cancel();
      expect(await errorOf(early.promise)).toMatchObject({ code: "RPC_CANCELLED", outcome: "failed" });
      await client.call("s", Echo, "x", SECOND).promise;
      const call = client.call("s", Echo, "x", SECOND);
      call.cancel();
      expect([client.openCalls, timers()]).toEqual([0, 0]);
      expect(await errorOf(call.promise)).toMatchObject({ code: "RPC_CANCELLED", outcome: "unknown" });
      const done = client.call("s", Echo, "x", SECOND);
      expect(await done.promise).toBe("x");
      done.cancel();
      await world.sleep(10_000);
    }));

  test("is refused at once, unsent, where too many are open", () =>
    inWorld(async (world) => {
      const client = new RpcClient(await boot(world, "c"), { maxOpenCalls: 2 });
      const [first, second] = [1, 2].map(() => client.call("s", Echo, "x", SECOND));
      expect(() => client.call("s", Echo, "x", SECOND)).toThrow(
        expect.objectContaining({ code: "RPC_TOO_MANY_CALLS", outcome: "failed" }),
      );
      first!.cancel();
      const third = client.call("s", Echo, "x", { timeoutUs: 0 });
      await Promise.all([first, second, third].map((call) => errorOf(call!.promise)));
      expect(client.openCalls).toBe(0);
    }));

  test("that was thrown by the network was never made", () =>
    inWorld(async (world) => {
      const tooLarge = new SeedstormError("MESSAGE_TOO_LARGE", {
        expected: "",
        found: "",
        where: "",
        todo: "",
      });
      const { env, timers } = withTimerCount(
        withFate(await boot(world, "c"), () => {
          throw tooLarge;
        }),
      );
      const client = new RpcClient(env);
      expect(() => client.call("s", Echo, "x", SECOND)).toThrow(tooLarge);
      expect([client.openCalls, timers()]).toEqual([0, 0]);
    }));
});

describe("an error of the handler", () => {
  const fault = new SeedstormError("TOY_FULL", {
    expected: "room",
    found: "none",
    where: "toy",
    todo: "wait",
  });

  test("that is typed reaches the caller with its code and parts", () =>
    inWorld(async (world) => {
      const rpc = new RpcServer(await boot(world, "s"));
      rpc.serve(Echo, () => {
        throw fault;
      });
      rpc.serve(Count, () => Promise.reject(fault));
      const client = new RpcClient(await boot(world, "c"));
      for (const type of [Echo, Count]) {
        const error = await errorOf(client.call("s", type, "x", SECOND).promise);
        expect(error).toBeInstanceOf(RpcRemoteError);
        expect(error).toMatchObject({ code: "TOY_FULL", parts: fault.parts, from: "s" });
      }
    }));

  test("that comes from sending the answer reaches the caller too", () =>
    inWorld(async (world) => {
      const env = withFate(await boot(world, "s"), (_to, type, value) => {
        if (type.id === Echo.id + 1 && JSON.stringify(value).includes("huge")) throw fault;
        return [0];
      });
      new RpcServer(env).serve(Echo, () => "huge");
      const client = new RpcClient(await boot(world, "c"));
      const error = await errorOf(client.call("s", Echo, "x", SECOND).promise);
      expect(error).toMatchObject({ code: "TOY_FULL" });
    }));

  test.each([new AssertionFailed("2 is 3"), new TypeError("no such thing")])(
    "of any other kind (%s) is an uncaught error of its node",
    async (error) => {
      const world = testWorld();
      await world.run(async () => {
        new RpcServer(await boot(world, "s")).serve(Echo, () => {
          throw error;
        });
        const client = new RpcClient(await boot(world, "c"));
        await errorOf(client.call("s", Echo, "x", SECOND).promise);
      });
      expect(world.findings).toMatchObject([{ invariant: "process/uncaught-error", node: "s" }]);
    },
  );
});
