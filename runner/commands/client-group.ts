/** What `seedstorm client broker` does with groups: takes part in one, and says how far one is. */
import type { GroupProtocol } from "#engines/broker/client/index.js";
import { isInternal } from "#engines/broker/coordinator/index.js";
import { partitionName, type TopicPartition } from "#engines/broker/index.js";
import { printable } from "#reports/printable.js";
import { table } from "#reports/table.js";
import { UsageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { suggest } from "../input/nearest.js";
import type { Output } from "../output.js";
import type { BrokerConnection } from "../serve/broker-connection.js";
import type { ClientCall } from "./client.js";
import { findTopic, partitionsOf, POLL_US, printRecords } from "./client-topics.js";

const PROTOCOLS: readonly GroupProtocol[] = ["classic", "consumer"];
/** What was printed since the last one is printed again after a kill. */
const COMMIT_INTERVAL_US = 1_000_000;

/** What is to be joined; undefined where nothing is. Throws `UsageError`. */
export function membershipOf({ options: { group, protocol } }: ClientCall): GroupMember | undefined {
  if (group === undefined) {
    if (protocol === undefined) return undefined;
    throw new UsageError("--protocol", "it with --group", "none", "name the group, or leave it out");
  }
  const known = PROTOCOLS.find((each) => each === (protocol ?? "classic"));
  if (known !== undefined) return { group, protocol: known };
  throw new UsageError("--protocol", "classic or consumer", protocol!, suggest(protocol!, PROTOCOLS));
}

export interface GroupMember {
  readonly group: string;
  readonly protocol: GroupProtocol;
}

/**
 * Prints the records of what the group gives to this member, from where the group is, until it is ended; then commits
 * and leaves. What it has been given is told on stderr.
 */
export async function consumeAsMember(
  connection: BrokerConnection,
  { words: [topic], timeoutUs, signal }: ClientCall,
  member: GroupMember,
  output: Output,
): Promise<number> {
  await findTopic(connection, topic!, timeoutUs, signal);
  const consumer = connection.groupConsumer({
    ...member,
    offsetReset: "earliest",
    autoCommitIntervalUs: COMMIT_INTERVAL_US,
  });
  const tell = (): void => {
    const names = consumer.assignment.map(partitionName).join(" ");
    output.err(`${printable(`${member.group}: has ${names === "" ? "no partition" : names}`)}\n`);
  };
  try {
    consumer.subscribe([topic!], { onPartitionsAssigned: tell });
    while (!signal.aborted) printRecords(await consumer.poll(POLL_US), output);
    return EXIT.held;
  } finally {
    await consumer.close(timeoutUs);
  }
}

/** How far a group has committed what it reads, and how far that is from the end. Gives 1 where it has committed nothing. */
export async function lag(
  connection: BrokerConnection,
  { words: [group], timeoutUs }: ClientCall,
  output: Output,
): Promise<number> {
  const { topics } = await connection.admin.describe([], timeoutUs);
  const all = topics
    .filter(({ topic }) => !isInternal(topic))
    .flatMap(({ topic, partitions }) => partitionsOf(topic, partitions.length));
  const committed = await committedOf(connection, group!, all, timeoutUs);
  const read = new Set(all.filter((each) => committed.has(partitionName(each))).map(({ topic }) => topic));
  const shown = all.filter(({ topic }) => read.has(topic));
  if (shown.length === 0) {
    output.err(`${printable(`${group!} has committed nothing`)}\n`);
    return EXIT.broken;
  }
  const consumer = connection.consumer();
  try {
    const ends = await consumer.endOffsets(shown, timeoutUs);
    const rows = shown.map((each, at) => {
      const [name, end] = [partitionName(each), ends[at]!];
      const offset = committed.get(name);
      // It is beyond the end where a leader that was not in sync has lost records.
      return [
        name,
        offset === undefined ? "-" : `${offset}`,
        `${end}`,
        offset === undefined ? "-" : `${Math.max(0, end - offset)}`,
      ];
    });
    output.out(`${table(["partition", "committed", "end", "lag"], rows).map(printable).join("\n")}\n`);
    return EXIT.held;
  } finally {
    consumer.close();
  }
}

async function committedOf(
  connection: BrokerConnection,
  group: string,
  partitions: readonly TopicPartition[],
  timeoutUs: number,
): Promise<ReadonlyMap<string, number>> {
  // Asks only, and joins nothing.
  const consumer = connection.groupConsumer({ group, isAutoCommit: false });
  try {
    const offsets = await consumer.committed(partitions, timeoutUs);
    return new Map(offsets.map(({ partition, offset }) => [partitionName(partition), offset]));
  } finally {
    await consumer.close(0);
  }
}
