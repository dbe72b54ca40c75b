import { ByteReader, encodeWith, type MakeError, type Sink } from "../../bytes/index.js";
import { badArgument, compareKeys, type Sequence } from "../../store/index.js";

/** What a table holds. */
export interface TableProperties {
  readonly fileBytes: number;
  readonly dataBlocks: number;
  /** Versions of keys, tombstones included; at least one. */
  readonly entries: number;
  readonly tombstones: number;
  /** Bytes of all keys and of all values, as they were added. */
  readonly rawKeyBytes: number;
  readonly rawValueBytes: number;
  readonly smallestSequence: Sequence;
  readonly largestSequence: Sequence;
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
  /** 32 random bits that stand in the footer and seed the CRC of every block. */
  readonly tag: number;
}

/** What the properties' block holds; the rest follows from the footer. */
export type StoredProperties = Omit<TableProperties, "fileBytes" | "tag">;

export function encodeProperties(properties: StoredProperties): Uint8Array {
  return encodeWith(putProperties, properties, badArgument);
}

/** Throws `badFormat`'s error for what `encodeProperties` never writes. */
export function decodeProperties(content: Uint8Array, badFormat: MakeError): StoredProperties {
  const reader = new ByteReader(content, "properties", badFormat);
  const properties: StoredProperties = {
    dataBlocks: reader.integer(),
    entries: reader.integer(),
    tombstones: reader.integer(),
    rawKeyBytes: reader.integer(),
    rawValueBytes: reader.integer(),
    smallestSequence: reader.integer(),
    largestSequence: reader.integer(),
    smallestKey: reader.bytes().slice(),
    largestKey: reader.bytes().slice(),
  };
  reader.end();
  const { dataBlocks, entries, tombstones, smallestSequence, largestSequence } = properties;
  const isSound =
    dataBlocks >= 1 &&
    dataBlocks <= entries &&
    tombstones <= entries &&
    smallestSequence <= largestSequence &&
    compareKeys(properties.smallestKey, properties.largestKey) <= 0;
  if (!isSound) reader.fail("properties that agree with each other", "others");
  return properties;
}

function putProperties(sink: Sink, properties: StoredProperties): void {
  sink.integer(properties.dataBlocks);
  sink.integer(properties.entries);
  sink.integer(properties.tombstones);
  sink.integer(properties.rawKeyBytes);
  sink.integer(properties.rawValueBytes);
  sink.integer(properties.smallestSequence);
  sink.integer(properties.largestSequence);
  sink.bytes(properties.smallestKey);
  sink.bytes(properties.largestKey);
}
