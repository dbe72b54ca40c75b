import type { TopicPartition } from "../../types.js";
import type { ConsumerRecordKind } from "../records.js";
import { readCurrent, readHead, readMember, readTarget } from "./records.js";
import type { ConsumerGroup, ConsumerMember, CurrentAssignment, GroupHead } from "./types.js";

/** While a compacted log is read, some of it may be there before the rest. */
interface Parts {
  head: GroupHead | undefined;
  readonly members: Map<string, ConsumerMember>;
  readonly targets: Map<string, readonly TopicPartition[]>;
  readonly currents: Map<string, CurrentAssignment>;
}

/** What records say of KIP-848's groups. */
export class ConsumerStore {
  readonly #groups: Map<string, Parts> = new Map();
  #replayed = 0;

  /** How many records it has seen. */
  get replayed(): number {
    return this.#replayed;
  }

  /** As it is now: what it holds changes with the next record. */
  get(id: string): ConsumerGroup | undefined {
    const { head, ...parts } = this.#groups.get(id) ?? { head: undefined };
    return head === undefined ? undefined : ({ id, head, ...parts } as ConsumerGroup);
  }

  get ids(): string[] {
    return [...this.#groups.keys()].filter((id) => this.get(id) !== undefined);
  }

  /** Throws LOG_DAMAGED. */
  replay(
    { kind, group, memberId }: { kind: ConsumerRecordKind; group: string; memberId: string },
    value: Uint8Array | null,
  ): void {
    this.#replayed++;
    const parts = this.#groups.get(group) ?? newParts();
    this.#groups.set(group, parts);
    switch (kind) {
      case "consumer-group":
        parts.head = value === null ? undefined : readHead(value);
        break;
      case "consumer-member":
        put(parts.members, memberId, value === null ? undefined : readMember(memberId, value));
        break;
      case "consumer-target":
        put(parts.targets, memberId, value === null ? undefined : readTarget(value));
        break;
      case "consumer-current":
        put(parts.currents, memberId, value === null ? undefined : readCurrent(value));
        break;
    }
    const { head, members, targets, currents } = parts;
    const isNothing = head === undefined && members.size + targets.size + currents.size === 0;
    if (isNothing) this.#groups.delete(group);
  }
}

function newParts(): Parts {
  return { head: undefined, members: new Map(), targets: new Map(), currents: new Map() };
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
