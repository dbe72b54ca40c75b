// How fast and how wide links are: by their profile, and by the faults that make one narrow or its queue short.
import { describe, expect, it } from "vitest";
import type { NetworkProfile } from "#sim/network/index.js";
import { inLab, isAscending, numberType, stream, upTo, type Lab } from "./support.js";

const ALWAYS = 1_000_000;
const PROFILE: NetworkProfile = {
  minLatencyUs: 100,
  meanLatencyUs: 0,
  bandwidthBytesPerS: 0,
  queueMessages: 0,
};
/** 4 bytes of number, and with the header of a frame 1,000 in all. */
const KILOBYTE = numberType(1_000 - 12 - 4);

/** Sends all at once, and waits for what arrives. */
async function burst(networkProfile: NetworkProfile, faults: object, count: number): Promise<Lab> {
  return inLab(["a", "b"], { networkProfile, faults }, async (lab) => {
    for (const value of upTo(count)) lab.send("a", "b", value, KILOBYTE);
    await lab.world.sleep(60_000_000);
  });
}

describe("latency", () => {
  it("is exponential, but never less than the least", async () => {
    const latencies: number[] = [];
    // One message a link, so that none waits for another.
    const names = upTo(60).map((i) => `n${i}`);
    await inLab(names, { networkProfile: { ...PROFILE, meanLatencyUs: 1_000 } }, async (lab) => {
      for (const from of names) for (const to of names) if (from !== to) lab.send(from, to, 1);
      await lab.world.sleep(1_000_000);
      for (const name of names) latencies.push(...lab.arrivals(name).map(({ atUs }) => atUs - 1));
    });
    expect(latencies).toHaveLength(60 * 59);
    expect(Math.min(...latencies)).toBe(100);
    const mean = latencies.reduce((sum, each) => sum + each, 0) / latencies.length;
    // max(100, exponential(1000)) has mean 100 + 1000 exp(-0.1) = 1005.
    expect(mean).toBeGreaterThan(950);
    expect(mean).toBeLessThan(1_060);
    const atLeast = latencies.filter((latencyUs) => latencyUs === 100).length / latencies.length;
    expect(Math.abs(atLeast - 0.095)).toBeLessThan(0.02);
    expect(latencies.filter((latencyUs) => latencyUs > 3_000).length / latencies.length).toBeGreaterThan(
      0.03,
    );
  });

  it("holds those behind up: a link keeps its order", async () => {
    const lab = await stream({ networkProfile: { ...PROFILE, meanLatencyUs: 10_000 } }, 500);
    expect(lab.values("b")).toEqual(upTo(500));
  });

  it("refuses profiles that make no sense", async () => {
    for (const wrong of [{ minLatencyUs: 0 }, { meanLatencyUs: 0.5 }, { queueMessages: -1 }]) {
      await expect(stream({ networkProfile: { ...PROFILE, ...wrong } }, 1)).rejects.toThrow(
        "ASSERTION_FAILED",
      );
    }
  });
});

describe("the bandwidth of the profile", () => {
  it("lets messages leave one after another, at their framed size", async () => {
    // 1,000 bytes at 1 MB/s take a millisecond.
    const lab = await burst({ ...PROFILE, bandwidthBytesPerS: 1_000_000 }, {}, 5);
    expect(lab.arrivals("b").map(({ atUs }) => atUs)).toEqual(upTo(5).map((i) => 1 + (i + 1) * 1_000 + 100));
    expect(lab.world.faults.ledger.faults).toEqual([]);
  });

  it("rounds up, and lets an idle link begin at once", async () => {
    const networkProfile = { ...PROFILE, bandwidthBytesPerS: 300_000 };
    const lab = await inLab(["a", "b"], { networkProfile }, async (inner) => {
      inner.send("a", "b", 0, KILOBYTE);
      await inner.world.sleep(50_000);
      inner.send("a", "b", 1, KILOBYTE);
      await inner.world.sleep(50_000);
    });
    expect(lab.arrivals("b").map(({ atUs }) => atUs)).toEqual([1 + 3_334 + 100, 50_001 + 3_334 + 100]);
  });
});

