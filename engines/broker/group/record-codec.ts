/** What all records of groups have in common, see FORMAT.md. */
import { ByteReader, encodeWith, type Sink } from "../../bytes/index.js";
import { BrokerError } from "../errors.js";

export const VERSION = 1;

export function putText(sink: Sink, text: string): void {
  sink.text(text);
}

export function readText(reader: ByteReader): string {
  return reader.text();
}

export function encode(put: (sink: Sink) => void): Uint8Array {
  return encodeWith(put, undefined, unwritable);
}

/** Fields that are added at the end are passed over; a version changes where the rest is another. */
export function valueReader(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes, "the value of a group's record", damaged);
  if (reader.integer() !== VERSION) reader.fail(`version ${VERSION}`, "another");
  return reader;
}

export function damaged(expected: string, found: string, where: string): BrokerError {
  return new BrokerError("LOG_DAMAGED", {
    expected,
    found,
    where,
    todo: "restore the partition from a replica",
  });
}

function unwritable(expected: string, found: string, where: string): BrokerError {
  return new BrokerError("INVALID_REQUEST", { expected, found, where, todo: "use well-formed text" });
}
