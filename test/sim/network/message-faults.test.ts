// Each fault of a single message: it strikes, it does what it says, and the ledger follows it.
import { describe, expect, it } from "vitest";
import type { MessageType } from "#engines/env/index.js";
import type { FaultKind } from "#sim/faults/index.js";
import { inLab, isAscending, NUMBER, stream, upTo } from "./support.js";

const LATENCY_US = 250;
const ALWAYS = 1_000_000;
const ALL: Partial<Record<FaultKind, number>> = {
  "message-loss": ALWAYS,
  "message-corrupt": ALWAYS,
  "message-duplicate": ALWAYS,
  "message-reorder": ALWAYS,
  "slow-link": ALWAYS,
  "link-clog": ALWAYS,
  bandwidth: ALWAYS,
  "link-overflow": ALWAYS,
};

describe("without faults", () => {
  it("every message arrives once, in order, after the same time", async () => {
    const lab = await stream({}, 200);
    expect(lab.arrivals("b")).toEqual(
      upTo(200).map((value) => ({ from: "a", value, atUs: 1 + value * 1_000 + LATENCY_US })),
    );
    expect(lab.world.faults.ledger.faults).toEqual([]);
    expect(lab.world.network.counts).toEqual({ sent: 200, delivered: 200, lost: 0, bytes: 0 });
  });
});

describe("message-loss", () => {
  it("loses what it strikes, and nothing else", async () => {
    const lab = await stream({ faults: { "message-loss": 300_000 } }, 200);
    const { injected, changed } = lab.faults("message-loss");
    expect(injected).toBeGreaterThan(30);
    expect(changed).toBe(injected);
    expect(lab.values("b")).toHaveLength(200 - injected);
    expect(isAscending(lab.values("b"))).toBe(true);
    expect(lab.world.network.counts).toMatchObject({ sent: 200, delivered: 200 - injected, lost: injected });
  });

  it("changes nothing where nobody would have received the message", async () => {
    const lab = await inLab(["a", "b"], { faults: { "message-loss": ALWAYS } }, async (inner) => {
      inner.world.crash(inner.world.node("b")!);
      inner.send("a", "b", 1);
      await inner.world.sleep(1_000);
    });
    expect(lab.faults("message-loss")).toMatchObject({ injected: 1, reached: 1, changed: 0 });
  });
});

describe("message-corrupt", () => {
  it("encodes the message, and the checksum finds the damage: it is lost, never wrong", async () => {
    let encoded = 0;
    const type: MessageType<number> = {
      ...NUMBER,
      encode(value) {
        encoded++;
        return NUMBER.encode(value);
      },
    };
    const lab = await stream({ faults: { "message-corrupt": 300_000 } }, 200, type);
    const { injected, changed } = lab.faults("message-corrupt");
    expect(injected).toBeGreaterThan(30);
    expect(changed).toBe(injected);
    expect(encoded).toBeGreaterThanOrEqual(injected);
    expect(lab.values("b")).toHaveLength(200 - injected);
    expect(isAscending(lab.values("b"))).toBe(true);
  });
});

describe("message-duplicate", () => {
  it("lets the message arrive twice, the first time in its place", async () => {
    const lab = await stream({ faults: { "message-duplicate": ALWAYS } }, 200);
    const values = lab.values("b");
    expect(values.toSorted((a, b) => a - b)).toEqual(upTo(200).flatMap((value) => [value, value]));
    expect(isAscending([...new Set(values)])).toBe(true);
    expect(lab.faults("message-duplicate")).toMatchObject({ injected: 200, reached: 200, changed: 200 });
    expect(lab.world.network.counts).toMatchObject({ sent: 200, delivered: 400, lost: 0 });
    // Some copies are late: others were sent and arrived in between.
    expect(values).not.toEqual(upTo(200).flatMap((value) => [value, value]));
  });

  it("changes nothing where nobody listens to the copy", async () => {
    const lab = await inLab(["a", "b"], { faults: { "message-duplicate": ALWAYS } }, async (inner) => {
      inner.send("a", "b", 1, { ...NUMBER, id: NUMBER.id + 1 });
      await inner.world.sleep(10_000_000);
    });
    expect(lab.faults("message-duplicate")).toMatchObject({ injected: 1, reached: 1, changed: 0 });
  });

  it("changes nothing where the copy comes to nobody", async () => {
    const lab = await inLab(["a", "b"], { faults: { "message-duplicate": ALWAYS } }, async (inner) => {
      inner.send("a", "b", 1);
      inner.world.crash(inner.world.node("b")!);
      await inner.world.sleep(10_000_000);
    });
    expect(lab.faults("message-duplicate")).toMatchObject({ injected: 1, reached: 1, changed: 0 });
  });
});

describe("message-reorder", () => {
  it("changes the order, loses nothing, and claims a change in just the runs where there was one", async () => {
    const outcomes = new Set<string>();
    for (const seed of upTo(80)) {
      // Copies come out of order by nature, and are nobody's change of order.
      const copies = seed < 40 ? {} : { "message-duplicate": ALWAYS };
      const lab = await stream({ seed, faults: { ...copies, "message-reorder": 100_000 } }, 10);
      const values = [...new Set(lab.values("b"))];
      const { injected, reached, changed } = lab.faults("message-reorder");
      expect(reached).toBe(injected);
      expect(values.toSorted((a, b) => a - b)).toEqual(upTo(10));
      expect(changed > 0).toBe(!isAscending(values));
      outcomes.add(`${injected > 0} ${changed > 0}`);
    }
    expect(outcomes).toEqual(new Set(["false false", "true false", "true true"]));
  });

  it("lets a message pass those before it, too", async () => {
    const networkProfile = {
      minLatencyUs: 100,
      meanLatencyUs: 20_000,
      bandwidthBytesPerS: 0,
      queueMessages: 0,
    };
    const ahead = await stream({ networkProfile, faults: { "message-reorder": 100_000 } }, 200);
    const least = ahead.arrivals("b").filter(({ value, atUs }) => atUs === 1 + value * 1_000 + 100);
    expect(least.length).toBeGreaterThan(3);
    expect(ahead.faults("message-reorder").changed).toBeGreaterThan(5);
    expect(isAscending(ahead.values("b"))).toBe(false);
  });
});

