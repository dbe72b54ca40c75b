/**
 * Values as bytes. A byte for the version stands first, then come fields, as `engines/bytes` writes them. The
 * version changes only where older programs could not make sense of the rest; a field that is added at the end
 * is passed over by those that do not know it.
 */
import { ByteReader, encodeWith, type Sink } from "../bytes/index.js";
import { assert } from "../env/index.js";
import { badArgument, badFormat } from "./errors.js";

/** A value and its bytes. The value is immutable; see `MessageType` for what both directions owe. */
export interface RpcCodec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** How a value is written and read, field by field. */
export interface Fields<T> {
  /** Runs twice for each value, see `encodeWith`. */
  put(sink: Sink, value: T): void;
  /** Takes the fields that are known, and leaves what is behind them. Bytes are views. */
  read(reader: ByteReader): T;
}

/**
 * A codec for `fields`. `version` is from 1 to 255, and `where` names the value in errors. Encoding throws a
 * `SeedstormError` with the code RPC_BAD_ARGUMENT where a text has a lone surrogate, decoding one with
 * RPC_BAD_FORMAT where the bytes are of another version or not such fields.
 */
export function fieldsCodec<T>(where: string, version: number, fields: Fields<T>): RpcCodec<T> {
  assert(Number.isInteger(version) && version > 0 && version < 256, "a version is a byte, and not 0");
  const put = (sink: Sink, value: T): void => {
    sink.byte(version);
    fields.put(sink, value);
  };
  return {
    encode: (value) => encodeWith(put, value, badArgument),
    decode(bytes) {
      const reader = new ByteReader(bytes, where, badFormat);
      const found = reader.byte();
      if (found !== version) reader.fail(`version ${version}`, `version ${found}`);
      return fields.read(reader);
    },
  };
}

/** No fields: the version alone. */
export const NO_FIELDS: Fields<undefined> = { put: () => undefined, read: () => undefined };
