// What a database needs of a store: batches, ranges, snapshots, errors. ../stores.md explains it.
import { nodeEnv } from "seedstorm/env/node";
import { LsmStore } from "seedstorm/lsm";
import { StoreError } from "seedstorm/store";

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);
const text = (/** @type {Uint8Array} */ value) => new TextDecoder().decode(value);

const env = await nodeEnv({ node: "db", root: process.argv[2] ?? "data" });
const store = await LsmStore.open(env, { directory: "store", policy: { kind: "group" } });

// All or nothing, and durable once it resolves.
await store.write([
  { type: "put", key: bytes("user/1"), value: bytes("ada") },
  { type: "put", key: bytes("user/2"), value: bytes("grace") },
  { type: "delete", key: bytes("user/3") },
]);

// A state that stays as it is, whatever is written meanwhile.
const snapshot = store.snapshot();
await store.put(bytes("user/1"), bytes("ada lovelace"));
const [then, now] = [await store.get(bytes("user/1"), { snapshot }), await store.get(bytes("user/1"))];
console.log(then && text(then), "->", now && text(now)); // ada -> ada lovelace
snapshot.close();

// All keys with a prefix, the last one first. "0" is the byte behind "/".
const users = store.iterate({ gte: bytes("user/"), lt: bytes("user0"), reverse: true });
while (await users.next()) console.log(text(users.key), text(users.value)); // valid until the next call: copy what you keep
users.close();

try {
  await store.put(bytes("user/4"), new Uint8Array(store.limits.valueBytes + 1));
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  console.log(error.code, error.outcome, error.isHarmless); // STORE_TOO_LARGE failed true
}

await store.close();
await env.close();
