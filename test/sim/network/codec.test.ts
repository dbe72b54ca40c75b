// When a message goes through its codec, and what a value must not do on its way.
import { describe, expect, it } from "vitest";
import { SeedstormError, type MessageType } from "#engines/env/index.js";
import { inLab, NUMBER, upTo } from "./support.js";
import { testWorld } from "../../support/world.js";

const LATENCY_US = 250;

interface Box {
  value: number;
}

/** A type that counts what its codec does, and drops a field on the way. */
function boxType(counts: { encoded: number; decoded: number }): MessageType<Box> {
  return {
    id: 9,
    name: "box",
    encode(box) {
      counts.encoded++;
      return NUMBER.encode(box.value);
    },
    decode(bytes) {
      counts.decoded++;
      return { value: NUMBER.decode(bytes) };
    },
  };
}

describe("the codec", () => {
  it("runs for one in sixteen messages, and for every one between two versions", async () => {
    for (const version of [1, 2]) {
      const counts = { encoded: 0, decoded: 0 };
      const type = boxType(counts);
      const box = { value: 1 };
      let same = 0;
      await inLab(["a"], {}, async (lab) => {
        lab.boot("b", version);
        await lab.world.sleep(1);
        expect(lab.world.node("b")!.incarnation!.version).toBe(version);
        lab.env("b").network.receive(type, (_from, value) => void (value === box && same++));
        for (const _ of upTo(3_200)) lab.env("a").network.send("b", type, box);
        await lab.world.sleep(1_000);
      });
      expect(counts.encoded).toBe(counts.decoded);
      if (version === 2) expect([counts.encoded, same]).toEqual([3_200, 0]);
      else {
        expect(counts.encoded).toBeGreaterThan(120);
        expect(counts.encoded).toBeLessThan(280);
        expect(same).toBe(3_200 - counts.encoded);
      }
    }
  });

  it("takes what the value is when it is sent", async () => {
    await inLab(["a"], {}, async (lab) => {
      lab.boot("b", 2);
      await lab.world.sleep(1);
      const type = boxType({ encoded: 0, decoded: 0 });
      const got: number[] = [];
      lab.env("b").network.receive(type, (_from, { value }) => void got.push(value));
      const box = { value: 0 };
      for (const value of upTo(10)) {
        box.value = value;
        lab.env("a").network.send("b", type, box);
      }
      await lab.world.sleep(1_000);
      expect(got).toEqual(upTo(10));
    });
  });

  it("runs between versions also where the other one boots while the message is under way", async () => {
    await inLab(["a", "b"], {}, async (lab) => {
      const { world } = lab;
      const counts = { encoded: 0, decoded: 0 };
      const type = boxType(counts);
      const got: Box[] = [];
      for (const value of upTo(20)) lab.env("a").network.send("b", type, { value });
      const sampled = counts.encoded;
      world.crash(world.node("b")!);
      lab.boot("b", 2);
      await world.sleep(1);
      lab.env("b").network.receive(type, (_from, box) => got.push(box));
      await world.sleep(1_000);
      expect(got.map(({ value }) => value)).toEqual(upTo(20));
      expect(sampled).toBeLessThan(20);
      expect(counts).toEqual({ encoded: 20, decoded: 20 });
    });
  });

  it("is the sender's on one side and the receiver's on the other; what that does not know is lost", async () => {
    const later: MessageType<number> = {
      ...NUMBER,
      decode(bytes) {
        const value = NUMBER.decode(bytes);
        if (value > 5) {
          throw new SeedstormError("TEST_UNKNOWN", {
            expected: "up to 5",
            found: "more",
            where: "",
            todo: "",
          });
        }
        return value + 1_000;
      },
    };
    const lab = await inLab(["a"], {}, async (inner) => {
      inner.boot("b", 2, later);
      await inner.world.sleep(1);
      for (const value of upTo(10)) inner.send("a", "b", value);
      for (const value of upTo(3)) inner.send("b", "a", value);
      await inner.world.sleep(1_000);
    });
    expect(lab.values("b")).toEqual(upTo(6).map((value) => value + 1_000));
    expect(lab.values("a")).toEqual([0, 1, 2]);
    expect(lab.world.network.counts).toMatchObject({ sent: 13, delivered: 9, lost: 4 });
  });

  it("lets no error but a SeedstormError pass for a message not understood", async () => {
    const broken: MessageType<number> = {
      ...NUMBER,
      decode() {
        throw new RangeError("a mistake of the decoder");
      },
    };
    const running = inLab(["a"], {}, async (lab) => {
      lab.boot("b", 2, broken);
      await lab.world.sleep(1);
      lab.send("a", "b", 1);
      await lab.world.sleep(1_000);
    });
    await expect(running).rejects.toThrow("a mistake of the decoder");
  });
});

describe("a process that boots", () => {
  it("loses what arrives before it listens, and nothing breaks", async () => {
    let early = 0;
    for (const seed of upTo(20)) {
      await inLab(["a", "b"], { seed }, async (lab) => {
        const { world } = lab;
        world.crash(world.node("b")!);
        lab.send("a", "b", 1);
        await world.sleep(LATENCY_US);
        // In the microsecond in which the message may arrive before or after the boot.
        lab.send("a", "b", 2);
        await world.sleep(LATENCY_US - 1);
        await world.sleep(1).then(() => lab.boot("b"));
        await world.sleep(1_000);
        lab.send("a", "b", 3);
        await world.sleep(1_000);
        expect(lab.values("b").at(-1)).toBe(3);
        if (!lab.values("b").includes(2)) early++;
      });
    }
    expect(early).toBeGreaterThan(0);
  });
});

describe("checkPayloads", () => {
  /** What is found when this happens to a value while it is under way, or in the handler. */
  async function findings(
    checkPayloads: boolean,
    underWay: (box: Box) => void,
    inHandler: (box: Box) => void,
  ): Promise<string[]> {
    const world = testWorld({ checkPayloads });
    const type = boxType({ encoded: 0, decoded: 0 });
    await world.run(async () => {
      const [a, b] = [world.addNode("a"), world.addNode("b")];
      world.boot(b, async (env) => {
        env.network.receive(type, (_from, box) => inHandler(box));
        await new Promise(() => {});
      });
      await world.sleep(1);
      world.boot(a, async (env) => {
        const box = { value: 1 };
        env.network.send("b", type, box);
        underWay(box);
        await env.clock.sleep(10_000);
      });
      await world.sleep(100_000);
    });
    return world.findings.map(({ invariant, message }) => `${invariant}: ${message}`);
  }

  const nothing = (): void => {};
  const change = (box: Box): void => void box.value++;
  const FOUND = ["network/payload-changed: a -> b: the value of a box was changed after it had been sent"];

  it("finds a sender and a handler that change what was sent", async () => {
    expect(await findings(true, nothing, nothing)).toEqual([]);
    expect(await findings(true, change, nothing)).toEqual(FOUND);
    expect(await findings(true, nothing, change)).toEqual(FOUND);
  });

  it("is off unless asked for", async () => {
    expect(await findings(false, change, change)).toEqual([]);
  });
});