describe("bandwidth", () => {
  it("makes links narrow: messages queue behind each other", async () => {
    const lab = await burst(PROFILE, { bandwidth: ALWAYS }, 10);
    const times = lab.arrivals("b").map(({ atUs }) => atUs);
    const gaps = new Set(times.slice(1).map((atUs, i) => atUs - times[i]!));
    expect(gaps.size).toBe(1);
    // The rate is one of nine.
    const rates = upTo(9).map((i) => Math.ceil(1_000_000_000 / (16_384 * (1 << i))));
    expect(rates).toContain([...gaps][0]);
    expect(times[0]).toBe(1 + [...gaps][0]! + 100);
    expect(lab.faults("bandwidth")).toMatchObject({ injected: 1, changed: 1 });
  });

  it("never makes a link wider than the profile has it", async () => {
    const lab = await burst({ ...PROFILE, bandwidthBytesPerS: 10_000 }, { bandwidth: ALWAYS }, 3);
    expect(lab.arrivals("b").map(({ atUs }) => atUs)).toEqual(upTo(3).map((i) => 101 + (i + 1) * 100_000));
  });

  it("is drawn for each link, and has not changed anything before a message waits", async () => {
    const names = upTo(20).map((i) => `n${i}`);
    const lab = await inLab(names, { faults: { bandwidth: 300_000 } }, async (inner) => {
      for (const from of names) for (const to of names) if (from !== to) inner.send(from, to, 1);
      await inner.world.sleep(1_000_000);
    });
    const { injected, reached, changed } = lab.faults("bandwidth");
    expect(injected / (20 * 19)).toBeGreaterThan(0.2);
    expect(injected / (20 * 19)).toBeLessThan(0.4);
    expect([reached, changed]).toEqual([injected, 0]);
  });
});

describe("the queue of the profile", () => {
  it("drops what does not fit, and takes more once there is room", async () => {
    const lab = await inLab(
      ["a", "b"],
      { networkProfile: { ...PROFILE, queueMessages: 3 } },
      async (inner) => {
        for (const value of upTo(5)) inner.send("a", "b", value);
        await inner.world.sleep(100);
        for (const value of [5, 6]) inner.send("a", "b", value);
        await inner.world.sleep(1_000);
      },
    );
    expect(lab.values("b")).toEqual([0, 1, 2, 5, 6]);
    expect(lab.world.network.counts).toMatchObject({ sent: 7, delivered: 5, lost: 2 });
  });
});

describe("link-overflow", () => {
  it("bounds the queue: what is beyond it is lost", async () => {
    const lab = await burst(PROFILE, { "link-overflow": ALWAYS }, 500);
    const values = lab.values("b");
    expect(values).toEqual(upTo(values.length));
    expect([4, 8, 16, 32, 64, 128]).toContain(values.length);
    expect(lab.faults("link-overflow")).toMatchObject({ injected: 1, reached: 1, changed: 1 });
    expect(lab.world.network.counts.lost).toBe(500 - values.length);
  });

  it("does nothing while the queue is short", async () => {
    const lab = await stream({ faults: { "link-overflow": ALWAYS } }, 100);
    expect(lab.values("b")).toEqual(upTo(100));
    expect(lab.faults("link-overflow")).toMatchObject({ injected: 1, reached: 0, changed: 0 });
  });

  it("fills up behind a clog", async () => {
    const lab = await stream({ faults: { "link-overflow": ALWAYS, "link-clog": 20_000 } }, 2_000);
    expect(lab.faults("link-overflow").changed).toBe(1);
    expect(lab.faults("link-clog").changed).toBeGreaterThan(0);
    expect(isAscending(lab.values("b"))).toBe(true);
    expect(lab.values("b").length).toBeGreaterThan(500);
    expect(lab.values("b").at(-1)).toBeGreaterThan(1_500);
  });
});
