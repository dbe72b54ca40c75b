import { expect } from "vitest";
import { DiskError, type DiskErrorCode, type Env, type File } from "#engines/env/index.js";

/** The code a disk operation fails with, or "none". Other errors pass through. */
export async function failure(operation: Promise<unknown>): Promise<DiskErrorCode | "none"> {
  try {
    await operation;
    return "none";
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
}

/** As `failure`, for the synchronous operations. */
export function thrown(operation: () => unknown): DiskErrorCode | "none" {
  try {
    operation();
    return "none";
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
}

export function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** `length` bytes that differ from their neighbours, and by `salt`. */
export function pattern(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + salt * 7 + 1) & 0xff);
}

/** Goes on after short writes. */
export function writeAll(file: File, offset: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const taken = file.write(offset + at, bytes.subarray(at));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(bytes.length - at);
    at += taken;
  }
}

/** Goes on after short reads, up to the end of the file. */
export async function readAll(file: File, offset: number, length: number): Promise<number[]> {
  const all: number[] = [];
  while (all.length < length) {
    const part = await file.read(offset + all.length, length - all.length);
    expect(part.length).toBeLessThanOrEqual(length - all.length);
    if (part.length === 0) break;
    all.push(...part);
  }
  return all;
}

/** A new file with these bytes. */
export async function fileWith(env: Env, path: string, bytes: Uint8Array): Promise<File> {
  const file = await env.disk.open(path, "exclusive");
  writeAll(file, 0, bytes);
  return file;
}

/** All bytes of the file that has this name now. */
export async function contentOf(env: Env, path: string): Promise<number[]> {
  const file = await env.disk.open(path, "existing");
  const bytes = await readAll(file, 0, file.size());
  await file.close();
  return bytes;
}

const ATTEMPTS = 400;
const PAUSE_US = 5_000;

/** Tries again and again until `done`, since a network may lose anything. Fails after two seconds. */
export async function until(env: Env, attempt: () => void, done: () => boolean): Promise<void> {
  for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
    attempt();
    await env.clock.sleep(PAUSE_US);
    if (done()) return;
  }
  expect.fail("nothing arrived");
}
