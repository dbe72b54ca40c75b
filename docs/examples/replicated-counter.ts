// A counter on three servers, and the storm that it has to survive. ../bring-your-own.md explains it.
import type { Node, Program, Scenario } from "seedstorm";
import { RpcClient, RpcServer, defineRpc, fieldsCodec } from "seedstorm/rpc";

const SERVERS = ["s1", "s2", "s3"];

/** Every increment has a number from 1 to 255, so that one that comes twice counts once. */
const increments = fieldsCodec<Uint8Array>("increments", 1, {
  put: (sink, numbers) => sink.bytes(numbers),
  read: (reader) => reader.bytes(),
});

/** Asks a server to keep these increments. It answers with all that it keeps. */
const MERGE = defineRpc({ id: 0, name: "merge", request: increments, response: increments });

const server: Program = async (env) => {
  const file = await env.disk.open("increments", "create");
  await env.disk.syncDir("");
  const kept = new Set(await file.read(0, file.size()));
  kept.delete(0); // a byte that a power loss has left unwritten
  new RpcServer(env).serve(MERGE, async (numbers) => {
    const added = numbers.filter((number) => !kept.has(number));
    file.write(file.size(), added);
    for (const number of added) kept.add(number);
    const answer = Uint8Array.from(kept);
    await file.sync();
    return answer;
  });
  await new Promise<never>(() => {}); // it runs until it is killed
};

/** Resolves once two servers have answered: any two have one in common with any other two. */
async function merge(rpc: RpcClient, numbers: Uint8Array): Promise<Set<number>> {
  const [a, b, c] = SERVERS.map((name) => rpc.call(name, MERGE, numbers, { timeoutUs: 50_000 }).promise);
  const two = await Promise.any([Promise.all([a, b]), Promise.all([a, c]), Promise.all([b, c])]);
  return new Set(two.flatMap((answer) => [...answer!]));
}

export default {
  name: "replicated-counter",
  summary: "three servers count; an increment that two of them have synced is never lost",
  parameters: { increments: { type: "integer", summary: "in a run", min: 1, max: 255, default: 60 } },
  faults: {
    "power-loss": { minPpm: 300_000, maxPpm: 900_000 },
    crash: { minPpm: 100_000, maxPpm: 500_000 },
    "message-loss": { minPpm: 5_000, maxPpm: 50_000 },
  },
  mustReach: [],
  coverageSeeds: 200,
  strikeEveryCalls: 30,
  admit: () => (_kind, node) => node.name !== "client",
  async drive(run) {
    const { world, workload } = run;
    const pauses = Array.from({ length: run.integer("increments") }, () => workload.below(5_000));
    const drawn = pauses.map((thinkUs, index) => ({ number: index + 1, thinkUs }));
    const operations = run.planned("operations", drawn);
    const keepUp = (node: Node): void => void world.boot(node, server).exited.then(() => keepUp(node));
    for (const name of SERVERS) keepUp(world.addNode(name));
    const acknowledged: number[] = [];
    await world.boot(world.addNode("client"), async (env) => {
      const rpc = new RpcClient(env);
      for (const { number, thinkUs } of operations) {
        await env.clock.sleep(thinkUs);
        const answer = await merge(rpc, Uint8Array.of(number)).catch(() => undefined);
        if (answer !== undefined) acknowledged.push(number);
      }
      world.faults.heal();
      let counted: Set<number> | undefined;
      while (counted === undefined) counted = await merge(rpc, Uint8Array.of()).catch(() => undefined);
      const lost = acknowledged.filter((number) => !counted.has(number));
      if (lost.length > 0)
        world.fail("replicated-counter/lost", `acknowledged, and gone: ${lost.join(", ")}`);
    }).exited;
    run.count("acknowledged", acknowledged.length);
  },
} satisfies Scenario;
