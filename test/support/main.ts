/**
 * The command line within this process, at a hundredth of the cost of one of its own: for what is refused before
 * anything runs. Not for concurrent tests: there is one stdout.
 */
import { vi } from "vitest";
import { main } from "#cli/program.js";
import type { CliResult } from "./cli.js";

export async function cliHere(...words: string[]): Promise<CliResult> {
  let out = "";
  let err = "";
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => (out += String(text)) !== ""),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => (err += String(text)) !== ""),
  ];
  const code = process.exitCode;
  try {
    await main(words);
    return { code: Number(process.exitCode), out, err };
  } finally {
    process.exitCode = code;
    for (const spy of spies) spy.mockRestore();
  }
}
