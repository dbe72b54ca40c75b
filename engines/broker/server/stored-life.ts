import type { Env } from "../../env/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import { putFromMinusOne, putOptional, readFromMinusOne, readOptional } from "../protocol/fields.js";
import type { Durability } from "../replica/index.js";
import type { BrokerEpoch } from "../types.js";
import { readWhole, removeForGood, replaceFile } from "./small-file.js";

const NAME = "stored-life";

/** How a broker begins a life, as far as its disk says. */
export interface Beginning {
  /** Of the life that left the logs whole (KIP-966); undefined where they may have lost something. */
  readonly previousEpoch: BrokerEpoch | undefined;
  readonly incarnation: number;
}

/** Either a life that has an epoch, or one that is to get one: then there is an incarnation. */
interface StoredLife {
  readonly epoch: BrokerEpoch | undefined;
  readonly incarnation: number | undefined;
}

const LIFE: RpcCodec<StoredLife> = fieldsCodec("a stored life", 1, {
  put(sink, { epoch, incarnation }) {
    putFromMinusOne(sink, epoch ?? -1);
    putOptional(sink, incarnation, (to, value) => to.integer(value));
  },
  read(reader) {
    const epoch = readFromMinusOne(reader);
    const incarnation = readOptional(reader, (from) => from.integer());
    return { epoch: epoch < 0 ? undefined : epoch, incarnation };
  },
});

/**
 * How this life begins. A broker that stores before it answers has whatever it said that it has, however its life ended:
 * its logs are whole. If it died before it knew of its registration it did nothing by it: it asks again as the one it
 * was, so that the controller does not take that for one more life, of which nobody knows how it ended. Where the present
 * life does not store first, all of that is forgotten, for good, before it begins. Throws `DiskError`.
 */
export async function beginLife(
  env: Env,
  directory: string,
  closedEpoch: BrokerEpoch | undefined,
  durability: Durability,
): Promise<Beginning> {
  if (durability !== "sync") {
    await removeForGood(env.disk, directory, NAME);
    return { previousEpoch: closedEpoch, incarnation: env.random.uint32() };
  }
  const body = await readWhole(env.disk, directory, NAME);
  const stored = body === undefined || body === "damaged" ? undefined : LIFE.decode(body);
  const previousEpoch = closedEpoch ?? stored?.epoch;
  const incarnation = stored?.incarnation ?? env.random.uint32();
  await write(env, directory, { epoch: previousEpoch, incarnation });
  return { previousEpoch, incarnation };
}

/** The life has its epoch; before it says anything of its logs. Throws `DiskError`. */
export function noteEpoch(env: Env, directory: string, epoch: BrokerEpoch): Promise<void> {
  return write(env, directory, { epoch, incarnation: undefined });
}

function write(env: Env, directory: string, life: StoredLife): Promise<void> {
  return replaceFile(env.disk, directory, NAME, LIFE.encode(life));
}
