// A program that makes bills of orders, each exactly once, however often it is started. ../broker.md explains it.
import { tmpdir } from "node:os";
import { nodeEnv } from "seedstorm/env/node";
import { RpcClient } from "seedstorm/rpc";
import { Admin, BrokerError, ClusterView, ControllerChannel } from "seedstorm/broker";
import { Consumer, GroupConsumer, NO_EPOCH, Producer } from "seedstorm/broker";

const S = 1_000_000; // all times are microseconds
const [host = "127.0.0.1", port = "7001"] = (process.argv[2] ?? "127.0.0.1:7001").split(":");
const servers = new Map([["n1", { host, port: Number(port) }]]); // all of them, by their names

// A name of its own: servers answer the latest connection of a name. It keeps no files anywhere.
const network = { peers: servers };
const env = await nodeEnv({ node: `billing-${process.pid}`, root: tmpdir(), network });
const client = new RpcClient(env);
const cluster = new ClusterView(client, { bootstrap: [...servers.keys()] });
const channel = new ControllerChannel(client, { controllers: [...servers.keys()] });
const admin = new Admin(channel, cluster);
while ((await admin.describe([], 5 * S)).brokers.length === 0) await env.clock.sleep(10_000);
for (const topic of ["orders", "bills"]) {
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 }, 5 * S).catch((error) => {
    if (!(error instanceof BrokerError && error.code === "TOPIC_ALREADY_EXISTS")) throw error;
  });
}

const orders = await Producer.open(client, { cluster });
for (const order of ["a chair", "a table", "a lamp"])
  await orders.send({ topic: "orders", key: null, value: new TextEncoder().encode(order) });
orders.close();

const group = new GroupConsumer(client, {
  cluster,
  group: "billing",
  offsetReset: "earliest",
  isolation: "read_committed",
  isAutoCommit: false, // the transactions do that
});
group.subscribe(["orders"]);
const bills = await Producer.open(client, { cluster, transactionalId: "billing-1" });
for (let left = 3; left > 0;) {
  const polled = await group.poll(1 * S);
  if (polled.length === 0) continue; // it may not have joined yet
  bills.beginTransaction();
  for (const { records } of polled)
    for (const { key, value } of records) void bills.send({ topic: "bills", key, value });
  const offsets = polled.map(({ partition }) => {
    return { partition, offset: group.position(partition) ?? 0, leaderEpoch: NO_EPOCH, metadata: "" };
  });
  await bills.sendOffsets(offsets, group.stamp, 5 * S);
  await bills.commitTransaction(10 * S); // where this fails the program ends, and starts from what was committed
  left -= polled.reduce((sum, { records }) => sum + records.length, 0);
}
bills.close();
await group.close(5 * S);

const reader = new Consumer(client, { cluster, offsetReset: "earliest", isolation: "read_committed" });
const partition = { topic: "bills", partition: 0 };
reader.assign([partition]);
const [end = 0] = await reader.endOffsets([partition], 5 * S);
while ((reader.position(partition) ?? 0) < end) {
  for (const { records } of await reader.poll(1 * S))
    for (const { value } of records) console.log(new TextDecoder().decode(value ?? undefined));
}
reader.close();
cluster.close();
channel.close();
await env.close();
