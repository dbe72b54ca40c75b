import { describe, expect, it } from "vitest";
import { Keys, Numbers, Permutation, Values, Zipfian, indexOfKey } from "#runner/bench/storage-keys.js";
import { Latencies } from "#runner/bench/latencies.js";

const text = (key: Uint8Array): string => Buffer.from(key).toString("latin1");

describe("keys", () => {
  it("ascend with their index, can be read back, and have missing ones between them", () => {
    const keys = new Keys();
    for (const index of [0, 1, 9, 10, 123_456_789, 999_999_999]) {
      const key = text(keys.at(index));
      expect(key).toHaveLength(16);
      expect(indexOfKey(Buffer.from(key))).toBe(index);
      expect(text(keys.missing(index)) > key).toBe(true);
      expect(text(keys.at(index + 1)) > text(keys.missing(index))).toBe(true);
    }
  });
});

describe("values", () => {
  it("depend on key and generation, and are the same each time", () => {
    const [some, same] = [new Values(), new Values()];
    expect(some.of(7, 1)).toEqual(same.of(7, 1));
    expect(some.of(7, 1)).not.toEqual(some.of(7, 2));
    expect(some.of(7, 1)).not.toEqual(some.of(8, 1));
    expect(some.of(999_999_999, 15)).toHaveLength(100);
  });
});

describe("a permutation", () => {
  it.each([1, 2, 3, 1_000, 4_097])("gives each of %i numbers once", (count) => {
    const order = new Permutation(count, 5);
    const given = new Set(Array.from({ length: count }, (_, index) => order.at(index)));
    expect(given.size).toBe(count);
    expect(Math.max(...given)).toBe(count - 1);
  });

  it("leaves few numbers beside their neighbours, and another seed gives another one", () => {
    const count = 10_000;
    const [order, other] = [new Permutation(count, 1), new Permutation(count, 2)];
    let [neighbours, same] = [0, 0];
    for (let index = 1; index < count; index++) {
      if (Math.abs(order.at(index) - order.at(index - 1)) === 1) neighbours++;
      if (order.at(index) === other.at(index)) same++;
    }
    expect(neighbours).toBeLessThan(20);
    expect(same).toBeLessThan(20);
  });
});

describe("a zipfian", () => {
  it("gives the first ranks as often as the law says", () => {
    const [count, draws] = [1_000, 100_000];
    const zipfian = new Zipfian(count, 3);
    const times = new Float64Array(count);
    for (let i = 0; i < draws; i++) times[zipfian.next()]!++;
    // 1 / zeta(1000) for a skew of 0.99 is 0.1293.
    expect(times[0]! / draws).toBeGreaterThan(0.12);
    expect(times[0]! / draws).toBeLessThan(0.14);
    expect(times[1]! / times[0]!).toBeGreaterThan(0.45);
    expect(times[1]! / times[0]!).toBeLessThan(0.56);
    expect(times.subarray(900).reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  });
});

describe("latencies", () => {
  it("have percentiles that are right to one part in 32", () => {
    const latencies = new Latencies();
    const numbers = new Numbers(1);
    const given: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      const us = Math.floor(2 ** (numbers.fraction() * 20)) / 8;
      given.push(us);
      latencies.add(us / 1_000);
    }
    given.sort((a, b) => a - b);
    for (const percent of [1, 50, 99, 99.9, 100]) {
      const exact = given[Math.ceil((given.length * percent) / 100) - 1]!;
      const told = latencies.percentileUs(percent);
      expect(told).toBeGreaterThanOrEqual(exact - 0.002);
      expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 32) + 0.002);
    }
    expect(latencies.total).toBe(10_000);
    expect(new Latencies().percentileUs(50)).toBe(0);
  });
});
