/** Runs the built command line, as a user does. `npm test` builds first. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { within } from "./within.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
}

/**
 * Starts it. `shell`: words put before it, such as a limit to set. One that does not end is killed, and `result`
 * rejects with what it said.
 */
export function startCli(args: readonly string[], shell?: string): RunningCli {
  if (!existsSync(MAIN)) throw new Error("dist/ is missing: run npm run build first");
  const env = { ...process.env, NO_COLOR: "1" };
  delete (env as NodeJS.ProcessEnv)["npm_command"];
  delete (env as NodeJS.ProcessEnv)["GITHUB_ACTIONS"];
  const words = [process.execPath, MAIN, ...args];
  const child =
    shell === undefined
      ? spawn(words[0]!, words.slice(1), { env })
      : spawn("sh", ["-c", `${shell}; exec "$@"`, "sh", ...words], { env });
  let out = "";
  let err = "";
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
  const what = (): string => `the end of "seedstorm ${args.join(" ")}", which said: ${out}${err}`;
  const result = within(what, ended).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return { child, result };
}

export function cli(...args: string[]): Promise<CliResult> {
  return startCli(args).result;
}
