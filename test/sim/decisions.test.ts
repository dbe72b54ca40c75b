import { describe, expect, it } from "vitest";
import { Decisions, site } from "#sim/decisions.js";

const WHERE = site("test/where");
const ELSEWHERE = site("test/elsewhere");

describe("keyed decisions", () => {
  it("depend on seed, site and identity only, not on what was asked before", () => {
    const once = new Decisions(7).below(1_000_000, WHERE, 1, 2, 3);
    const busy = new Decisions(7);
    for (let i = 0; i < 100; i++) busy.below(10, ELSEWHERE, i);
    expect(busy.below(1_000_000, WHERE, 1, 2, 3)).toBe(once);
  });

  it("differ by every part of their identity", () => {
    const base: [number, number, number, number, number] = [7, 1, 2, 3, 4];
    const draw = ([seed, ...id]: number[]): number =>
      new Decisions(seed!).bits(WHERE, id[0]!, id[1], id[2], id[3]);
    const others = base.map((_, i) => draw(base.map((value, j) => (i === j ? value + 1 : value))));
    expect(new Set([draw(base), ...others, new Decisions(7).bits(ELSEWHERE, 1, 2, 3, 4)]).size).toBe(7);
    expect(new Decisions(7 + 2 ** 32).bits(WHERE, 1, 2, 3, 4)).not.toBe(draw(base));
  });

  it("strike as often as asked", () => {
    const decisions = new Decisions(3);
    let hits = 0;
    for (let i = 0; i < 100_000; i++) if (decisions.chance(20_000, WHERE, i)) hits++;
    expect(hits).toBeGreaterThan(1_800);
    expect(hits).toBeLessThan(2_200);
  });

  it("draw exponential delays with the mean asked for", () => {
    const decisions = new Decisions(5);
    let sum = 0;
    for (let i = 0; i < 50_000; i++) sum += decisions.exponential(1_000, WHERE, i);
    expect(sum / 50_000).toBeGreaterThan(970);
    expect(sum / 50_000).toBeLessThan(1_030);
  });

  it("record only what differs from the benign default, by a key that overrides it", () => {
    const decisions = new Decisions(11);
    decisions.record();
    const struck: number[] = [];
    for (let i = 0; i < 1_000; i++) if (decisions.chance(10_000, WHERE, i)) struck.push(i);
    const recorded = decisions.recorded();
    expect(recorded.map(({ key }) => key)).toEqual(struck.map((i) => `test/where:${i}.0.0.0`));

    const [first, ...rest] = recorded;
    const replayed = new Decisions(11, new Map([[first!.key, 0]]));
    const again = Array.from({ length: 1_000 }, (_, i) => i).filter((i) => replayed.chance(10_000, WHERE, i));
    expect(again).toEqual(struck.slice(1));
    expect(rest.length).toBe(again.length);
  });

  it("can be overridden where the kind is off", () => {
    const decisions = new Decisions(11, new Map([["test/where:4.0.0.0", 1]]));
    expect([3, 4, 5].map((i) => decisions.chance(0, WHERE, i))).toEqual([false, true, false]);
  });

  it("refuse a seed that is no safe integer", () => {
    for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => new Decisions(seed)).toThrow(/seed/);
  });
});
