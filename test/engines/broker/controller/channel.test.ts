import { describe, expect, test } from "vitest";
import type { BrokerErrorCode } from "#engines/broker/errors.js";
import { ControllerChannel } from "#engines/broker/controller/index.js";
import { ELECT_LEADER, FETCH_METADATA } from "#engines/broker/protocol/index.js";
import type { ControllerAnswer, FetchMetadataResponse } from "#engines/broker/protocol/types.js";
import { RpcClient, RpcServer } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { boot, inWorld } from "../../rpc/support.js";
import { P0 } from "../metadata/support.js";

const WISH = { partition: P0, mode: "preferred" } as const;

/** A controller that answers one attempt after the other as it is told; `silence`: not at all. */
async function controller(
  world: World,
  name: string,
  ...says: readonly (BrokerErrorCode | "ok" | "silence")[]
): Promise<{ asked: number }> {
  const seen = { asked: 0 };
  new RpcServer(await boot(world, name)).serve(
    ELECT_LEADER,
    (): Promise<never> | ControllerAnswer<number> => {
      const code = says[Math.min(seen.asked++, says.length - 1)]!;
      if (code === "silence") return new Promise(() => undefined);
      return code === "ok" ? { ok: true, value: 7 } : { ok: false, code, found: "a test" };
    },
  );
  return seen;
}

async function channelTo(world: World, ...controllers: readonly string[]): Promise<ControllerChannel> {
  const rpc = new RpcClient(await boot(world, "b1"));
  return new ControllerChannel(rpc, { controllers, attemptTimeoutUs: 50_000 });
}

describe("a channel", () => {
  test("finds the active controller, and goes straight there from then on", () =>
    inWorld(async (world) => {
      const others = [
        await controller(world, "c1", "NOT_CONTROLLER"),
        await controller(world, "c2", "silence"),
      ];
      await controller(world, "c3", "ok");
      const channel = await channelTo(world, "c1", "c2", "c3");
      expect(await channel.call(ELECT_LEADER, WISH, 1_000_000)).toBe(7);
      const asked = others.map((other) => other.asked);
      expect(await channel.call(ELECT_LEADER, WISH, 1_000_000)).toBe(7);
      expect(others.map((other) => other.asked)).toEqual(asked);
    }));

  const words: [string, BrokerErrorCode | "silence", BrokerErrorCode, BrokerErrorCode][] = [
    ["a refusal is the last word", "NOT_CONTROLLER", "INELIGIBLE_REPLICA", "INELIGIBLE_REPLICA"],
    ["unless an attempt may still arrive", "silence", "INELIGIBLE_REPLICA", "REQUEST_TIMED_OUT"],
    ["or be committed yet", "REQUEST_TIMED_OUT", "INELIGIBLE_REPLICA", "REQUEST_TIMED_OUT"],
    ["but for epochs, which never go back", "silence", "STALE_BROKER_EPOCH", "STALE_BROKER_EPOCH"],
  ];

  test.each(words)("%s", (_name, first, second, code) =>
    inWorld(async (world) => {
      await controller(world, "c1", first, second);
      const channel = await channelTo(world, "c1");
      await expect(channel.call(ELECT_LEADER, WISH, 1_000_000)).rejects.toMatchObject({ code });
    }),
  );

  test("gives up when its time is over, and when it is closed", () =>
    inWorld(async (world) => {
      await controller(world, "c1", "silence");
      const channel = await channelTo(world, "c1");
      await expect(channel.call(ELECT_LEADER, WISH, 120_000)).rejects.toMatchObject({
        code: "REQUEST_TIMED_OUT",
      });
      expect(world.nowUs).toBeLessThan(130_000);
      const open = channel.call(ELECT_LEADER, WISH, 10_000_000);
      channel.close();
      await expect(open).rejects.toMatchObject({ code: "CLOSED" });
      expect(world.nowUs).toBeLessThan(130_000);
    }));

  test("does not cut a long poll short", () =>
    inWorld(async (world) => {
      const env = await boot(world, "c1");
      let asked = 0;
      new RpcServer(env).serve(
        FETCH_METADATA,
        async ({ offset }): Promise<ControllerAnswer<FetchMetadataResponse>> => {
          asked++;
          await env.clock.sleep(300_000);
          return { ok: true, value: { kind: "records", offset, records: [] } };
        },
      );
      const channel = await channelTo(world, "c1");
      const request = { offset: 3, maxWaitUs: 300_000 };
      expect(await channel.call(FETCH_METADATA, request, 1_000_000)).toMatchObject({ offset: 3 });
      expect(asked).toBe(1);
    }));
});