describe("slow-link", () => {
  it("holds a message up, and those behind it, up to seconds", async () => {
    const lab = await stream({ faults: { "slow-link": 20_000 } }, 1_000);
    const latencies = lab.arrivals("b").map(({ value, atUs }) => atUs - 1 - value * 1_000);
    expect(lab.values("b")).toEqual(upTo(1_000));
    expect(Math.max(...latencies)).toBeGreaterThan(1_000_000);
    expect(latencies.filter((latencyUs) => latencyUs === LATENCY_US).length).toBeGreaterThan(20);
    const { injected, changed } = lab.faults("slow-link");
    expect(changed).toBeGreaterThan(injected / 2);
    expect(changed).toBeLessThanOrEqual(injected);
  });
});

describe("link-clog", () => {
  it("holds up what is on the wire and what follows, which then flows in order", async () => {
    const networkProfile = { minLatencyUs: 3_500, meanLatencyUs: 0, bandwidthBytesPerS: 0, queueMessages: 0 };
    const lab = await stream({ networkProfile, faults: { "link-clog": 10_000 } }, 500);
    expect(lab.values("b")).toEqual(upTo(500));
    const latencies = lab.arrivals("b").map(({ value, atUs }) => atUs - 1 - value * 1_000);
    const { injected, changed } = lab.faults("link-clog");
    expect(injected).toBeGreaterThan(2);
    expect(changed).toBe(injected);
    // In each clog the messages arrive together.
    const [longest] = upTo(500)
      .map((i) => lab.arrivals("b").filter(({ atUs }) => atUs === lab.arrivals("b")[i]!.atUs))
      .toSorted((a, b) => b.length - a.length);
    expect(longest!.length).toBeGreaterThan(10);
    // Those that were under way when the link stalled are among them.
    const clog = lab.world.faults.ledger.faults.find(({ kind }) => kind === "link-clog")!;
    const underWay = lab
      .arrivals("b")
      .filter(({ value }) => 1 + value * 1_000 < clog.timeUs && 1 + value * 1_000 + 3_500 > clog.timeUs);
    expect(underWay.length).toBeGreaterThan(1);
    expect(new Set(underWay.map(({ atUs }) => atUs)).size).toBe(1);
    expect(Math.min(...latencies)).toBe(3_500);
  });

  it("strikes a link that is clogged only when that is over", async () => {
    const lab = await inLab(["a", "b"], { faults: { "link-clog": ALWAYS } }, async (inner) => {
      for (const value of upTo(10)) inner.send("a", "b", value);
      expect(inner.faults("link-clog").planned).toBe(1);
      await inner.world.sleep(60_000_000);
      inner.send("a", "b", 10);
    });
    expect(new Set(lab.arrivals("b").map(({ atUs }) => atUs)).size).toBe(1);
    expect(lab.faults("link-clog")).toMatchObject({ planned: 2, changed: 2 });
  });
});

describe("every kind of fault of messages and links", () => {
  it("spares what a node sends to itself", async () => {
    const lab = await inLab(["a", "b"], { faults: ALL }, async (inner) => {
      inner.world.network.isolate("a");
      inner.world.network.filter = () => "drop";
      inner.world.network.countBytes = true;
      for (const value of upTo(50)) inner.send("a", "a", value);
      await inner.world.sleep(1_000);
      expect(inner.arrivals("a")).toEqual(
        upTo(50).map((value) => ({ from: "a", value, atUs: 1 + LATENCY_US })),
      );
    });
    expect(lab.world.faults.ledger.faults).toEqual([]);
    expect(lab.world.network.counts).toEqual({ sent: 0, delivered: 0, lost: 0, bytes: 0 });
  });

  it("does nothing where the scenario refuses it", async () => {
    const lab = await inLab(["a", "b"], { faults: ALL }, async (inner) => {
      inner.world.faults.admit = () => false;
      for (const value of upTo(100)) inner.send("a", "b", value);
      await inner.world.sleep(1_000);
      expect(inner.values("b")).toEqual(upTo(100));
    });
    for (const kind of Object.keys(ALL) as FaultKind[]) {
      const { planned, refused, injected } = lab.faults(kind);
      expect([kind, planned > 0, refused === planned, injected]).toEqual([kind, true, true, 0]);
    }
  });

  it("is asked about with the sender's node, and has an id of its own", async () => {
    const kinds = { ...ALL, "message-loss": 50_000, "message-corrupt": 50_000, "link-clog": 50_000 };
    const lab = await inLab(["a", "b", "c"], { faults: kinds }, async (inner) => {
      for (const value of upTo(100)) {
        for (const from of ["a", "b", "c"]) {
          for (const to of ["a", "b", "c"]) inner.send(from, to, value);
        }
        await inner.world.sleep(500);
      }
      inner.world.crash(inner.world.node("a")!);
      inner.boot("a");
      await inner.world.sleep(1);
      for (const value of upTo(100)) inner.send("a", "b", value);
    });
    const ids = lab.world.faults.ledger.faults.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(500);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(lab.world.faults.ledger.faults.map(({ node }) => node))).toEqual(new Set(["a", "b", "c"]));
  });
});
