/** What is written of a change, so that a successor knows the same. */
import type { NewRecord } from "../../record/index.js";
import { headRecord, memberRecord, type MemberParts } from "./records.js";
import type { ConsumerGroup } from "./types.js";

/** One batch of all that is not as it was; `before` undefined: there was no such group. */
export function recordsOfChange(
  before: ConsumerGroup | undefined,
  after: ConsumerGroup,
  nowMs: number,
): NewRecord[] {
  const { id } = after;
  const head = before?.head === after.head ? [] : [headRecord(id, after.head, nowMs)];
  return [
    ...head,
    ...partRecords("consumer-member", id, before?.members, after.members, nowMs),
    ...partRecords("consumer-target", id, before?.targets, after.targets, nowMs),
    ...partRecords("consumer-current", id, before?.currents, after.currents, nowMs),
  ];
}

function partRecords<Kind extends keyof MemberParts>(
  kind: Kind,
  group: string,
  before: ReadonlyMap<string, MemberParts[Kind]> = new Map(),
  after: ReadonlyMap<string, MemberParts[Kind]>,
  nowMs: number,
): NewRecord[] {
  if (before === after) return [];
  const gone = [...before.keys()].filter((id) => !after.has(id));
  const changed = [...after].filter(([id, part]) => before.get(id) !== part);
  return [
    ...gone.map((id) => memberRecord(kind, group, id, undefined, nowMs)),
    ...changed.map(([id, part]) => memberRecord(kind, group, id, part, nowMs)),
  ];
}
