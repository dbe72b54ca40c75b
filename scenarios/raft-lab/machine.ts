/**
 * The service of the lab: it applies commands by writing them down, and its snapshot is all that it wrote down.
 * A command is a text in ASCII.
 */
import { readU32, writeU32 } from "#engines/bytes/index.js";
import type { StateMachine } from "#engines/raft/state-machine.js";
import type { LogIndex } from "#engines/raft/types.js";
import type { AppliedCommand } from "./committed.js";

/** Small enough that most snapshots of the lab are sent in several chunks. */
const COMMANDS_PER_CHUNK = 32;
/** Of a command in a snapshot: its index and its length. */
const HEADER_BYTES = 8;
const NO_RESULT: Uint8Array = new Uint8Array(0);

export function encodeCommand(command: string): Uint8Array {
  const bytes = new Uint8Array(command.length);
  for (let i = 0; i < command.length; i++) bytes[i] = command.charCodeAt(i);
  return bytes;
}

export function decodeCommand(bytes: Uint8Array): string {
  let command = "";
  for (const byte of bytes) command += String.fromCharCode(byte);
  return command;
}

export class LabMachine implements StateMachine {
  readonly #onApplied: (place: number, applied: AppliedCommand) => void;
  #applied: AppliedCommand[] = [];

  /** `onApplied` hears of each command, with its place, also of those that come with a snapshot. */
  constructor(onApplied: (place: number, applied: AppliedCommand) => void) {
    this.#onApplied = onApplied;
  }

  /** How many commands make this state. */
  get length(): number {
    return this.#applied.length;
  }

  /** The index of the last of them in our log; 0 for none. */
  get lastIndex(): LogIndex {
    return this.#applied.at(-1)?.index ?? 0;
  }

  apply(command: Uint8Array, index: LogIndex): Uint8Array {
    const applied = { index, command: decodeCommand(command) };
    this.#applied.push(applied);
    this.#onApplied(this.#applied.length, applied);
    return NO_RESULT;
  }

  /** The lab reads nothing but what was applied. */
  query(): Uint8Array {
    return NO_RESULT;
  }

  snapshot(): readonly Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (let from = 0; from < this.#applied.length; from += COMMANDS_PER_CHUNK) {
      chunks.push(encodeChunk(this.#applied.slice(from, from + COMMANDS_PER_CHUNK)));
    }
    return chunks;
  }

  restore(chunks: readonly Uint8Array[]): void {
    this.#applied = chunks.flatMap(decodeChunk);
    this.#applied.forEach((applied, i) => this.#onApplied(i + 1, applied));
  }
}

function encodeChunk(commands: readonly AppliedCommand[]): Uint8Array {
  let sizeBytes = 0;
  for (const { command } of commands) sizeBytes += HEADER_BYTES + command.length;
  const bytes = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const { index, command } of commands) {
    writeU32(bytes, offset, index);
    writeU32(bytes, offset + 4, command.length);
    bytes.set(encodeCommand(command), offset + HEADER_BYTES);
    offset += HEADER_BYTES + command.length;
  }
  return bytes;
}

function decodeChunk(bytes: Uint8Array): AppliedCommand[] {
  const commands: AppliedCommand[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const from = offset + HEADER_BYTES;
    const to = from + readU32(bytes, offset + 4);
    commands.push({ index: readU32(bytes, offset), command: decodeCommand(bytes.subarray(from, to)) });
    offset = to;
  }
  return commands;
}
