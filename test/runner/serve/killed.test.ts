// Three real processes on loopback with real files: one is killed with SIGKILL while clients write, and comes back.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LocalCluster, RaftConnection } from "#runner/serve/index.js";
import { checkLinearizable, keyValueModel } from "#sim/check/linearizability/index.js";
import { within } from "../../support/within.js";
import { Workload } from "./workload.js";

const CLIENTS = 4;
const READER = CLIENTS;
const OPERATIONS = 60;
const STATUS_TIMEOUT_US = 1_000_000;
const WAIT = { timeout: 15_000, interval: 20 };

let directory: string;
let cluster: LocalCluster;
let connection: RaftConnection;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-serve-"));
  cluster = await within(() => "three servers to be ready", LocalCluster.start(3, directory));
  connection = await RaftConnection.open(cluster.addresses);
});

afterEach(async () => {
  await connection.close();
  await cluster.close();
  rmSync(directory, { recursive: true });
});

/** A server of that role, once there is one. */
function find(role: "leader" | "follower"): Promise<string> {
  return vi.waitFor(async () => {
    const all = await connection.status(STATUS_TIMEOUT_US);
    const found = [...all].find(([, status]) => status?.role === role);
    if (found === undefined) throw new Error(`no ${role}: ${JSON.stringify([...all])}`);
    return found[0];
  }, WAIT);
}

/** Until all servers have applied the same. */
async function converged(): Promise<void> {
  await vi.waitFor(async () => {
    const all = [...(await connection.status(STATUS_TIMEOUT_US)).values()];
    expect(all.map((status) => status?.applied)).toEqual(all.map(() => all[0]?.applied ?? "an answer"));
  }, WAIT);
}

test("nothing acknowledged is lost when a leader, a follower and then all of them are killed", async () => {
  const servers = [...cluster.addresses.keys()];
  const workload = new Workload(connection);
  workload.start(CLIENTS);
  for (const role of ["leader", "follower"] as const) {
    await workload.acknowledged(OPERATIONS);
    const victim = await find(role);
    await cluster.kill(victim);
    await workload.acknowledged(OPERATIONS);
    await within(() => `${victim} to be ready again`, cluster.restart(victim));
  }
  await workload.acknowledged(OPERATIONS);
  await Promise.all(servers.map((server) => cluster.kill(server)));
  const restarts = Promise.all(servers.map((server) => cluster.restart(server)));
  await within(() => "all servers to be ready again", restarts);
  await workload.acknowledged(OPERATIONS);
  await workload.stop();

  const found = await workload.readAll(READER);
  expect(found.size).toBeGreaterThan(OPERATIONS);
  expect(found).toEqual(workload.kept);
  const { operations } = workload.history;
  expect(checkLinearizable(keyValueModel(), operations)).toMatchObject({ verdict: "linearizable" });
  await converged();
});
