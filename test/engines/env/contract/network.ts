import { expect, test } from "vitest";
import type { Env, MessageType } from "#engines/env/index.js";
import type { ContractHarness } from "../contract.js";
import { pattern, until } from "./support.js";

const Text: MessageType<string> = {
  id: 1,
  name: "text",
  encode: (value) => new TextEncoder().encode(value),
  decode: (bytes) => new TextDecoder().decode(bytes),
};

const Shout: MessageType<string> = { ...Text, id: 0xfffffffe, name: "shout" };

const Bytes: MessageType<Uint8Array> = {
  id: 0,
  name: "bytes",
  encode: (value) => value,
  decode: (bytes) => bytes.slice(),
};

export function networkContract({ run, runPair }: ContractHarness): void {
  test("delivers, both ways, and says from whom", () =>
    runPair(async (a, b) => {
      const [atA, atB] = [inbox(a, Text), inbox(b, Text)];
      await until(
        a,
        () => {
          a.network.send(b.node, Text, "to b");
          b.network.send(a.node, Text, "to a");
        },
        () => atA.length > 0 && atB.length > 0,
      );
      expect(new Set(atA)).toEqual(new Set([`${b.node}: to a`]));
      expect(new Set(atB)).toEqual(new Set([`${a.node}: to b`]));
    }));

  test("each type goes to its own handler, with the value that was sent", () =>
    runPair(async (a, b) => {
      const [texts, shouts] = [inbox(b, Text), inbox(b, Shout)];
      const bytes: Uint8Array[] = [];
      b.network.receive(Bytes, (_from, value) => bytes.push(value));
      await until(
        a,
        () => {
          a.network.send(b.node, Text, "héllo \u{1f600}");
          a.network.send(b.node, Shout, "");
          a.network.send(b.node, Bytes, pattern(300, 0));
        },
        () => texts.length > 0 && shouts.length > 0 && bytes.length > 0,
      );
      expect(texts[0]).toBe(`${a.node}: héllo \u{1f600}`);
      expect(shouts[0]).toBe(`${a.node}: `);
      expect([...bytes[0]!]).toEqual([...pattern(300, 0)]);
    }));

  test("a big message arrives whole", () =>
    runPair(async (a, b) => {
      const sent = new Uint8Array(1_000_000).map((_, index) => index >>> 8);
      let arrived: Uint8Array | undefined;
      b.network.receive(Bytes, (_from, value) => (arrived = value));
      await until(
        a,
        () => a.network.send(b.node, Bytes, sent),
        () => arrived !== undefined,
      );
      expect(arrived!.length).toBe(sent.length);
      expect(arrived!.every((byte, index) => byte === sent[index])).toBe(true);
    }));

  test("of many messages only such arrive as were sent", () =>
    runPair(async (a, b) => {
      const arrived = inbox(b, Text);
      const sent = Array.from({ length: 500 }, (_, index) => `message ${index}`);
      for (const text of sent) a.network.send(b.node, Text, text);
      await until(
        a,
        () => a.network.send(b.node, Text, "message 499"),
        () => arrived.includes(`${a.node}: message 499`),
      );
      const legal = new Set(sent.map((text) => `${a.node}: ${text}`));
      expect(arrived.filter((text) => !legal.has(text))).toEqual([]);
    }));

  test("the last handler given for a type stays", () =>
    runPair(async (a, b) => {
      const old = inbox(b, Text);
      const current = inbox(b, Text);
      await until(
        a,
        () => a.network.send(b.node, Text, "x"),
        () => current.length > 0,
      );
      expect(old).toEqual([]);
    }));

  test("a message without a handler is lost, and those behind it arrive", () =>
    runPair(async (a, b) => {
      const texts = inbox(b, Text);
      await until(
        a,
        () => {
          a.network.send(b.node, Shout, "nobody listens");
          a.network.send(b.node, Text, "x");
        },
        () => texts.length > 0,
      );
      await a.clock.sleep(50_000);
      const shouts = inbox(b, Shout);
      await a.clock.sleep(20_000);
      expect(shouts).toEqual([]);
    }));

  test("a message to a node that does not exist is lost in silence", () =>
    runPair(async (a, b) => {
      const texts = inbox(b, Text);
      a.network.send("nobody", Text, "x");
      a.network.send("", Text, "x");
      await until(
        a,
        () => a.network.send(b.node, Text, "y"),
        () => texts.length > 0,
      );
      expect(new Set(texts)).toEqual(new Set([`${a.node}: y`]));
    }));

  test("a node may send to itself, and no handler runs before send has returned", () =>
    run(async (env) => {
      const texts = inbox(env, Text);
      await until(
        env,
        () => {
          const before = texts.length;
          env.network.send(env.node, Text, "to myself");
          expect(texts).toHaveLength(before);
        },
        () => texts.length > 0,
      );
      expect(texts[0]).toBe(`${env.node}: to myself`);
    }));

  test("a handler may answer", () =>
    runPair(async (a, b) => {
      b.network.receive(Text, (from, value) => b.network.send(from, Shout, value.toUpperCase()));
      const answers = inbox(a, Shout);
      await until(
        a,
        () => a.network.send(b.node, Text, "ping"),
        () => answers.length > 0,
      );
      expect(answers[0]).toBe(`${b.node}: PING`);
    }));
}

/** What arrives at `env` from now on, as "from: text". */
function inbox(env: Env, type: MessageType<string>): string[] {
  const arrived: string[] = [];
  env.network.receive(type, (from, value) => arrived.push(`${from}: ${value}`));
  return arrived;
}
