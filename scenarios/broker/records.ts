/** Records as the clients make them: each says which one it is, and all of its bytes follow from that. */
import type { LogRecord } from "#engines/broker/record/index.js";
import type { PlannedSend } from "./plan.js";

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();
/** The name of a record stands in a header: a tombstone has no value. */
const NAME_HEADER = "name";
const MARKER_PREFIX = "marker";

export interface OutgoingParts {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array }[];
}

/** What tells a planned record from every other. */
export function nameOf({ id, paddingBytes }: PlannedSend): string {
  return `r${id}+${paddingBytes}`;
}

export function markerName(id: number): string {
  return `${MARKER_PREFIX}${id}+0`;
}

export function keyNameOf({ key }: PlannedSend): string {
  return `k${key}`;
}

export function makeRecord(name: string, keyName: string | undefined, isTombstone: boolean): OutgoingParts {
  return {
    key: keyName === undefined ? null : UTF8.encode(keyName),
    value: isTombstone ? null : valueOf(name),
    headers: [{ key: NAME_HEADER, value: UTF8.encode(name) }],
  };
}

/** Undefined where the record is not one that `makeRecord` made. */
export function readRecord({
  key,
  value,
  headers = [],
}: LogRecord): { name: string; keyName: string | undefined } | undefined {
  const [header] = headers;
  if (header?.key !== NAME_HEADER || header.value === null) return undefined;
  const name = TEXT.decode(header.value);
  if (value !== null && !isSame(value, valueOf(name))) return undefined;
  return { name, keyName: key === null ? undefined : TEXT.decode(key) };
}

function valueOf(name: string): Uint8Array {
  const head = UTF8.encode(name);
  const paddingBytes = Number.parseInt(name.slice(name.indexOf("+") + 1), 10);
  const value = new Uint8Array(head.length + paddingBytes);
  value.set(head);
  for (let i = head.length; i < value.length; i++) value[i] = (i * 31 + head.length) & 0xff;
  return value;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
