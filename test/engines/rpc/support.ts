/** Nodes in a simulated world, with a network that loses, delays and repeats what a test wants it to. */
import { expect } from "vitest";
import type { Clock, Env, MessageType } from "#engines/env/index.js";
import { defineRpc, fieldsCodec, type RpcCodec, type RpcType } from "#engines/rpc/index.js";
import type { World } from "#sim/world.js";
import { testWorld } from "../../support/world.js";

const textCodec: RpcCodec<string> = fieldsCodec("a text", 1, {
  put: (sink, text) => sink.text(text),
  read: (reader) => reader.text(),
});

export const Echo: RpcType<string, string> = defineRpc({
  id: 100,
  name: "echo",
  request: textCodec,
  response: textCodec,
});

export const Count: RpcType<string, string> = defineRpc({
  id: 102,
  name: "count",
  request: textCodec,
  response: textCodec,
});

export const forever = (): Promise<never> => new Promise(() => {});

/** Runs `main` in a world and holds it to finding nothing wrong. */
export async function inWorld(main: (world: World) => Promise<void>, seed = 1): Promise<void> {
  const world = testWorld({ seed });
  await world.run(() => main(world));
  expect(world.findings).toEqual([]);
}

/** Boots a new node, and gives its environment once it runs; its process goes on until it is crashed. */
export function boot(world: World, name: string): Promise<Env> {
  const node = world.node(name) ?? world.addNode(name);
  return new Promise((resolve) => {
    world.boot(node, async (env) => {
      resolve(env);
      await forever();
    });
  });
}

/** For each copy of the message that is to arrive, after how long it is sent. `[0]` is a perfect network. */
export type Fate = (to: string, type: { readonly id: number }, value: unknown) => readonly number[];

export function withFate(env: Env, fate: Fate): Env {
  const send = <T>(to: string, type: MessageType<T>, value: T): void => {
    for (const delayUs of fate(to, type, value)) {
      if (delayUs === 0) env.network.send(to, type, value);
      else env.clock.setTimer(delayUs, () => env.network.send(to, type, value));
    }
  };
  return { ...env, network: { send, receive: (type, handler) => env.network.receive(type, handler) } };
}

/** The same environment, and how many of its timers are set. */
export function withTimerCount(env: Env): { readonly env: Env; readonly timers: () => number } {
  const set = new Set<object>();
  const clock: Clock = {
    nowUs: () => env.clock.nowUs(),
    wallUs: () => env.clock.wallUs(),
    sleep: (durationUs) => env.clock.sleep(durationUs),
    setTimer(durationUs, callback) {
      const key = {};
      const timer = env.clock.setTimer(durationUs, () => {
        set.delete(key);
        callback();
      });
      set.add(key);
      return {
        cancel: () => {
          set.delete(key);
          timer.cancel();
        },
      };
    },
  };
  return { env: { ...env, clock }, timers: () => set.size };
}
