import type { Env } from "../../env/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import { reached } from "../observe.js";
import type { Durability } from "../replica/index.js";
import type { BrokerEpoch } from "../types.js";
import { readWhole, removeForGood, replaceFile } from "./small-file.js";

/** Left by a broker that closed its logs in order. */
const CLOSED = "clean-shutdown";
/** Kept by a broker that stores before it answers. */
const STORED = "stored-epoch";

const EPOCH: RpcCodec<BrokerEpoch> = fieldsCodec("a broker's epoch", 1, {
  put: (sink, epoch) => sink.integer(epoch),
  read: (reader) => reader.integer(),
});

/**
 * In which life the broker's logs were closed in order; undefined where they were not. The marker is gone for good when
 * it resolves: it says nothing about the life that begins. Throws `DiskError`.
 */
export async function takeMarker(env: Env, directory: string): Promise<BrokerEpoch | undefined> {
  const epoch = await readEpoch(env, directory, CLOSED);
  await removeForGood(env.disk, directory, CLOSED);
  reached(env, epoch === undefined ? "broker/unclean-start" : "broker/clean-start");
  return epoch;
}

/** All logs are closed, and everything in them is durable. Throws `DiskError`. */
export async function leaveMarker(env: Env, directory: string, epoch: BrokerEpoch): Promise<void> {
  await replaceFile(env.disk, directory, CLOSED, EPOCH.encode(epoch));
}

/**
 * In which life the broker stored whatever it said that it has: however that ended, its logs are whole. A broker that
 * does not do so in its present life has to forget it first. Throws `DiskError`.
 */
export async function readStoredEpoch(
  env: Env,
  directory: string,
  durability: Durability,
): Promise<BrokerEpoch | undefined> {
  if (durability === "sync") return readEpoch(env, directory, STORED);
  await removeForGood(env.disk, directory, STORED);
  return undefined;
}

/** The life has begun; before it says anything of its logs. Throws `DiskError`. */
export async function noteStoredEpoch(env: Env, directory: string, epoch: BrokerEpoch): Promise<void> {
  await replaceFile(env.disk, directory, STORED, EPOCH.encode(epoch));
}

async function readEpoch(env: Env, directory: string, name: string): Promise<BrokerEpoch | undefined> {
  const body = await readWhole(env.disk, directory, name);
  return body === undefined || body === "damaged" ? undefined : EPOCH.decode(body);
}
