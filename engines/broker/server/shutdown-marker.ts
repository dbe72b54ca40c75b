import type { Env } from "../../env/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import { reached } from "../observe.js";
import type { BrokerEpoch } from "../types.js";
import { readWhole, removeForGood, replaceFile } from "./small-file.js";

const NAME = "clean-shutdown";

const EPOCH: RpcCodec<BrokerEpoch> = fieldsCodec("a clean-shutdown marker", 1, {
  put: (sink, epoch) => sink.integer(epoch),
  read: (reader) => reader.integer(),
});

/**
 * In which life the broker's logs were closed in order; undefined where they were not. The marker is gone for good when
 * it resolves: it says nothing about the life that begins. Throws `DiskError`.
 */
export async function takeMarker(env: Env, directory: string): Promise<BrokerEpoch | undefined> {
  const body = await readWhole(env.disk, directory, NAME);
  await removeForGood(env.disk, directory, NAME);
  const isClean = body !== undefined && body !== "damaged";
  reached(env, isClean ? "broker/clean-start" : "broker/unclean-start");
  return isClean ? EPOCH.decode(body) : undefined;
}

/** All logs are closed, and everything in them is durable. Throws `DiskError`. */
export async function leaveMarker(env: Env, directory: string, epoch: BrokerEpoch): Promise<void> {
  await replaceFile(env.disk, directory, NAME, EPOCH.encode(epoch));
}
