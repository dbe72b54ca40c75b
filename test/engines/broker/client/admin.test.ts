// Administration: what is asked of the controllers, and what of any broker.
import { expect, test } from "vitest";
import { Admin, USUAL_TOPIC_CONFIG, type ControllerCaller } from "#engines/broker/client/index.js";
import { inWorld } from "../../rpc/support.js";
import { NAMES, settle } from "./support.js";

test("changes go to the controllers, and a description comes from a broker", () =>
  inWorld(async (world) => {
    const { rpc, cluster } = await settle(world);
    const asked: unknown[] = [];
    const controllers: ControllerCaller = {
      call(type, request, timeoutUs) {
        asked.push([type.name, request, timeoutUs]);
        return Promise.resolve(asked.length as never);
      },
    };
    const admin = new Admin(controllers, cluster);
    const partition = { topic: "t", partition: 1 };
    const topic = { topic: "n", partitions: 2, replicationFactor: 3, config: { minInsyncReplicas: 2 } };
    const config = { ...USUAL_TOPIC_CONFIG, minInsyncReplicas: 2 };
    expect(await admin.createTopic(topic, 10)).toBe(1);
    expect(await admin.reassign(partition, ["b2"], 20)).toBe(2);
    expect(await admin.reassign(partition, undefined, 30)).toBe(3);
    expect(await admin.electLeader(partition, "unclean", 40)).toBe(4);
    expect(asked).toEqual([
      ["controller/create-topic", { ...topic, config, assignments: undefined }, 10],
      ["controller/reassign", { partition, replicas: ["b2"] }, 20],
      ["controller/reassign", { partition, replicas: undefined }, 30],
      ["controller/elect-leader", { partition, mode: "unclean" }, 40],
    ]);
    const { brokers, topics } = await admin.describe(["t", "none"], 1_000_000);
    expect(brokers).toEqual(NAMES);
    expect(topics.map((each) => [each.topic, each.partitions.length])).toEqual([["t", 4]]);
    await rpc.env.clock.sleep(1_000);
  }));
