// Controllers that crash, are cut off, and lose messages; brokers that fall silent, start again, and follow.
import { expect, test } from "vitest";
import { EMPTY_IMAGE, applyRecords, type MetadataImage } from "#engines/broker/metadata/index.js";
import { CREATE_TOPIC } from "#engines/broker/protocol/index.js";
import { CONFIG } from "../metadata/support.js";
import { testWorld } from "../../../support/world.js";
import { NAMES, SESSION_US, TestControllers, type TestBroker } from "./support.js";

/** A broker's image, followed from whichever controller answers. */
class Follower {
  readonly broker: TestBroker;
  image: MetadataImage = EMPTY_IMAGE;
  isDone = false;

  constructor(broker: TestBroker) {
    this.broker = broker;
  }

  async follow(check: (image: MetadataImage) => void): Promise<void> {
    while (!this.isDone) {
      const answer = await this.broker.fetch(this.image.offset, 200_000).catch(() => undefined);
      if (answer === undefined) continue;
      if (answer.kind === "records") {
        expect(answer.offset).toBe(this.image.offset);
        this.image = applyRecords(this.image, answer.records);
      } else {
        expect(answer.image.offset).toBeGreaterThan(this.image.offset);
        this.image = answer.image;
      }
      check(this.image);
    }
  }

  /** Heartbeats of what it knows; another life where its epoch is over. */
  async live(cluster: TestControllers): Promise<void> {
    const { broker } = this;
    for (let incarnation = 1; !this.isDone;) {
      if (!broker.isSilent) {
        await broker.heartbeat(this.image.offset).catch(async (error: unknown) => {
          if ((error as { code?: string }).code !== "STALE_BROKER_EPOCH") return;
          await broker.register(++incarnation, broker.epoch).catch(() => undefined);
        });
      }
      await cluster.world.sleep(100_000);
    }
  }
}

interface Outcome {
  readonly offset: number;
  readonly activations: number;
  readonly marks: readonly string[];
}

async function storm(seed: number): Promise<Outcome> {
  const faults = { "message-loss": 20_000, "message-duplicate": 50_000, "message-reorder": 50_000 };
  const world = testWorld({ seed, faults });
  let result = { offset: 0, activations: 0 };
  await world.run(async () => {
    const cluster = new TestControllers(world, {
      retainedRecords: 8,
      raft: { snapshotEvery: 10, keepEntries: 4 },
    });
    const digests = new Map<number, number>();
    const activeIn = new Map<number, string>();
    world.listen((from, observation) => {
      const event = observation as { kind: string; offset: number; digest: number; term: number };
      if (event.kind === "controller/applied") {
        expect(digests.get(event.offset) ?? event.digest).toBe(event.digest);
        digests.set(event.offset, event.digest);
      } else if (event.kind === "controller/activated") {
        expect(activeIn.get(event.term) ?? from.node.name).toBe(from.node.name);
        activeIn.set(event.term, from.node.name);
      }
    });
    const followers: Follower[] = [];
    for (const name of ["b1", "b2", "b3"]) {
      const follower = new Follower(await cluster.broker(name));
      followers.push(follower);
      await follower.broker.register(1);
      void follower.follow((image) => expect(digests.get(image.offset)).toBe(image.digest));
      void follower.live(cluster);
    }
    await cluster.until(() => followers.every(({ image }) => image.brokers.size === 3));
    let state = seed;
    const below = (bound: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % bound;
    };
    for (let i = 0; i < 25; i++) {
      await trouble(cluster, followers, below, i);
      await world.sleep(below(600_000));
    }
    for (const name of NAMES) {
      world.network.rejoin(name);
      if (!cluster.world.node(name)!.up) cluster.boot(name);
    }
    for (const { broker } of followers) broker.isSilent = false;
    // In the end everybody is there again, and knows the same.
    await cluster.until(() => {
      const [first] = followers;
      const all = [...first!.image.brokers.values()];
      const isSame = followers.every(({ image }) => image.digest === first!.image.digest);
      return isSame && all.every(({ isFenced }) => !isFenced);
    });
    result = { offset: followers[0]!.image.offset, activations: activeIn.size };
    for (const follower of followers) follower.isDone = true;
    await world.sleep(2 * SESSION_US);
    for (const controller of cluster.controllers.values()) await controller.close();
  });
  expect(world.findings).toEqual([]);
  return { ...result, marks: [...world.marks.keys()] };
}

async function trouble(
  cluster: TestControllers,
  followers: readonly Follower[],
  below: (bound: number) => number,
  i: number,
): Promise<void> {
  const { world } = cluster;
  const name = NAMES[below(3)]!;
  const { broker } = followers[below(3)]!;
  switch (below(6)) {
    case 0:
      if (world.node(name)!.up && NAMES.every((each) => world.node(each)!.up)) {
        cluster.controllers.delete(name);
        if (below(2) === 0) world.crash(world.node(name)!);
        else world.powerLoss(world.node(name)!);
      }
      break;
    case 1:
      for (const each of NAMES) if (!world.node(each)!.up) cluster.boot(each);
      break;
    case 2:
      for (const each of NAMES) world.network.rejoin(each);
      world.network.isolate(name);
      break;
    case 3:
      for (const each of NAMES) world.network.rejoin(each);
      break;
    case 4:
      broker.isSilent = !broker.isSilent;
      break;
    default: {
      const request = { topic: `t${i}`, partitions: 2, replicationFactor: 1, config: CONFIG };
      await broker.call(CREATE_TOPIC, { ...request, assignments: undefined }, 300_000).catch(() => undefined);
    }
  }
}

test("brokers follow what was agreed on, whoever says it, and all are there in the end", async () => {
  const results = [];
  for (let seed = 1; seed <= 8; seed++) results.push(await storm(seed));
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  expect(sum(results.map(({ activations }) => activations))).toBeGreaterThan(16);
  expect(sum(results.map(({ offset }) => offset))).toBeGreaterThan(150);
  const marks = new Set(results.flatMap((result) => result.marks));
  expect(marks).toContain("controller/image-served");
  expect(marks).toContain("controller/session-expired");
});
