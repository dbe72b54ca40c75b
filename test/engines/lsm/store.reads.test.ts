import { expect, test } from "vitest";
import { fill, keyOf, openTiny, testEnv } from "./support.js";

test("the key of a get is the caller's again once the call has returned, though a device is asked", async () => {
  const env = testEnv();
  const store = await openTiny(env, { blockCacheBytes: 0 });
  for (let round = 0; round < 3; round++) await fill(store, 0, 79, `r${round}`);
  await store.flush();
  let promises = 0;
  for (let i = 0; i < 80; i++) {
    const key = keyOf(i).slice();
    const pending = store.get(key);
    if (pending instanceof Promise) promises++;
    key.fill(0xff);
    expect(new TextDecoder().decode(await pending)).toContain(`r2-${i}`);
  }
  expect(promises).toBe(80);
  await store.close();
});
