import { assert, SeedstormError } from "../../env/index.js";
import type { StateMachine } from "../../raft/index.js";
import { fieldsCodec, type RpcCodec } from "../../rpc/index.js";
import type { BrokerEvent } from "../events.js";
import { IMAGE_FIELDS } from "../protocol/controller-calls.js";
import type { Offset } from "../types.js";
import { decodeMetadataCommand, encodeMetadataResult } from "./commands.js";
import { applyRecords, EMPTY_IMAGE } from "./image.js";
import { imageProblem } from "./invariants.js";
import { decide, refused, type Verdict } from "./rules/index.js";
import type { MetadataCommand, MetadataImage, MetadataRecord, MetadataResult } from "./types.js";

const CHUNK_BYTES = 32 * 1024;

const IMAGE: RpcCodec<MetadataImage> = fieldsCodec("the metadata", 1, IMAGE_FIELDS);

export interface MetadataMachineOptions {
  /** Latest records that are kept for brokers that follow; whoever is further behind gets the image. Default 4,096. */
  readonly retainedRecords?: number;
}

/**
 * The metadata as a Raft state machine. A command becomes records, all of them or none, and the records become the
 * image. Observes `controller/applied` for each command that added some, and for each image that was restored.
 */
export class MetadataMachine implements StateMachine {
  readonly #observe: (event: BrokerEvent) => void;
  readonly #retained: number;
  #image: MetadataImage = EMPTY_IMAGE;
  /** The latest records: those up to the image's offset. */
  #records: MetadataRecord[] = [];

  constructor(observe: (event: BrokerEvent) => void = () => undefined, options: MetadataMachineOptions = {}) {
    this.#observe = observe;
    this.#retained = options.retainedRecords ?? 4_096;
    assert(this.#retained >= 0, "a number of records is from 0 on");
  }

  /** What is agreed on, as far as this server knows. The value never changes. */
  get image(): MetadataImage {
    return this.#image;
  }

  /**
   * The records from `offset` on: whole commands, where `offset` is the end of one. Empty where there are none yet;
   * undefined where some of them are gone.
   */
  recordsFrom(offset: Offset): readonly MetadataRecord[] | undefined {
    if (offset >= this.#image.offset) return [];
    const at = offset - (this.#image.offset - this.#records.length);
    return at < 0 ? undefined : this.#records.slice(at);
  }

  /** Takes an encoded `MetadataCommand`; gives an encoded `MetadataResult`. What is neither is an INVALID_REQUEST. */
  apply(bytes: Uint8Array): Uint8Array {
    const command = understood(bytes);
    if (command === undefined) return encodeMetadataResult(refused("INVALID_REQUEST", "no known command"));
    return encodeMetadataResult(this.#execute(command));
  }

  /** How far it is, as an encoded `MetadataResult`, whatever was asked: who wants more looks at `image`. */
  query(): Uint8Array {
    return encodeMetadataResult({ ok: true, value: this.#image.offset });
  }

  snapshot(): Uint8Array[] {
    const bytes = IMAGE.encode(this.#image);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
    return chunks;
  }

  /** Throws a `SeedstormError` with RPC_BAD_FORMAT, and changes nothing then. */
  restore(chunks: readonly Uint8Array[]): void {
    this.#image = IMAGE.decode(joined(chunks));
    this.#records = [];
    const { offset, digest } = this.#image;
    this.#observe({ kind: "controller/applied", offset, digest, records: [] });
  }

  #execute(command: MetadataCommand): MetadataResult {
    const verdict: Verdict = decide(this.#image, command);
    if (!verdict.ok) return verdict;
    this.#append(verdict.records);
    const { value = this.#image.offset, state } = verdict;
    return state === undefined ? { ok: true, value } : { ok: true, value, state };
  }

  #append(records: readonly MetadataRecord[]): void {
    if (records.length === 0) return;
    const before = this.#image;
    this.#image = applyRecords(before, records);
    const problem = imageProblem(before, this.#image, records);
    assert(problem === undefined, `the metadata is sound; found ${problem}`);
    this.#records.push(...records);
    // Now and then, so that it does not move them all for each command.
    if (this.#records.length > 2 * this.#retained) {
      this.#records = this.#records.slice(this.#records.length - this.#retained);
    }
    const { offset, digest } = this.#image;
    this.#observe({ kind: "controller/applied", offset, digest, records });
  }
}

function understood(bytes: Uint8Array): MetadataCommand | undefined {
  try {
    return decodeMetadataCommand(bytes);
  } catch (error) {
    if (error instanceof SeedstormError && error.code === "RPC_BAD_FORMAT") return undefined;
    throw error;
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
