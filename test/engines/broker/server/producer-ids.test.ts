import { expect, it } from "vitest";
import { ProducerIds } from "#engines/broker/server/producer-ids.js";

it("gives each id once, however many ask at once, and asks for a block at a time", async () => {
  let next = 100;
  let asked = 0;
  const ids = new ProducerIds(async () => {
    asked++;
    await Promise.resolve();
    const first = next;
    next += 50;
    return { first, count: 3 };
  });
  const taken = await Promise.all(Array.from({ length: 7 }, () => ids.take()));
  expect([...taken].sort((a, b) => a - b)).toEqual([100, 101, 102, 150, 151, 152, 200]);
  expect(asked).toBe(3);
});

it("asks again after a refusal", async () => {
  let isUp = false;
  const ids = new ProducerIds(async () => {
    if (!isUp) throw new Error("no controller");
    return { first: 1, count: 1 };
  });
  await expect(ids.take()).rejects.toThrow("no controller");
  isUp = true;
  expect(await ids.take()).toBe(1);
});
