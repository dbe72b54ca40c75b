/** How the values that several messages have in common are written. */
import { putTexts, readTexts, type ByteReader, type Sink } from "../../bytes/index.js";
import type { BrokerErrorCode } from "../errors.js";
import type { TopicPartition } from "../types.js";
import type { LeaderHint, PartitionError } from "./types.js";

/** An epoch, or a size or a time without a limit: from -1 on. */
export function putFromMinusOne(sink: Sink, value: number): void {
  sink.integer(value + 1);
}

export function readFromMinusOne(reader: ByteReader): number {
  return reader.integer() - 1;
}

export function putFlag(sink: Sink, value: boolean): void {
  sink.byte(value ? 1 : 0);
}

export function readFlag(reader: ByteReader): boolean {
  return reader.flags(1) === 1;
}

export function putPartition(sink: Sink, { topic, partition }: TopicPartition): void {
  sink.text(topic);
  sink.integer(partition);
}

export function readPartition(reader: ByteReader): TopicPartition {
  return { topic: reader.text(), partition: reader.integer() };
}

/** How many, then each. */
export function putList<T>(sink: Sink, list: readonly T[], put: (sink: Sink, value: T) => void): void {
  sink.integer(list.length);
  for (const value of list) put(sink, value);
}

export function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const list: T[] = [];
  for (let left = reader.integer(); left > 0; left--) list.push(read(reader));
  return list;
}

/** A list with nothing or one value in it. */
export function putOptional<T>(sink: Sink, value: T | undefined, put: (sink: Sink, value: T) => void): void {
  putList(sink, value === undefined ? [] : [value], put);
}

export function readOptional<T>(reader: ByteReader, read: (reader: ByteReader) => T): T | undefined {
  return readList(reader, read)[0];
}

export const putNames: (sink: Sink, names: readonly string[]) => void = putTexts;
export const readNames: (reader: ByteReader) => string[] = readTexts;

/** A code of a later version of the program stays what it is: whoever does not know it takes it for a refusal. */
export function readCode(reader: ByteReader): BrokerErrorCode {
  return reader.text() as BrokerErrorCode;
}

function putHint(sink: Sink, { broker, epoch }: LeaderHint): void {
  sink.text(broker);
  putFromMinusOne(sink, epoch);
}

function readHint(reader: ByteReader): LeaderHint {
  return { broker: reader.text(), epoch: readFromMinusOne(reader) };
}

export function putError(sink: Sink, { code, found, leader }: PartitionError): void {
  sink.text(code);
  sink.text(found);
  putOptional(sink, leader, putHint);
}

export function readError(reader: ByteReader): PartitionError {
  const [code, found, leader] = [readCode(reader), reader.text(), readOptional(reader, readHint)];
  return leader === undefined ? { code, found } : { code, found, leader };
}

/** Of one partition: which, and what was done or why not. */
export function putResult<T extends { readonly partition: TopicPartition }>(
  sink: Sink,
  result: T & ({ readonly ok: true } | { readonly ok: false; readonly error: PartitionError }),
  put: (sink: Sink, done: Extract<T, { readonly ok: true }>) => void,
): void {
  putPartition(sink, result.partition);
  putFlag(sink, result.ok);
  if (result.ok) put(sink, result as unknown as Extract<T, { readonly ok: true }>);
  else putError(sink, result.error);
}

type Refused = { readonly partition: TopicPartition; readonly ok: false; readonly error: PartitionError };

export function readResult<T>(
  reader: ByteReader,
  read: (reader: ByteReader, partition: TopicPartition) => T,
): T | Refused {
  const partition = readPartition(reader);
  return readFlag(reader) ? read(reader, partition) : { partition, ok: false, error: readError(reader) };
}
