/**
 * A broker: partitions on a disk, held and led as the controllers' metadata says, and served to clients and to each
 * other.
 *
 * What lives here: `Broker`; its registration and heartbeats (`registration.ts`), the metadata that it follows
 * (`metadata-loop.ts`), the partitions that it holds (`replicas.ts`), the calls it answers (`produce.ts`, `fetch.ts`,
 * `markers.ts`, `queries.ts`), the coordinators that it has (`group-desk.ts`, `transaction-desk.ts`), and what it writes beside the logs:
 * high watermarks and the clean-shutdown marker.
 *
 * What it promises: it does nothing by metadata that is older than its own registration, so no leadership of an earlier
 * life is taken up again. It says that its logs are whole only where it closed them in order (KIP-966). Once it has
 * ended nothing of it runs, and whatever it acknowledged as durable is.
 *
 * What it does not: it judges nothing of the cluster, which is the controllers'. One failed log ends all of it. A consumer
 * in the same process has to share the broker's `RpcClient`: else each would take the other's answers to fetches.
 */
export { Broker, type BrokerInspection } from "./broker.js";
export type { BrokerOptions } from "./options.js";
