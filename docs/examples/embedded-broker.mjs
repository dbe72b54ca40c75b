// A broker in a process of one's own, which writes to it and reads from it. ../broker.md explains it.
import { nodeEnv } from "seedstorm/env/node";
import { RpcClient, RpcServer } from "seedstorm/rpc";
import {
  Admin,
  Broker,
  ClusterView,
  Consumer,
  Controller,
  ControllerChannel,
  Producer,
} from "seedstorm/broker";

const S = 1_000_000; // all times are microseconds
const directory = process.argv[2] ?? "data";

// One process is one node: one environment, one server and one client of calls, shared by all that runs in it.
const env = await nodeEnv({ node: "n1", root: directory });
const [server, client] = [new RpcServer(env), new RpcClient(env)];
const controllers = [env.node];
const controller = await Controller.open(env, server, { directory: "controller", controllers });
// With one broker nothing has three replicas: neither what it keeps of groups, nor of transactions.
const internalTopics = { replicationFactor: 1, minInsyncReplicas: 1 };
const options = /** @type {const} */ ({
  directory: "broker",
  controllers,
  durability: "sync",
  internalTopics,
});
const broker = await Broker.open(env, server, options, client);

const cluster = new ClusterView(client, { bootstrap: [env.node] });
const channel = new ControllerChannel(client, { controllers });
const admin = new Admin(channel, cluster);
while ((await admin.describe([], 5 * S)).brokers.length === 0) await env.clock.sleep(10_000);
if ((await admin.describe(["orders"], 5 * S)).topics.length === 0)
  await admin.createTopic({ topic: "orders", partitions: 1, replicationFactor: 1 }, 5 * S);

const producer = await Producer.open(client, { cluster, acks: "all" });
const orders = ["a chair", "a table", "a lamp"].map((order) =>
  producer.send({ topic: "orders", key: null, value: new TextEncoder().encode(order) }),
);
console.log((await Promise.all(orders)).map(({ offset }) => offset)); // [ 0, 1, 2 ], the first time
producer.close();

const consumer = new Consumer(client, { cluster, offsetReset: "earliest" });
consumer.assign([{ topic: "orders", partition: 0 }]);
for (let left = orders.length; left > 0;) {
  for (const { records } of await consumer.poll(5 * S)) {
    for (const { offset, value } of records)
      console.log(offset, new TextDecoder().decode(value ?? undefined));
    left -= records.length;
  }
}
consumer.close();

cluster.close();
channel.close();
await broker.close(); // in order: the next start has nothing to recover
await controller.close();
await env.close();
