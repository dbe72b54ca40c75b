import { expect, test } from "vitest";
import { within } from "./within.js";

test("gives what came in time, and what went wrong in time", async () => {
  expect(await within(() => "an answer", Promise.resolve(7))).toBe(7);
  await expect(within(() => "an answer", Promise.reject(new Error("refused")))).rejects.toThrow("refused");
});

test("what never comes is named as it is known at the end", async () => {
  let said = "";
  const never = within(() => `an answer after ${said}`, new Promise(() => {}), 5);
  said = "a question";
  await expect(never).rejects.toThrow("waited 5 ms for an answer after a question");
});
