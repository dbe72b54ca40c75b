import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Journal, readJournal } from "#runner/real-files/journal.js";
import type { Note } from "#runner/real-files/log/protocol.js";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seedstorm-journal-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

it("gives back what was noted, bytes included, and not what a kill cut short", () => {
  const path = join(directory, "journal");
  const notes: Note[] = [
    { kind: "opening" },
    { kind: "recovered", firstLsn: 1, lastLsn: 2, records: [new Uint8Array([0, 255, 10]), new Uint8Array()] },
    { kind: "disk", op: { kind: "write", file: 1, offset: 7, bytes: new Uint8Array([10, 13, 0]) } },
    { kind: "acknowledged", append: 3, firstLsn: 9 },
  ];
  const journal = new Journal<Note>(path);
  for (const note of notes) journal.write(note);
  journal.close();
  appendFileSync(path, '{"kind":"acknowledged","append":4,"fir');
  expect(readJournal<Note>(path)).toEqual(notes);
});
